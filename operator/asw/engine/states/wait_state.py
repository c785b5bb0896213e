"""Wait: until a span has passed since the entry, or until an instant (ASL: Wait State)."""

from datetime import datetime, timedelta

from asw.asl.errors import RUNTIME, StatesError
from asw.asl.model import WaitState
from asw.asl.paths import evaluate_path
from asw.asl.queries import Query, query_error
from asw.asl.scope import Scope
from asw.asl.timestamps import parse_timestamp
from asw.asl.values import Json, to_text
from asw.engine.dataflow import effective_input, went_through
from asw.engine.limits import LONGEST_DELAY_SECONDS, LONGEST_WAIT_SECONDS
from asw.engine.record import Frame, OnTimer
from asw.engine.run import Behaviour, Run
from asw.engine.transitions import leave


def _work(run: Run, frame: Frame, state: WaitState) -> None:
    until = wait_until(state, frame.input, run.scope(frame), frame.entered_at)
    run.wait(frame, OnTimer(until=until))
    _look(run, run.frames[frame.id], state)


def _look(run: Run, frame: Frame, state: WaitState) -> None:
    assert isinstance(frame.waiting, OnTimer)
    if run.now >= frame.waiting.until:
        result = went_through(state, frame.input, run.scope(frame))
        leave(run, frame, result, to=state.next)


def _next_look_at(frame: Frame, _state: WaitState) -> datetime | None:
    assert isinstance(frame.waiting, OnTimer)
    return frame.waiting.until


def wait_until(state: WaitState, value: Json, scope: Scope, entered_at: datetime) -> datetime:
    """The instant until which the state waits, from its raw input and the time of its entry."""
    if state.language == "JSONata":
        return _queried(state, Query(scope, value), entered_at)
    if state.timestamp is not None:
        return _instant(state.timestamp, f"Timestamp: {state.timestamp}")
    if state.seconds is not None:
        return _after(entered_at, state.seconds, f"Seconds: {state.seconds}")
    field = "TimestampPath" if state.seconds_path is None else "SecondsPath"
    path = state.seconds_path or state.timestamp_path
    found = evaluate_path(path, effective_input(state, value, scope), scope, field=field)
    shown = found if isinstance(found, str) else to_text(found)
    if state.seconds_path is None:
        return _instant(found, f"{path} == {shown}")
    return _after(entered_at, found, f"{path} == {shown}")


def _queried(state: WaitState, query: Query, entered_at: datetime) -> datetime:
    if state.seconds is not None:
        assert not isinstance(state.seconds, float), "parse lets whole numbers only into Seconds"
        seconds = query.integer(state.seconds, "Seconds", 0, LONGEST_WAIT_SECONDS)
        return entered_at + timedelta(seconds=seconds)
    text = query.text(state.timestamp, "Timestamp") or ""
    instant = parse_timestamp(text)
    if instant is None:
        raise query_error(
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time "
            f"format string: {text}",
            "Timestamp",
        )
    return instant


def _after(entered_at: datetime, value: Json, place: str) -> datetime:
    if not isinstance(value, int) or isinstance(value, bool) or value > LONGEST_DELAY_SECONDS:
        raise StatesError(
            RUNTIME, f"The SecondsPath parameter cannot be parsed as a long value: {place}"
        )
    if value < 0:
        raise StatesError(
            RUNTIME, f"The SecondsPath parameter references a negative value: {place}"
        )
    return entered_at + timedelta(seconds=value)


def _instant(value: Json, place: str) -> datetime:
    instant = parse_timestamp(value) if isinstance(value, str) else None
    if instant is None:
        raise StatesError(
            RUNTIME,
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset "
            f"date-time format string: {place}",
        )
    return instant


BEHAVIOUR = Behaviour(
    kind="Wait", work=_work, look=_look, next_look_at=_next_look_at, is_aborted=True
)
