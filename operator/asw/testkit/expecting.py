"""Compares the result of a case with its ``expect``, part by part. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from asw.asl.values import Json, is_number
from asw.engine.commands import StartTask
from asw.engine.history import Event
from asw.engine.record import Outcome
from asw.engine.simulation import Simulation
from asw.executions.causes import message_in
from asw.messages import t
from asw.testkit.matchers import Difference, differences, fits, shown
from asw.testkit.model import Expect
from asw.testkit.spans import span_seconds, span_text
from asw.testkit.trails import trail_differences

_EPSILON: Final = 0.0005
"""Instants have milliseconds: closer ones are equal."""


def failures_of(
    expect: Expect | None, seen: Simulation, trail: Sequence[Json]
) -> Iterator[Difference]:
    """All that is not as expected; without an ``expect``, success is expected."""
    expect = expect or Expect()
    said = expect.model_fields_set
    outcome = seen.outcome
    yield from _status(expect, outcome)
    if "output" in said and outcome.status == "SUCCEEDED":
        yield from differences(expect.output, outcome.output, "output")
    for name in ("error", "cause"):
        if name in said:
            yield from differences(getattr(expect, name), failure_texts(outcome)[name], name)
    if expect.states is not None:
        yield from trail_differences(expect.states, trail)
    if expect.events is not None:
        yield from _events(expect.events, seen.history)
    if "duration" in said:
        yield from _duration(expect.duration, seen)
    if expect.calls is not None:
        yield from _calls(expect.calls, seen.started)


def failure_texts(outcome: Outcome) -> dict[str, Json]:
    """Error and cause as in DescribeExecution; null if there is none."""
    failure = outcome.failure
    return {
        "error": failure.error if failure else None,
        "cause": failure.cause if failure else None,
    }


def took(seen: Simulation) -> timedelta:
    """Virtual time from the start to the end."""
    return seen.outcome.at - seen.record.header.started_at


def expected_status(expect: Expect) -> str:
    """The expected status, given or implied."""
    if expect.status is not None:
        return expect.status
    return "FAILED" if {"error", "cause"} & expect.model_fields_set else "SUCCEEDED"


def _status(expect: Expect, outcome: Outcome) -> Iterator[Difference]:
    wanted = expected_status(expect)
    if wanted == outcome.status:
        return
    failure = outcome.failure
    texts = (failure.error, message_in(failure.cause or "")) if failure else ()
    why = ": ".join(" ".join(text.split()) for text in texts if text)
    told = {"expected": wanted, "got": outcome.status}
    said = t("expected {expected}, got {got}", **told)
    yield Difference("status", f"{said} ({why})" if why else said)


def _events(
    expected: Sequence[str | Mapping[str, Json]], history: Sequence[Event]
) -> Iterator[Difference]:
    """Look for each expected event after the one before it."""
    at, last = 0, t("the start")
    for number, wanted in enumerate(expected):
        pattern = {"type": wanted} if isinstance(wanted, str) else wanted
        found = next((i for i in range(at, len(history)) if _is_like(pattern, history[i])), None)
        if found is None:
            said = shown(wanted)
            yield Difference(
                f"events[{number}]", t("no event {event} after {last}", event=said, last=last)
            )
            return
        at, last = found + 1, f"{history[found].type} (#{history[found].id})"


def _is_like(pattern: Mapping[str, Json], event: Event) -> bool:
    return fits({"$subset": pattern}, {"type": event.type, "id": event.id, **event.details})


def _duration(expected: Json, seen: Simulation) -> Iterator[Difference]:
    seconds = took(seen).total_seconds()
    least, most = duration_bounds(expected)
    if not least - _EPSILON <= seconds <= most + _EPSILON:
        told = {"expected": expected if is_number(expected) else shown(expected)}
        yield Difference(
            "duration", t("expected {expected}, got {got}", **told, got=span_text(seconds))
        )


def duration_bounds(expected: Json) -> tuple[float, float]:
    """Shortest and longest expected duration, in seconds. Raises ValueError."""
    if not isinstance(expected, dict):
        seconds = span_seconds(expected)
        return seconds, seconds
    if not expected or not expected.keys() <= {"min", "max"}:
        raise ValueError(t("a duration is a span such as 5m, or has min, max or both"))
    return span_seconds(expected.get("min", 0)), span_seconds(expected.get("max", 10**12))


def _calls(
    expected: Mapping[str, int | list[Json]], started: Sequence[StartTask]
) -> Iterator[Difference]:
    for state, wanted in expected.items():
        inputs = [command.payload for command in started if command.state == state]
        path = f"calls.{state}"
        if isinstance(wanted, list):
            yield from differences(wanted, inputs, path)
        elif wanted != len(inputs):
            told = {"got": len(inputs), "expected": wanted}
            yield Difference(path, t("started {got} times, expected {expected}", **told))
