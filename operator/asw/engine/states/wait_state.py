"""Wait: until a span has passed since the entry, or until an instant (ASL: Wait State)."""

from datetime import datetime, timedelta

from asw.asl.errors import RUNTIME, StatesError
from asw.asl.model import WaitState
from asw.asl.paths import evaluate_path
from asw.asl.timestamps import parse_timestamp
from asw.asl.values import Json, to_text
from asw.engine.dataflow import effective_input, filtered_output
from asw.engine.limits import LONGEST_DELAY_SECONDS
from asw.engine.record import Frame, OnTimer
from asw.engine.run import Behaviour, Run
from asw.engine.transitions import leave


def _work(run: Run, frame: Frame, state: WaitState) -> None:
    run.wait(frame, OnTimer(until=_until(run, frame, state)))
    _look(run, run.frames[frame.id], state)


def _look(run: Run, frame: Frame, state: WaitState) -> None:
    assert isinstance(frame.waiting, OnTimer)
    if run.now >= frame.waiting.until:
        output = filtered_output(run, frame, state, effective_input(run, frame, state))
        leave(run, frame, output, to=state.next)


def _next_look_at(frame: Frame, _state: WaitState) -> datetime | None:
    assert isinstance(frame.waiting, OnTimer)
    return frame.waiting.until


def _until(run: Run, frame: Frame, state: WaitState) -> datetime:
    if state.timestamp is not None:
        return _instant(state.timestamp, f"Timestamp: {state.timestamp}")
    if state.seconds is not None:
        return _after(frame, state.seconds, f"Seconds: {state.seconds}")
    field = "TimestampPath" if state.seconds_path is None else "SecondsPath"
    path = state.seconds_path or state.timestamp_path
    document = effective_input(run, frame, state)
    value = evaluate_path(path, document, run.scope(frame), field=field)
    shown = value if isinstance(value, str) else to_text(value)
    if state.seconds_path is None:
        return _instant(value, f"{path} == {shown}")
    return _after(frame, value, f"{path} == {shown}")


def _after(frame: Frame, value: Json, place: str) -> datetime:
    if not isinstance(value, int) or isinstance(value, bool) or value > LONGEST_DELAY_SECONDS:
        raise StatesError(
            RUNTIME, f"The SecondsPath parameter cannot be parsed as a long value: {place}"
        )
    if value < 0:
        raise StatesError(
            RUNTIME, f"The SecondsPath parameter references a negative value: {place}"
        )
    return frame.entered_at + timedelta(seconds=value)


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
