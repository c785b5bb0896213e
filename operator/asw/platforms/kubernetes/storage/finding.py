"""An Execution as the API server holds it: spec, status and input, and its record read back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asw.api.execution import Execution, ExecutionStatus
from asw.api.names import CONDITION_READY, CONDITION_REDRIVEN, REASON_RUNNING
from asw.api.objects import InvalidObject
from asw.api.phases import FINAL_PHASES
from asw.asl.errors import Failure
from asw.engine.facts import StopRequested
from asw.engine.record import Outcome, Record
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.lineage import NOT_OURS, NOT_STARTED, born
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import Damaged, NotFound
from asw.platforms.kubernetes.client.resources import EXECUTIONS
from asw.platforms.kubernetes.storage.answers import answers_of
from asw.platforms.kubernetes.storage.inputs import Input, is_input_changed, read_input
from asw.platforms.kubernetes.storage.reading import read_record
from asw.platforms.kubernetes.storage.status import is_redrive_refused
from asw.platforms.kubernetes.storage.storage import Storage
from asw.reconciler.platform import ExecutionKey, Redrive, Refused, Stored

EMPTIED = "retention removed what it needs to continue; start a new execution"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedExecution:
    """An execution as it was read; ``pages`` are those that its record needs.

    ``record_problem`` says why a saved record cannot be read.
    """

    execution: Execution
    spec: Mapping[str, Any]
    status: Mapping[str, Any]
    source: Input
    record: Record | None
    record_problem: str | None
    pages: frozenset[str]

    @property
    def version(self) -> str:
        """Its resourceVersion: the fence of the next save."""
        return self.execution.metadata.resource_version

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None while it runs."""
        if self.record is not None and self.record.outcome is not None:
            return self.record.outcome
        status = self.execution.status
        if status.phase != "Failed" or status.completion_time is None:
            return None
        failure = Failure(status.error, status.cause)
        return Outcome(status="FAILED", at=status.completion_time, failure=failure)


@dataclass(frozen=True, slots=True)
class Finder:
    """Reads executions."""

    client: KubeClient
    cache: Cache
    storage: Storage

    async def find(
        self,
        key: ExecutionKey,
        whole: Mapping[str, Any] | None = None,
        *,
        is_glance: bool = False,
    ) -> LoadedExecution | None:
        """The execution, from ``whole`` if that is at hand; None if it is gone.

        At a glance, neither input nor record is read.
        """
        item = whole or await self._get(key)
        if item is None:
            return None
        execution, flaw = _parsed(item)
        if is_glance:
            return _glanced(execution, item)
        is_child = self.cache.parent_of(item) is not None
        flaw = flaw or self._flaw(execution, item)
        source = Input(problem=flaw) if flaw else await self._input(execution)
        record, pages, problem = await self._record(key, execution, source)
        is_unborn = execution.status.record is None and execution.status.phase not in FINAL_PHASES
        if is_child and is_unborn and source.problem is None:
            record = born(execution, key.uid, source.value)
        return LoadedExecution(
            execution=execution,
            spec=item["spec"],
            status=item.get("status", {}),
            source=source,
            record=record,
            record_problem=problem,
            pages=frozenset(pages),
        )

    async def _get(self, key: ExecutionKey) -> Mapping[str, Any] | None:
        try:
            item = await self.client.get(EXECUTIONS, key.namespace, key.name)
        except NotFound:
            return None
        metadata = item["metadata"]
        is_it = metadata["uid"] == key.uid and "deletionTimestamp" not in metadata
        return item if is_it else None

    async def _input(self, execution: Execution) -> Input:
        place = (execution.metadata.namespace, execution.spec.workflow_ref.name)
        return await read_input(self.client, execution, self.cache.workflows.get(place))

    def _flaw(self, execution: Execution, item: Mapping[str, Any]) -> str | None:
        """What is wrong with an execution that only claims to be another's child."""
        if execution.spec.parent is not None and self.cache.parent_of(item) is None:
            return NOT_OURS
        if execution.spec.started_by is not None and self.cache.starter_of(item) is None:
            return NOT_STARTED
        return None

    async def _record(
        self, key: ExecutionKey, execution: Execution, source: Input
    ) -> tuple[Record | None, set[str], str | None]:
        """The record in the status, the pages that were read for it, and its problem."""
        problem = EMPTIED if execution.status.emptied else None
        text = execution.status.record
        if text is None:
            return None, set(), problem
        is_lost = is_input_changed(execution.status, source)
        try:
            record, pages = await read_record(
                self.storage, key, text, source.value, is_input_lost=is_lost
            )
        except Damaged as error:
            return None, set(), str(error)
        return record, pages, problem


def _parsed(item: Mapping[str, Any]) -> tuple[Execution, str | None]:
    """The execution, and what is wrong with its input if it bypassed the rules for inputs.

    The chart's admission policy enforces them, but may be off. Raises Refused.
    """
    try:
        return Execution.parse(item), None
    except InvalidObject as error:
        spec = {name: it for name, it in item["spec"].items() if name not in _INPUTS}
        try:
            return Execution.parse({**item, "spec": spec}), "; ".join(map(str, error.problems))
        except InvalidObject:
            raise Refused(str(error)) from error


_INPUTS = frozenset({"input", "inputText", "inputFrom"})


def _glanced(execution: Execution, item: Mapping[str, Any]) -> LoadedExecution:
    return LoadedExecution(
        execution=execution,
        spec=item["spec"],
        status=item.get("status", {}),
        source=Input(),
        record=None,
        record_problem=None,
        pages=frozenset(),
    )


def as_stored(key: ExecutionKey, found: LoadedExecution) -> Stored:
    """The execution as the reconciler knows it."""
    execution, source = found.execution, found.source
    metadata, spec, status = execution.metadata, execution.spec, execution.status
    assert metadata.creation_timestamp is not None
    stop, order = spec.stop, spec.redrive
    return Stored(
        key=key,
        execution_name=execution.public_name,
        workflow_name=spec.workflow_ref.name,
        created_at=metadata.creation_timestamp,
        fence=found.version,
        input=source.value,
        input_problem=source.problem,
        stop=None if stop is None else StopRequested(error=stop.error, cause=stop.cause),
        is_suspended=spec.suspend,
        redrive=None if order is None else Redrive(number=order.number, revision=order.revision),
        answers=answers_of(spec.answers),
        is_redrive_refused=is_redrive_refused(status.conditions, metadata.generation),
        revision=status.revision or spec.workflow_ref.revision,
        record=found.record,
        record_problem=found.record_problem,
        said=_said(status),
        map_state=None if spec.parent is None or found.record is None else spec.parent.state,
        is_finished=status.phase in FINAL_PHASES,
        is_unobserved=status.phase in FINAL_PHASES
        and status.observed_generation < metadata.generation,
    )


def _said(status: ExecutionStatus) -> tuple[str, str] | None:
    """Why it waits, as its status says."""
    shown_by = {each.type: each for each in status.conditions}
    if status.phase in FINAL_PHASES:
        redrive = shown_by.get(CONDITION_REDRIVEN)
        is_waiting = redrive is not None and redrive.status == "Unknown"
        return (redrive.reason, redrive.message) if redrive and is_waiting else None
    shown = shown_by.get(CONDITION_READY)
    if shown is None or shown.reason == REASON_RUNNING:
        return None
    return shown.reason, shown.message
