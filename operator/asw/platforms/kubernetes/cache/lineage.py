"""Child Executions: the object made for one, and what is read back of it. Pure.

A child of a distributed Map belongs to its parent only if everything agrees: the name that follows
from the parent's uid and the child's ordinal, the controller reference, and ``spec.parent``.
Whoever may create Executions can write all of these. So the operator seals what it makes, namespace
and spec included. The seal counts until the child has a record: by then the operator has accepted
it, and keys may change.

The same goes for an Execution that a Task starts. It says so in ``spec.startedBy``, and has no
owner: it outlives the one that started it.
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
    LABEL_STARTED_BY,
    LABEL_WORKFLOW,
    child_input_name,
    child_name,
    label_value,
    slot_of,
)
from asw.asl.values import Json, to_text
from asw.engine.commands import StartExecution
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


NOT_STARTED = (
    "spec.startedBy is set by the operator alone, for Executions that Tasks start: create the "
    "Execution without it"
)


VERBS = frozenset({"stop", "suspend", "redrive", "ttlSecondsAfterFinished"})
"""Fields of an Execution's spec that may change."""


@dataclass(frozen=True, slots=True)
class Starter:
    """The task that started an Execution, and whether it waits for the end."""

    place: TaskKey
    is_awaited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An Execution about to be created for a Task; ``workflow`` is its Workflow's object name.

    ``payload`` names the Payload that holds the input if that is private.
    """

    parent: ExecutionKey
    start: StartExecution
    workflow: str
    propagated: Propagated = NOTHING
    payload: str | None = None

    def manifest(self, name: str) -> Object:
        """The Execution under this name, without its seal."""
        parent, start = self.parent, self.start
        source: dict[str, Any] = {"inputText": to_text(start.input)}
        if self.payload is not None:
            source = {"inputFrom": {"payloadRef": {"name": self.payload, "key": INPUT_KEY}}}
        spec = {
            "name": start.name,
            "workflowRef": {"name": self.workflow},
            **source,
            "startedBy": {
                "name": parent.name,
                "uid": parent.uid,
                "ordinal": start.task_id.ordinal,
                "state": start.call.state,
                "awaited": start.is_awaited,
            },
        }
        labels = {
            **self.propagated.labels,
            LABEL_STARTED_BY: parent.uid,
            LABEL_CHILD: str(start.task_id.ordinal),
            LABEL_SLOT: slot_of(parent.namespace, self.workflow),
            LABEL_WORKFLOW: label_value(self.workflow),
        }
        metadata = {"name": name, "labels": labels, "annotations": self.propagated.annotations}
        return {"apiVersion": API_VERSION, "kind": "Execution", "metadata": metadata, "spec": spec}


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

    def starter_of(self, item: Object) -> Starter | None:
        """The task that started the Execution; None if no task of asw did."""
        starter, metadata = item.get("spec", {}).get("startedBy"), item["metadata"]
        if starter is None:
            return None
        has_begun = "record" in item.get("status", {})
        if not has_begun and not self._has_sealed(metadata["namespace"], item):
            return None
        task_id = TaskId(starter["uid"], starter["ordinal"])
        return Starter(TaskKey(metadata["namespace"], task_id), starter["awaited"])

    def started_object(self, started: Started, name: str) -> Object:
        """The Execution that a Task starts, under this name."""
        made = started.manifest(name)
        seal = self.ring.keys.seal(claim(started.parent.namespace, made))
        annotations = {**made["metadata"]["annotations"], ANNOTATION_SEAL: seal}
        return {**made, "metadata": {**made["metadata"], "annotations": annotations}}

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


def input_object(parent: ExecutionKey, task_id: TaskId, text: str, *, is_private: bool) -> Object:
    """What holds the input of a child, as an object of its parent."""
    name = child_input_name(parent.uid, task_id.ordinal, text)
    metadata = owned_metadata(Owner.of(parent), name, kind="input")
    return text_object(metadata, {INPUT_KEY: text}, is_private=is_private)


def _child_objects(
    parent: ExecutionKey, workflow: str, child: Child, *, is_private: bool
) -> tuple[Object, Object | None]:
    owner, ordinal, header = Owner.of(parent), child.task_id.ordinal, child.record.header
    text = to_text(child.record.input)
    source: dict[str, Any] = {"inputText": text}
    holder: Object | None = None
    if is_private or len(text.encode()) > INPUT_TEXT_BYTES:
        holder = input_object(parent, child.task_id, text, is_private=is_private)
        field = "payloadRef" if is_private else "configMapRef"
        reference = {"name": holder["metadata"]["name"], "key": INPUT_KEY}
        source = {"inputFrom": {field: reference}}
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
