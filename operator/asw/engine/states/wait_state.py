"""Wait: until a span has passed since the entry, or until an instant (ASL: Wait State)."""

from datetime import datetime, timedelta

from asw.asl.errors import RUNTIME, StatesError
from asw.asl.model import WaitState
from asw.asl.paths import evaluate_path
from asw.asl.timestamps import parse_timestamp
from asw.asl.values import Json, to_text
from asw.engine.behaviour import Behaviour
from asw.engine.dataflow import effective_input, filtered_output
from asw.engine.limits import LONGEST_DELAY_SECONDS
from asw.engine.record import Frame, OnTimer
from asw.engine.run import Run
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
        return _instant("Timestamp", state.timestamp)
    if state.seconds is not None:
        return _after(frame, "Seconds", state.seconds)
    document = effective_input(run, frame, state)
    scope = run.scope(frame)
    if state.seconds_path is not None:
        value = evaluate_path(state.seconds_path, document, scope, field="SecondsPath")
        return _after(frame, "SecondsPath", value)
    value = evaluate_path(state.timestamp_path, document, scope, field="TimestampPath")
    return _instant("TimestampPath", value)


def _after(frame: Frame, field: str, value: Json) -> datetime:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= LONGEST_DELAY_SECONDS:
        raise StatesError(
            RUNTIME,
            f"The {field} parameter cannot be parsed as a span of 0 to {LONGEST_DELAY_SECONDS} "
            f"seconds: {to_text(value)}",
        )
    return frame.entered_at + timedelta(seconds=value)


def _instant(field: str, value: Json) -> datetime:
    try:
        return parse_timestamp(value if isinstance(value, str) else to_text(value))
    except ValueError:
        raise StatesError(
            RUNTIME,
            f"The {field} parameter does not reference a valid ISO-8601 extended offset "
            f"date-time format string: {to_text(value)}",
        ) from None


BEHAVIOUR = Behaviour(
    kind="Wait", work=_work, look=_look, next_look_at=_next_look_at, is_aborted=True
)
