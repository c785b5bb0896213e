"""Why a state failed: its failure with everything around it. Pure."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Final

from asw.asl.errors import (
    FUNCTION_NOT_FOUND,
    QUERY_EVALUATION_ERROR,
    RUNTIME,
    TASK_FAILED,
    TIMEOUT,
    Failure,
    StatesError,
)
from asw.asl.model import ChoiceState, Dialect, MapState, WorkFields
from asw.asl.resources import ActivityResource, FunctionResource, ServiceResource
from asw.asl.scope import Scope
from asw.asl.values import Json
from asw.engine.context import with_item
from asw.engine.dataflow import effective_input
from asw.engine.history import Event
from asw.engine.map_items import THRESHOLD_EXCEEDED, map_items
from asw.engine.retry import had_free_retries, retries_after
from asw.executions.causes import named
from asw.executions.port import TaskSnapshot
from asw.executions.visits import Call, Visit
from asw.explain import nested
from asw.explain.case import Case, place_of
from asw.explain.children import children_notes, failed_item
from asw.explain.choices import RuleSaid, rules_said
from asw.explain.explanation import StateFailure, Try
from asw.explain.knowledge import meaning_of
from asw.explain.leading import what_led_to
from asw.explain.origin import (
    Level,
    bears_failures,
    cause_within,
    failure_of,
    failure_told,
    is_missed,
)
from asw.explain.paths import LostPath, lost_path_in, lost_query_in, lost_variable_in
from asw.explain.verdicts import Verdict, judge
from asw.failures import nearest
from asw.messages import t

_ITEM: Final = "$$.Map.Item"
_SHOWN_FUNCTIONS: Final = 10
_SHOWN_ERRORS: Final = 3


def state_failure(case: Case, level: Level, *, is_inner: bool = False) -> StateFailure:
    """Everything about one level of a failure; for the innermost also what led there."""
    visit, failure = level.visit, level.failure
    state, asked = case.state(visit.name), _asked_about(case, visit, failure)
    return StateFailure(
        state=visit.name,
        kind=visit.kind,
        place=place_text(case, visit),
        event=visit.entered.id,
        last_event=visit.events[-1].id,
        asked=asked.matched_as or asked.error,
        input=visit.input,
        error=failure.error,
        cause=cause_within(failure.cause) if failure.cause else None,
        function=function_of(state),
        action=action_of(state),
        notes=tuple(_notes(case, visit, failure)),
        led=tuple(what_led_to(case, visit)) if is_inner else (),
        tries=tuple(_tries(case, visit)),
        verdicts=_verdicts(case, visit, failure),
        rules=_rules(case, visit, failure),
        item=failed_item(case, visit) if is_inner else None,
    )


def place_text(case: Case, visit: Visit) -> tuple[str, ...]:
    """The Parallel and Map states around a visit, from the outside in, with branch or item."""
    line = visit.line()
    return tuple(_around(case, outer, inner) for outer, inner in pairwise(line))


def _around(case: Case, outer: Visit, inner: Visit) -> str:
    if outer.kind == "Map":
        return t("Map {state}, item {index}", state=outer.name, index=inner.index)
    place = place_of(case.machine, inner.name)
    branch = place.around[-1][1] if place is not None and place.around else 0
    return t("Parallel {state}, branch {index}", state=outer.name, index=branch)


def function_of(state: object) -> str | None:
    """The Function that a Task calls, if its Resource names one."""
    resource = getattr(state, "resource", None)
    return resource.invocation.name if isinstance(resource, FunctionResource) else None


def action_of(state: object) -> str | None:
    """What else a Task has done, if anything: ``dynamodb:putItem``, ``activity:stamp``."""
    resource = getattr(state, "resource", None)
    if isinstance(resource, ServiceResource | ActivityResource):
        return resource.invocation.name
    return None


# Tries


def _tries(case: Case, visit: Visit) -> Iterator[Try]:
    for number, call in enumerate(visit.calls, start=1):
        snapshot = case.snapshot(call)
        yield Try(
            number=number,
            at=call.scheduled.at,
            took=_took(call),
            end=_end_of(call),
            error=call.ended.details.get("error") if call.ended else None,
            pod=snapshot.pod if snapshot else None,
            node=snapshot.node if snapshot else None,
            trouble=_trouble(call, snapshot),
        )


def _trouble(call: Call, snapshot: TaskSnapshot | None) -> str:
    """What the place says beyond the error, which is shown already.

    Nothing for a call that succeeded: the pod may not know that its outcome was pushed.
    """
    if call.ended is not None and call.ended.type.endswith("Succeeded"):
        return ""
    trouble = snapshot.trouble if snapshot else ""
    error = call.ended.details.get("error") if call.ended else None
    return "" if error and trouble.startswith(str(error)) else trouble


def _took(call: Call) -> timedelta | None:
    return None if call.ended is None else call.ended.at - call.scheduled.at


def _end_of(call: Call) -> str:
    if call.ended is None:
        return ""
    return re.sub("^(LambdaFunction|Task|Activity)", "", call.ended.type)


# Retriers and catchers


def faults_of(case: Case, visit: Visit, until: int | None = None) -> list[Failure]:
    """The failures since the redrive that the visited state asked its Retriers and Catchers about.

    Those of a Parallel or Map come from inside it: each except the last made it start again.
    ``until`` is the last event that counts, by default the last of all.
    """
    until = until or case.events[-1].id
    redriven = redriven_before(case, until)
    if visit.kind not in ("Parallel", "Map"):
        return [failure_of(it, visit) for it in visit.faults() if redriven < it.id <= until]
    again = (it.previous_event_id for it in visit.began[1:] if redriven < it.id <= until)
    if bears_failures(case.state(visit.name)):
        return [THRESHOLD_EXCEEDED for _ in again]
    return [it for it in (failure_told(case, event) for event in again) if it is not None]


def redriven_before(case: Case, event_id: int) -> int:
    """The event of the last redrive up to that one; 0 for none."""
    redrives = (it.id for it in case.events if it.type == "ExecutionRedriven")
    return max((it for it in redrives if it <= event_id), default=0)


def retries_before(case: Case, visit: Visit, failure: Failure) -> tuple[int, ...]:
    """The retries that were used up before this failure."""
    state = case.state(visit.name)
    if not isinstance(state, WorkFields):
        return ()
    before = faults_of(case, visit)
    if visit.kind not in ("Parallel", "Map") and before and before[-1].error == failure.error:
        before = before[:-1]
    dialect: Dialect = case.machine.dialect if case.machine else "ASL"
    return retries_after(state, before, dialect, has_free=had_free_retries([*before, failure]))


def _verdicts(case: Case, visit: Visit, failure: Failure) -> tuple[Verdict, ...]:
    state = case.state(visit.name)
    if not isinstance(state, WorkFields) or case.machine is None:
        return ()
    asked = _asked_about(case, visit, failure)
    attempts = retries_before(case, visit, asked)
    return judge(state, asked, attempts, case.machine.dialect, has_left=visit.exited is not None)


def _asked_about(case: Case, visit: Visit, failure: Failure) -> Failure:
    """What Retry and Catch were asked about, before a Catcher made something of it."""
    faults = faults_of(case, visit)
    if visit.kind != "Task" or not faults or not _ended_by_fault(visit):
        return failure
    is_of_catcher = _is_of_catcher(visit.faults()[-1]) and len(faults) > 1
    return faults[-2] if is_of_catcher else faults[-1]


def _is_of_catcher(fault: Event) -> bool:
    """Whether an expression of a Catcher failed, one that had taken the error before."""
    return str(fault.details.get("location", "")).startswith("Catch")


def _ended_by_fault(visit: Visit) -> bool:
    ended = visit.calls[-1].ended if visit.calls else None
    return ended is not None and not ended.type.endswith("Succeeded")


# Notes


def _notes(case: Case, visit: Visit, failure: Failure) -> Iterator[str]:
    meaning = meaning_of(failure.error)
    ended = visit.calls[-1].ended if visit.calls else None
    if ended is not None and ended.type.endswith("TimedOut") and failure.error == TIMEOUT:
        yield _limit(visit.calls[-1])
    elif meaning is not None:
        yield t("{error}: {what}.", error=failure.error, what=meaning.what)
    state = case.state(visit.name)
    if is_nested(state) and failure.error == TASK_FAILED:
        yield from nested.failure_notes(failure.cause)
    if failure.error == FUNCTION_NOT_FOUND and case.functions is not None:
        yield from _other_functions(case, visit)
    yield from iteration_notes(case, visit)
    lost = _lost_path(case, visit, failure)
    if lost is not None:
        yield from lost.sentences()


def is_nested(state: object) -> bool:
    """Whether it is a Task that starts an execution of another Workflow."""
    called = getattr(state, "resource", None)
    return isinstance(called, ServiceResource) and called.invocation.is_nested


def _limit(call: Call) -> str:
    """Which limit a call exceeded. Both count from the start of the task, not from the call."""
    bounds = call.scheduled.details
    if is_missed(call):
        seconds = bounds["heartbeatInSeconds"]
        return t("No heartbeat came for {seconds} s, its HeartbeatSeconds.", seconds=seconds)
    return t(
        "No answer came within {seconds} s of its start, its TimeoutSeconds.",
        seconds=bounds.get("timeoutInSeconds"),
    )


def _other_functions(case: Case, visit: Visit) -> Iterator[str]:
    """That the Function exists by now, which one may have been meant, or which exist."""
    known = sorted(case.functions or ())
    called = function_of(case.state(visit.name)) or ""
    if called in known:
        yield t("Function {name} exists by now.", name=called)
        return
    near = nearest(called, known)
    if near or known:
        yield near or t("available: {names}", names=", ".join(known[:_SHOWN_FUNCTIONS]))


def iteration_notes(case: Case, visit: Visit) -> Iterator[str]:
    """How many items of a Map failed, tolerated or not, and with which errors."""
    failed = sorted(index for index, how in visit.iterations.items() if how == "Failed")
    if failed:
        yield t(
            "{count} of {total} items failed; the lowest number is item {first}.",
            count=len(failed),
            total=_length(visit),
            first=failed[0],
        )
        errors = Counter(_errors_of_items(case, visit))
        if len(failed) > 1 or visit.exited is not None:
            for error, count in errors.most_common(_SHOWN_ERRORS):
                yield t("{count} of them with {error}", count=count, error=error)
    yield from children_notes(case, visit)


def _errors_of_items(case: Case, visit: Visit) -> Iterator[str]:
    """The last error within each failed item, according to history."""
    last: dict[int, Failure] = {}
    for inner in case.visits.all:
        if not inner.is_within(visit):
            continue
        item = inner.line()[len(visit.line())].index
        if item is not None and visit.iterations.get(item) == "Failed" and inner.faults():
            last[item] = failure_of(inner.faults()[-1], inner)
    for failure in last.values():
        yield named(failure.error or t("no error name"), failure.cause)


def _length(visit: Visit) -> int:
    return int(visit.began[-1].details.get("length") or 0) if visit.began else 0


def _lost_path(case: Case, visit: Visit, failure: Failure) -> LostPath | None:
    cause, state = failure.cause or "", case.state(visit.name)
    if state is None:
        return None
    scope, result = case.scope(visit), visit.result
    if failure.error == QUERY_EVALUATION_ERROR:
        documents: dict[str, Json] = {"input": visit.input}
        if result is not None:
            documents["result"] = result.details.get("output")
        return lost_query_in(cause, documents) or lost_variable_in(cause, scope.variables)
    if isinstance(state, MapState) and _ITEM in cause:
        return _lost_in_item(cause, visit, state, scope)
    documents_of = [(visit.input, scope)]
    with suppress(StatesError):
        documents_of.insert(0, (effective_input(state, visit.input, scope), scope))
    if result is not None:
        documents_of.insert(0, (result.details.get("output"), scope))
    return lost_path_in(cause, documents_of)


def _lost_in_item(cause: str, visit: Visit, state: MapState, scope: Scope) -> LostPath | None:
    """What an ItemSelector did not find, in the first item that lacks it."""
    with suppress(StatesError):
        for index, item in enumerate(map_items(state, visit.input, scope)):
            context = with_item(scope.context, index, item)
            lost = lost_path_in(cause, [(visit.input, scope.showing(context))])
            if lost is not None:
                return replace(lost, item=index)
    return None


def _rules(case: Case, visit: Visit, failure: Failure) -> tuple[RuleSaid, ...]:
    state = case.state(visit.name)
    if (
        not isinstance(state, ChoiceState)
        or case.is_redacted
        or failure.error not in (RUNTIME, QUERY_EVALUATION_ERROR)
    ):
        return ()
    return tuple(rules_said(state, visit.input, case.scope(visit)))
