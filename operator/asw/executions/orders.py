"""An order to start an execution, as an object for a cluster. Pure."""

import re
from collections.abc import Collection
from typing import Any

from asw.api.names import (
    API_VERSION,
    LABEL_WORKFLOW,
    OBJECT_NAME_PATTERN,
    PAYLOAD_LIMIT_BYTES,
    label_value,
)
from asw.asl.values import DEEPEST_PAYLOAD, Json, JsonObject, is_too_deep, to_text
from asw.executions.port import StartOrder
from asw.failures import Failure
from asw.messages import t

LONGEST_NAME = 253
LONGEST_PREFIX = 200
"""Kubernetes adds five characters and a dash to a generated name."""


def execution_manifest(order: StartOrder) -> JsonObject:
    """The Execution; without a name it gets one from its Workflow's. Raises Failure."""
    of_workflow = {LABEL_WORKFLOW: label_value(order.workflow)}
    metadata: dict[str, Any] = {"labels": {**of_workflow, **order.labels}}
    if order.name is None:
        metadata["generateName"] = f"{order.workflow[:LONGEST_PREFIX]}-"
    else:
        metadata["name"] = checked_name(order.name)
    reference = {"name": order.workflow}
    if order.revision is not None:
        reference["revision"] = order.revision
    spec: dict[str, Json] = {"workflowRef": reference}
    if order.has_input:
        spec |= _input(order.input)
    return {
        "apiVersion": API_VERSION,
        "kind": "Execution",
        "metadata": metadata,
        "spec": spec,
    }


def checked_input(value: Json) -> str:
    """The text of the input. Raises Failure if it is beyond AWS's limits."""
    text = to_text(value)
    size = len(text.encode(errors="surrogatepass"))
    if size > PAYLOAD_LIMIT_BYTES:
        raise Failure(
            t(
                "the input has {size} bytes; the limit is {limit}",
                size=size,
                limit=PAYLOAD_LIMIT_BYTES,
            ),
            remedy=t("pass a reference to the data instead"),
        )
    if is_too_deep(value, text):
        raise Failure(
            t("the input is nested more than {depth} deep", depth=DEEPEST_PAYLOAD),
            remedy=t("pass a reference to the data instead"),
        )
    return text


def checked_name(name: str) -> str:
    """The name, if an object may have it. Raises Failure."""
    if len(name) <= LONGEST_NAME and re.fullmatch(OBJECT_NAME_PATTERN, name):
        return name
    near = re.sub(r"[^a-z0-9.]+", "-", name.lower())[:LONGEST_NAME].strip("-.")
    raise Failure(
        t("{name!r} is not a valid name of a Kubernetes object", name=name),
        remedy=t("use lowercase letters, digits, dashes and dots: --name {near}", near=near)
        if near
        else t("use lowercase letters, digits, dashes and dots"),
    )


def taken(name: str) -> Failure:
    """Another execution has the name (Step Functions: ExecutionAlreadyExists)."""
    return Failure(
        t("execution {name!r} already exists", name=name),
        remedy=t("give it another --name, or omit it"),
    )


def _input(value: Json) -> dict[str, Json]:
    """As an object if an API server would not change it, else as text, kept byte for byte.

    An API server sorts keys and writes 1.0 as 1.
    """
    text = checked_input(value)
    return {"input": value} if _is_plain(value) else {"inputText": text}


def _is_plain(value: Json) -> bool:
    match value:
        case float():
            return False
        case int():
            return abs(value) < 2**53
        case dict():
            return list(value) == sorted(value) and all(map(_is_plain, value.values()))
        case list():
            return all(map(_is_plain, value))
    return True


def free_name(name: str, taken: Collection[str]) -> str:
    """The name itself, or with the first number that makes it free: ``sum-1``, then ``sum-2``.

    Longer numbers are part of the name, not counts, as in ``backup-2026``.
    """
    counted = re.fullmatch(r"(.+)-([1-9]\d{0,2})", name)
    base, number = (counted[1], int(counted[2])) if counted else (name, 1)
    candidate = name
    while candidate in taken:
        number += 1
        candidate = f"{base}-{number}"
    return candidate
