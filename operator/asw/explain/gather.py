"""Asks the port for everything that a case is made of: the only part with effects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from asw.asl.errors import FUNCTION_NOT_FOUND
from asw.asl.errors import Failure as EngineFailure
from asw.asl.model import MapState
from asw.executions.bundles.gathering import failed_children
from asw.executions.bundles.runs import BundleRuns
from asw.executions.functions import poolless
from asw.executions.port import LogLine, LogOptions, Runs, TaskSnapshot
from asw.executions.run import Run
from asw.executions.snapshots import public_name
from asw.executions.visits import Visit, read_visits
from asw.explain.case import Case
from asw.explain.children import failed_item, has_express_children
from asw.explain.origin import origin_of
from asw.explain.waits import waiting_calls
from asw.failures import Failure
from asw.messages import t

_KEPT_LINES = 1000
"""How many lines of a state's log are kept, the last ones."""


async def gather(runs: Runs, run: Run, *, is_child: bool = False) -> Case:
    """Everything that is known of the execution. The case says what could not be read."""
    case = await gather_events(runs, run)
    missing = list(case.missing)
    case = replace(
        case,
        tasks=await _tasks(runs, run, missing),
        poolless=await _poolless(runs, case),
    )
    return await _deepened(runs, case, missing, is_child=is_child)


async def gather_events(runs: Runs, run: Run) -> Case:
    """What happened and what it ran, without tasks, log lines and children."""
    events = await runs.history(run)
    definition = await runs.definition(run)
    missing = []
    if definition is None and events:
        missing.append(t("the definition that it ran was removed"))
    if is_redacted := isinstance(runs, BundleRuns) and bool(runs.bundle.redacted):
        missing.append(t("its values were redacted"))
    return Case(
        run=run,
        events=events,
        visits=read_visits(events),
        machine=definition.machine if definition else None,
        record=await runs.record(run),
        now=runs.bundle.made_at if isinstance(runs, BundleRuns) else datetime.now(UTC),
        is_redacted=is_redacted,
        missing=tuple(missing),
    )


async def _deepened(runs: Runs, case: Case, missing: list[str], *, is_child: bool) -> Case:
    """The case with what matters only after a failure: log lines, and children that failed."""
    origin = origin_of(case)
    levels, inner = origin.levels, origin.printing()
    if inner is None:
        return replace(case, missing=tuple(missing))
    lines: Sequence[LogLine] = ()
    if inner.kind == "Task":
        lines = await _lines(runs, case.run, LogOptions(state=inner.name), missing)
        missing += _lost_lines(case, inner, lines)
    elif (item := failed_item(case, inner)) is not None:
        lines = await _lines(runs, case.run, LogOptions(child=item.uid), missing)
    if not levels:
        return replace(case, lines=lines, missing=tuple(missing))
    case = replace(case, functions=await _functions(runs, levels[0].failure))
    state = case.state(inner.name)
    has_children = isinstance(state, MapState) and state.distribution is not None
    if is_child or not has_children or has_express_children(state):
        return replace(case, lines=lines, missing=tuple(missing))
    children, _ = await failed_children(runs, case.run, 1)
    first = await gather(runs, children[0], is_child=True) if children else None
    return replace(case, lines=lines, first_child=first, missing=tuple(missing))


def _lost_lines(case: Case, visit: Visit, lines: Sequence[LogLine]) -> Iterator[str]:
    """A sentence if the output of the last call is lost."""
    call = visit.calls[-1] if visit.calls else None
    if call is None or call.started is None or lines:
        return
    snapshot = case.snapshot(call)
    if snapshot is None or (snapshot.job is not None and snapshot.pod is None):
        yield t("what its task printed is gone with its pod")


async def _functions(runs: Runs, failure: EngineFailure) -> Sequence[str] | None:
    """Names of Functions, if the failure is that one does not exist."""
    if failure.error != FUNCTION_NOT_FOUND or isinstance(runs, BundleRuns):
        return None
    try:
        return [public_name(it) for it in await runs.functions()]
    except Failure:
        return None  # no right to list them: others are not mentioned


async def _poolless(runs: Runs, case: Case) -> Mapping[str, str]:
    """What keeps warm pods of Functions from starting, if a task waits that may need one."""
    if case.run.is_over or not any(waiting_calls(case)) or isinstance(runs, BundleRuns):
        return {}
    try:
        return {public_name(it): said for it in await runs.functions() if (said := poolless(it))}
    except Failure:
        return {}  # no right to list them: nothing is said of them


async def _tasks(runs: Runs, run: Run, missing: list[str]) -> Sequence[TaskSnapshot]:
    try:
        return await runs.tasks(run)
    except Failure as failure:
        missing.append(failure.message)
        return ()


async def _lines(
    runs: Runs, run: Run, options: LogOptions, missing: list[str]
) -> Sequence[LogLine]:
    found: list[LogLine] = []
    try:
        async for line in runs.logs(run, options):
            found.append(line)
            if len(found) > 2 * _KEPT_LINES:
                del found[:_KEPT_LINES]
    except Failure as failure:
        missing.append(failure.message)
    return found
