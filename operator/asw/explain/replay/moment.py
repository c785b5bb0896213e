"""Every value at one event of an execution: of its state, and of all that it could read. Pure.

Stages of the data flow are computed with the engine's own functions, chance included; what the
history has is taken from it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asw.asl.errors import Failure, StatesError
from asw.asl.model import MapState, State, WorkFields
from asw.asl.scope import Scope
from asw.asl.values import ABSENT, Json, JsonObject
from asw.engine.chance import Chance
from asw.engine.context import with_item
from asw.engine.dataflow import effective_input
from asw.engine.history import Event
from asw.engine.map_items import map_items
from asw.engine.record import (
    Frame,
    OnBranches,
    OnIterations,
    OnMapRun,
    OnRetry,
    OnTask,
    OnTimer,
    Record,
)
from asw.engine.retry import retries_after
from asw.executions.visits import Visit
from asw.explain.case import Case, context_of, place_of
from asw.explain.failed import faults_of, place_text, redriven_before
from asw.explain.origin import NOTED, failure_told
from asw.explain.replay.playback import Playback
from asw.teststate.stages import Flow, inspected
from asw.teststate.trial import mocked

_NEW_TRY: Final = ("Scheduled", "Started", "Redriven", "Succeeded")
"""Endings of types of events that start another try, or show that one succeeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLine:
    """Another line of control that was open then: its state, and what it waited for."""

    state: str
    event: int
    waits_for: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What was at an event.

    ``values`` are the stages of the state's data flow that were reached, by AWS's names: input,
    afterInputPath, afterParameters, result, afterResultSelector, afterResultPath, output.
    ``retries`` counts the tries that each Retrier had started, ``timers`` has the instants that
    would end something. ``state`` is empty for an event without one.
    """

    event: Event
    state: str = ""
    kind: str = ""
    place: tuple[str, ...] = ()
    entered: int = 0
    values: Mapping[str, Json]
    error: str | None = None
    cause: str | None = None
    assigned: Mapping[str, Json]
    variables: Mapping[str, Json]
    context: JsonObject | None = None
    retries: tuple[int, ...] = ()
    timers: Mapping[str, datetime]
    others: tuple[OpenLine, ...] = ()


def moment_at(case: Case, playback: Playback | None, event: Event, visit: Visit | None) -> Moment:
    """Everything at the event, as it was once the event was made.

    ``visit`` is the one to show, by default the event's own. Without a playback, only what the
    history has.
    """
    visit = visit or case.visits.of_event.get(event.id)
    record = playback.record_at(event.id) if playback else None
    if visit is None:
        values = {key: event.details[key] for key in ("input", "output") if key in event.details}
        return Moment(
            event=event,
            values=values,
            error=event.details.get("error"),
            cause=event.details.get("cause"),
            assigned={},
            variables={},
            timers=_execution_timers(record),
            others=tuple(_lines(record, None)),
        )
    until = [it for it in visit.events if it.id <= event.id]
    is_left = visit.exited is not None and visit.exited.id <= event.id
    told = Failure(event.details.get("error"), event.details.get("cause"))
    failure = _standing_failure(case, until, event) or told
    frame = _frame_of(record, visit)
    return Moment(
        event=event,
        state=visit.name,
        kind=visit.kind,
        place=place_text(case, visit),
        entered=visit.entered.id,
        values=_values(case, visit, event, playback),
        error=failure.error,
        cause=failure.cause,
        assigned=_assigned(visit) if is_left else {},
        variables=visit.variables,
        context=_context(case, visit, event.id, playback),
        retries=_retries(case, visit, event.id),
        timers={**_execution_timers(record), **(_timers(frame) if frame else {})},
        others=tuple(_lines(record, visit)),
    )


def _standing_failure(case: Case, events: Sequence[Event], at: Event) -> Failure | None:
    """The last error of the visit's ``events``, unless a later try replaced it."""
    redriven = redriven_before(case, at.id)
    for event in reversed(events):
        if event.id < redriven or event.type.endswith(_NEW_TRY):
            return None
        if "error" in event.details:
            return Failure(event.details["error"], event.details.get("cause"))
        if event.type in NOTED:
            return failure_told(case, event.id)
    return None


def _assigned(visit: Visit) -> Mapping[str, Json]:
    assert visit.exited is not None
    found: Mapping[str, Json] = visit.exited.details.get("assignedVariables") or {}
    return found


# Stages


def _values(case: Case, visit: Visit, event: Event, playback: Playback | None) -> dict[str, Json]:
    """The stages that were reached by the event; without a definition, what the history has."""
    found: dict[str, Json] = {"input": visit.input}
    state = case.state(visit.name)
    if state is not None:
        found.update(_before_work(case, visit, event, state, playback))
    scheduled = [call.scheduled for call in visit.calls if call.scheduled.id <= event.id]
    if scheduled and state is not None:
        name = "afterArguments" if state.language == "JSONata" else "afterParameters"
        found[name] = _given(scheduled[-1])
    if isinstance(state, MapState):
        found |= _items(case, visit, state, event, playback)
    result = _result(case, visit, event)
    if result is not ABSENT:
        found["result"] = result
        if state is not None:
            found.update(_after_work(case, visit, state, result, playback))
    exited = visit.exited
    if exited is not None and exited.id <= event.id:
        found["output"] = exited.details.get("output")
    return found


def _given(scheduled: Event) -> Json:
    details = scheduled.details
    return details.get("parameters") if "parameters" in details else details.get("input")


def _scope(case: Case, visit: Visit, next_event: int, playback: Playback | None) -> Scope:
    """What expressions read just before that event."""
    return Scope(
        context=_context(case, visit, next_event - 1, playback),
        chance=Chance(case.header().uid, visit.entered.id, next_event),
        variables=visit.variables,
        now=visit.entered.at,
    )


def _before_work(
    case: Case, visit: Visit, event: Event, state: State, playback: Playback | None
) -> dict[str, Json]:
    tried = [call.scheduled.id for call in visit.calls if call.scheduled.id <= event.id]
    scope = _scope(case, visit, tried[-1] if tried else visit.entered.id + 1, playback)
    plain = mocked(state) if isinstance(state, WorkFields) else state
    return inspected(Flow(state=plain, input=visit.input, scope=scope))


def _after_work(
    case: Case, visit: Visit, state: State, result: Json, playback: Playback | None
) -> dict[str, Json]:
    if not isinstance(state, WorkFields) or visit.exited is None:
        return {}
    scope = _scope(case, visit, visit.exited.id, playback)
    flow = Flow(state=mocked(state), input=visit.input, scope=scope, result=result)
    stages = inspected(flow)
    return {name: stages[name] for name in _AFTER if name in stages}


_AFTER: Final = ("afterResultSelector", "afterResultPath")


def _items(
    case: Case, visit: Visit, state: MapState, event: Event, playback: Playback | None
) -> dict[str, Json]:
    """What the Map ran over, if that can be known."""
    frame = _frame_of(playback.record_at(event.id) if playback else None, visit)
    if frame is not None and isinstance(frame.waiting, OnIterations):
        return {"afterItemsPath": frame.waiting.items}
    distribution = state.distribution
    if distribution is not None and distribution.item_reader is not None:
        return {}
    try:
        scope = _scope(case, visit, visit.entered.id + 1, playback)
        effective_input(state, visit.input, scope)
        return {"afterItemsPath": map_items(state, visit.input, scope)}
    except StatesError:
        return {}


def _result(case: Case, visit: Visit, event: Event) -> Json:
    """The result of the work; ABSENT if there was none yet."""
    if visit.kind == "Task":
        calls = [call for call in visit.calls if call.scheduled.id <= event.id]
        ended = calls[-1].ended if calls else None
        is_there = ended is not None and ended.id <= event.id and ended.type.endswith("Succeeded")
        return ended.details.get("output") if ended is not None and is_there else ABSENT
    ended = next((it for it in visit.events if it.type.endswith("StateSucceeded")), None)
    if visit.kind not in ("Parallel", "Map") or ended is None or ended.id > event.id:
        return ABSENT
    return _outputs(case, visit)


def _outputs(case: Case, visit: Visit) -> Json:
    """The outputs of branches or iterations in order; ABSENT if no event has some of them."""
    inner = [it for it in case.visits.within(visit) if it.entered.id > visit.began[-1].id]
    led_on = {id(it.before) for it in inner if it.before is not None}
    ends = {
        _index(case, it): it.exited.details.get("output")
        for it in inner
        if id(it) not in led_on and it.exited is not None
    }
    is_map = visit.kind == "Map"
    wanted = int(visit.began[-1].details.get("length") or 0) if is_map else len(ends)
    if len(ends) != wanted or (is_map and "Failed" in visit.iterations.values()):
        return ABSENT
    return [ends[index] for index in sorted(ends)]


def _index(case: Case, visit: Visit) -> int:
    if visit.index is not None:
        return visit.index
    place = place_of(case.machine, visit.name)
    return place.around[-1][1] if place is not None and place.around else 0


# What it could read, and what waited


def _context(case: Case, visit: Visit, at: int, playback: Playback | None) -> JsonObject:
    """What the state saw once the event ``at`` was made."""
    retries = sum(_retries(case, visit, at))
    context = context_of(case.header(), case.events, visit, retries=retries, at=at)
    for inner in visit.line()[::-1]:
        if inner.outer is None or inner.outer.kind != "Map" or inner.index is None:
            continue
        items = _map_items(playback, inner.outer, at)
        if items is not None and inner.index < len(items):
            return with_item(context, inner.index, items[inner.index])
    item = case.item_around(visit)
    return context if item is None else with_item(context, *item)


def _map_items(playback: Playback | None, visit: Visit, at: int) -> Sequence[Json] | None:
    """The items of an inline Map that was at work, from the record then or just before."""
    if playback is None:
        return None
    for record in (playback.record_before(at), playback.record_at(at)):
        frame = _frame_of(record, visit)
        if frame is not None and isinstance(frame.waiting, OnIterations):
            items: Sequence[Json] = frame.waiting.items
            return items
    return None


def _retries(case: Case, visit: Visit, at: int) -> tuple[int, ...]:
    state = case.state(visit.name)
    if not isinstance(state, WorkFields) or case.machine is None or not state.retry:
        return ()
    found = retries_after(state, faults_of(case, visit, at), case.machine.dialect)
    return (*found, *[0] * (len(state.retry) - len(found)))


def _frame_of(record: Record | None, visit: Visit) -> Frame | None:
    frames = record.frames.values() if record is not None else ()
    return next((it for it in frames if it.state_event == visit.entered.id), None)


def _execution_timers(record: Record | None) -> dict[str, datetime]:
    if record is None or record.timeout_at is None:
        return {}
    return {"Execution": record.timeout_at}


def _timers(frame: Frame) -> dict[str, datetime]:
    match frame.waiting:
        case OnTimer(until=until):
            return {"Wait": until}
        case OnRetry(until=until):
            return {"Retry": until}
        case OnTask() as waiting:
            names = ("TimeoutSeconds", "HeartbeatSeconds")
            ends = zip(names, waiting.deadlines(), strict=True)
            return {name: at for name, at in ends if at is not None}
    return {}


def _lines(record: Record | None, visit: Visit | None) -> Iterator[OpenLine]:
    """The other lines that were open then, those around the visit left out."""
    if record is None or record.outcome is not None:
        return
    around = {it.entered.id for it in visit.line()} if visit is not None else set()
    for frame in record.frames.values():
        if frame.state_event in around or isinstance(frame.waiting, OnBranches | OnIterations):
            continue
        yield OpenLine(
            state=frame.state,
            event=frame.state_event,
            waits_for=_waits_for(frame),
            until=next(iter(_timers(frame).values()), None),
        )


def _waits_for(frame: Frame) -> str:
    """Words for programs, ours: AWS has none."""
    match frame.waiting:
        case OnTask():
            return "task"
        case OnTimer():
            return "timer"
        case OnRetry():
            return "retry"
        case OnMapRun():
            return "children"
    return "next step"
