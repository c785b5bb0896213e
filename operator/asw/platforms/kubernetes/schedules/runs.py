"""Starts, stops and resumes the runs of a Schedule: the requests to the API server."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from asw.api.instants import instant_text
from asw.api.names import (
    ANNOTATION_QUEUED,
    ANNOTATION_SCHEDULED,
    API_VERSION,
    LABEL_SCHEDULE,
    LABEL_SCHEDULE_UID,
    LABEL_SLOT,
    LABEL_WORKFLOW,
    label_value,
    slot_of,
)
from asw.asl.values import ABSENT, Json, from_text, to_text
from asw.platforms.kubernetes.cache.scheduled import Run
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import AlreadyExists, NotFound
from asw.platforms.kubernetes.client.resources import EXECUTIONS, SCHEDULES
from asw.platforms.kubernetes.schedules.watched import Wants, Watched
from asw.reconciler.platform import Conflict, Refused
from asw.schedules.due import run_name
from asw.schedules.input import Occasion, input_of

REPLACED = "Asw.Replaced"
"""The error of a run that the next one of its Schedule replaced."""

Object = Mapping[str, Any]


class ScheduledRuns:
    """Makes the requests. ``arrived`` is told of an Execution that was created."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self.arrived: Callable[[Object], None] = lambda _item: None

    async def start(
        self, known: Watched, instant: datetime, *, waits: bool = False, backfill: int = 0
    ) -> str:
        """Create the run for that instant, unless it exists; its name. Raises PlatformError."""
        assert known.wants is not None, "who wants nothing starts nothing"
        name = run_name(known.name, known.uid, instant, backfill)
        manifest = _manifest(known, known.wants, name, instant)
        text = await self._input(known, known.wants, instant)
        if text is not None:
            manifest["spec"]["inputText"] = text
        if waits:
            manifest["spec"]["suspend"] = True
            manifest["metadata"]["annotations"][ANNOTATION_QUEUED] = "true"
        try:
            made = await self._client.create(EXECUTIONS, known.namespace, manifest)
        except AlreadyExists:
            await self._look_whose(known, name)
        else:
            self.arrived({**manifest, "metadata": made["metadata"], "status": {}})
        return name

    async def stop(self, run: Run) -> None:
        """Abort a run, because another one replaces it."""
        cause = "the next run of its Schedule replaces it (concurrencyPolicy: Replace)"
        await self._change(run, {"stop": {"error": REPLACED, "cause": cause}})

    async def resume(self, run: Run) -> None:
        """It is the turn of a run that waited."""
        await self._change(run, {"suspend": False})

    async def _change(self, run: Run, spec: Mapping[str, Any]) -> None:
        key = run.key
        change = {"metadata": {"uid": key.uid}, "spec": spec}
        with suppress(NotFound, Conflict):  # it is gone, or another one has its name
            await self._client.merge(EXECUTIONS, key.namespace, key.name, change)

    async def _input(self, known: Watched, wants: Wants, instant: datetime) -> str | None:
        """The input of the run as text; None if the Schedule has none. Raises Refused."""
        template = await self._template(known, wants)
        if template is ABSENT:
            return None
        occasion = Occasion(
            name=known.name,
            scheduled=instant,
            succeeded=known.last_success,
            zone=wants.table.zone,
        )
        try:
            return to_text(input_of(template, occasion))
        except ValueError as error:
            raise Refused(f"spec.input: {error}") from error

    async def _template(self, known: Watched, wants: Wants) -> Json:
        if wants.input is None:
            item = await self._client.get(SCHEDULES, known.namespace, known.name)
            return item["spec"].get("input", ABSENT)
        return from_text(wants.input) if isinstance(wants.input, str) else ABSENT

    async def _look_whose(self, known: Watched, name: str) -> None:
        """Raises Refused if the Execution of this name is not of the Schedule."""
        try:
            item = await self._client.get(EXECUTIONS, known.namespace, name)
        except NotFound:
            return  # deleted meanwhile: it has been
        labels = item["metadata"].get("labels") or {}
        if labels.get(LABEL_SCHEDULE_UID) != known.uid:
            raise Refused(f"Execution {name} was made by somebody else; delete it")


def _manifest(known: Watched, wants: Wants, name: str, instant: datetime) -> dict[str, Any]:
    reference = {"name": wants.workflow}
    if wants.revision is not None:
        reference["revision"] = wants.revision
    labels = {
        **wants.propagated.labels,
        LABEL_SCHEDULE: label_value(known.name),
        LABEL_SCHEDULE_UID: known.uid,
        LABEL_SLOT: slot_of(known.namespace, wants.workflow),
        LABEL_WORKFLOW: label_value(wants.workflow),
    }
    marks = {**wants.propagated.annotations, ANNOTATION_SCHEDULED: instant_text(instant)}
    return {
        "apiVersion": API_VERSION,
        "kind": EXECUTIONS.kind,
        "metadata": {"name": name, "labels": labels, "annotations": marks},
        "spec": {"workflowRef": reference},
    }
