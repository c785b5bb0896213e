"""Child Executions of distributed Maps: the object made for one, and what is read back of it. Pure.

A child belongs to its parent only if everything agrees: the name that follows from the parent's uid
and the child's ordinal, the controller reference, and ``spec.parent``. Whoever may create
Executions can write all of these. So the operator seals what it makes, namespace and spec
included. The seal counts until the child has a record: by then the operator has accepted it, and
keys may change.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asw.api.execution import Execution
from asw.api.names import (
    ANNOTATION_SEAL,
    API_VERSION,
    LABEL_CHILD,
    LABEL_PARENT_UID,
    LABEL_SLOT,
    LABEL_WORKFLOW,
    child_input_name,
    child_name,
    label_value,
    slot_of,
)
from asw.asl.values import Json, to_text
from asw.engine.record import Header, Record
from asw.engine.step import begin
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.client.objects import Owner, controller, owned_metadata, text_object
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.platforms.kubernetes.tasks.propagation import NOTHING, Propagated
from asw.reconciler.distributed import Child
from asw.reconciler.platform import ExecutionKey

INPUT_TEXT_BYTES = 16 * 1024
"""A larger input is an object of its own, because each status write carries the spec along."""
INPUT_KEY = "input"

Object = Mapping[str, Any]

NOT_OURS = (
    "spec.parent is set by the operator alone, for children of distributed Maps: create the "
    "Execution without it"
)


VERBS = frozenset({"stop", "suspend", "redrive", "ttlSecondsAfterFinished"})
"""Fields of an Execution's spec that may change."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """Makes children, and tells the operator's own children from all others."""

    ring: KeyRing

    def parent_of(self, item: Object) -> TaskKey | None:
        """The id by which its parent knows the Execution; None if it is no child."""
        parent, owner = item.get("spec", {}).get("parent"), controller(item)
        if parent is None or owner is None:
            return None
        metadata, uid, ordinal = item["metadata"], parent["uid"], parent["ordinal"]
        is_named = metadata["name"] == child_name(uid, ordinal)
        if not is_named or (owner["name"], owner["uid"]) != (parent["name"], uid):
            return None
        has_begun = "record" in item.get("status", {})
        if not has_begun and not self._has_sealed(metadata["namespace"], item):
            return None
        return TaskKey(metadata["namespace"], TaskId(uid, ordinal))

    def child_objects(
        self,
        parent: ExecutionKey,
        workflow: str,
        child: Child,
        *,
        is_private: bool = False,
        propagated: Propagated = NOTHING,
    ) -> tuple[Object, Object | None]:
        """The Execution for a child, and the object with its input if that is large or private.

        ``workflow`` is the object name of the Workflow that the parent runs.
        """
        made, holder = _child_objects(parent, workflow, child, is_private=is_private)
        seal = self.ring.keys.seal(claim(parent.namespace, made))
        metadata = {
            **made["metadata"],
            "labels": {**propagated.labels, **made["metadata"]["labels"]},
            "annotations": {**propagated.annotations, ANNOTATION_SEAL: seal},
        }
        return {**made, "metadata": metadata}, holder

    def _has_sealed(self, namespace: str, item: Object) -> bool:
        seal = (item["metadata"].get("annotations") or {}).get(ANNOTATION_SEAL, "")
        return self.ring.keys.has_sealed(claim(namespace, item), seal)


def claim(namespace: str, item: Object) -> str:
    """What the seal of a child confirms: namespace, name, and what never changes of its spec.

    Keys are sorted, as API servers sort them.
    """
    spec = {name: value for name, value in item["spec"].items() if name not in VERBS}
    return f"child/{namespace}/{item['metadata']['name']}/{json.dumps(spec, sort_keys=True)}"


def born(execution: Execution, uid: str, value: Json) -> Record:
    """The record with which the child Execution of this uid begins.

    It begins when the object was created, so every read before the first save gives the same.
    """
    parent = execution.spec.parent
    assert parent is not None
    assert execution.metadata.creation_timestamp is not None
    header = Header(
        uid=uid,
        name=execution.public_name,
        arn=parent.execution_arn,
        workflow_name=parent.workflow_name,
        workflow_arn=parent.workflow_arn,
        role_arn=parent.role_arn,
        started_at=execution.metadata.creation_timestamp,
    )
    return begin(header, value)


def _child_objects(
    parent: ExecutionKey, workflow: str, child: Child, *, is_private: bool
) -> tuple[Object, Object | None]:
    owner, ordinal, header = Owner.of(parent), child.task_id.ordinal, child.record.header
    text = to_text(child.record.input)
    source: dict[str, Any] = {"inputText": text}
    holder: Object | None = None
    if is_private or len(text.encode()) > INPUT_TEXT_BYTES:
        name = child_input_name(parent.uid, ordinal, text)
        field = "payloadRef" if is_private else "configMapRef"
        source = {"inputFrom": {field: {"name": name, "key": INPUT_KEY}}}
        metadata = owned_metadata(owner, name, kind="input")
        holder = text_object(metadata, {INPUT_KEY: text}, is_private=is_private)
    spec = {
        "name": header.name,
        "workflowRef": {"name": workflow, "revision": child.revision},
        **source,
        "parent": {
            "name": parent.name,
            "uid": parent.uid,
            "ordinal": ordinal,
            "state": child.map_state,
            "executionArn": header.arn,
            "workflowName": header.workflow_name,
            "workflowArn": header.workflow_arn,
            "roleArn": header.role_arn,
        },
    }
    metadata = {
        "name": child_name(parent.uid, ordinal),
        "labels": {
            LABEL_PARENT_UID: parent.uid,
            LABEL_CHILD: str(ordinal),
            LABEL_SLOT: slot_of(parent.namespace, workflow),
            LABEL_WORKFLOW: label_value(workflow),
        },
        "ownerReferences": [owner.reference(is_waited_for=True)],
    }
    made = {"apiVersion": API_VERSION, "kind": "Execution", "metadata": metadata, "spec": spec}
    return made, holder
