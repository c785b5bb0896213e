"""What we create for an Execution: its metadata, its text, and how it is recognised. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from asw.api.names import (
    API_VERSION,
    LABEL_EXECUTION,
    LABEL_EXECUTION_UID,
    LABEL_KIND,
    label_value,
)
from asw.reconciler.platform import ExecutionKey


@dataclass(frozen=True, slots=True)
class Owner:
    """The custom resource that an object belongs to and is garbage-collected with."""

    kind: str
    name: str
    uid: str

    @classmethod
    def of(cls, key: ExecutionKey) -> "Owner":
        """The Execution as an owner."""
        return cls("Execution", key.name, key.uid)

    def reference(self, *, is_waited_for: bool = False) -> dict[str, Any]:
        """The ownerReference; a foreground deletion waits for the object."""
        return {
            "apiVersion": API_VERSION,
            "kind": self.kind,
            "name": self.name,
            "uid": self.uid,
            "controller": True,
            "blockOwnerDeletion": is_waited_for,
        }


def execution_labels(owner: Owner, kind: str) -> dict[str, str]:
    """The labels of everything that we create for an Execution."""
    return {
        LABEL_EXECUTION: label_value(owner.name),
        LABEL_EXECUTION_UID: owner.uid,
        LABEL_KIND: kind,
    }


def owned_metadata(owner: Owner, name: str, *, kind: str) -> dict[str, Any]:
    """The metadata of an object of an Execution."""
    return {
        "name": name,
        "labels": execution_labels(owner, kind),
        "ownerReferences": [owner.reference()],
    }


def text_object(
    metadata: Mapping[str, Any], data: Mapping[str, str], *, is_private: bool
) -> dict[str, Any]:
    """An immutable object that holds texts: a ConfigMap, or a Payload if they are private."""
    if is_private:
        kind = {"apiVersion": API_VERSION, "kind": "Payload"}
        return {**kind, "metadata": dict(metadata), "data": dict(data)}
    kind = {"apiVersion": "v1", "kind": "ConfigMap"}
    return {**kind, "metadata": dict(metadata), "immutable": True, "data": dict(data)}


def controller(item: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The reference to the object's controller, None if it has none."""
    references: Iterable[Mapping[str, Any]] = item["metadata"].get("ownerReferences", ())
    return next((each for each in references if each.get("controller")), None)


def controller_uid(item: Mapping[str, Any]) -> str | None:
    """The uid of the object's controller, None if it has none."""
    found = controller(item)
    return None if found is None else found["uid"]


def controller_name(item: Mapping[str, Any]) -> str:
    """The name of the object's controller, empty if it has none."""
    found = controller(item)
    return "" if found is None else found["name"]


def dump(body: Any) -> bytes:
    """The JSON text of a body; the standard library writes what orjson cannot (big integers)."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body).encode()
