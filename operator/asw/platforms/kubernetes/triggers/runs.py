"""The runs that a Trigger starts: the requests to the API server."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from asw.api.names import (
    ANNOTATION_DEPTH,
    ANNOTATION_EVENT,
    API_VERSION,
    LABEL_SLOT,
    LABEL_TRIGGER,
    LABEL_TRIGGER_UID,
    LABEL_WORKFLOW,
    label_value,
    slot_of,
)
from asw.asl.values import Json, to_text
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import AlreadyExists, NotFound
from asw.platforms.kubernetes.client.resources import EXECUTIONS
from asw.platforms.kubernetes.tasks.propagation import NOTHING, Propagated
from asw.reconciler.platform import Refused
from asw.triggers.event import Event, run_name

Object = Mapping[str, Any]


class Origin(NamedTuple):
    """The Trigger of a run, and what it wants to run."""

    namespace: str
    name: str
    uid: str
    workflow: str
    revision: str | None = None
    propagated: Propagated = NOTHING


class TriggeredRuns:
    """Makes the requests. ``arrived`` is told of an Execution that was created."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self.arrived: Callable[[Object], None] = lambda _item: None

    async def start(
        self, origin: Origin, event: Event, value: Json, depth: int
    ) -> tuple[str, bool]:
        """Create the run for the event, unless it exists; its name, and whether it is new.

        Raises PlatformError.
        """
        name = run_name(origin.name, origin.uid, event)
        manifest = run_manifest(origin, event, depth)
        manifest["spec"]["inputText"] = to_text(value)
        try:
            made = await self._client.create(EXECUTIONS, origin.namespace, manifest)
        except AlreadyExists:
            await self._look_whose(origin, name)
            return name, False
        self.arrived({**manifest, "metadata": made["metadata"], "status": {}})
        return name, True

    async def _look_whose(self, origin: Origin, name: str) -> None:
        """Raises Refused if the Execution of this name is not of the Trigger."""
        try:
            item = await self._client.get(EXECUTIONS, origin.namespace, name)
        except NotFound:
            return  # deleted meanwhile: it has been
        labels = item["metadata"].get("labels") or {}
        if labels.get(LABEL_TRIGGER_UID) != origin.uid:
            raise Refused(f"Execution {name} was made by somebody else; delete it")


def run_manifest(origin: Origin, event: Event, depth: int) -> dict[str, Any]:
    """The Execution without its input."""
    reference = {"name": origin.workflow}
    if origin.revision is not None:
        reference["revision"] = origin.revision
    labels = {
        **origin.propagated.labels,
        LABEL_TRIGGER: label_value(origin.name),
        LABEL_TRIGGER_UID: origin.uid,
        LABEL_SLOT: slot_of(origin.namespace, origin.workflow),
        LABEL_WORKFLOW: label_value(origin.workflow),
    }
    annotations = {
        **origin.propagated.annotations,
        ANNOTATION_EVENT: event.id,
        ANNOTATION_DEPTH: str(depth),
    }
    return {
        "apiVersion": API_VERSION,
        "kind": EXECUTIONS.kind,
        "metadata": {
            "name": run_name(origin.name, origin.uid, event),
            "labels": labels,
            "annotations": annotations,
        },
        "spec": {"workflowRef": reference},
    }
