"""Wait, Succeed and Fail in JSONPath: what their paths find, and must find."""

import pytest

from asw.asl.values import Json
from tests.support.play import definition, later, play


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"Seconds": 3}, 3),
        ({"SecondsPath": "$.n"}, 4),
        ({"Timestamp": "2026-01-01T00:00:05Z"}, 5),
        ({"TimestampPath": "$.t"}, 6),
        ({"Timestamp": "2025-01-01T00:00:00Z"}, 0),
    ],
)
def test_wait(fields: Json, seconds: int) -> None:
    """A Wait ends at the instant that is written or found; what is past is no wait."""
    given = {"n": 4, "t": "2026-01-01T00:00:06Z"}
    seen = play(definition("w", w={"Type": "Wait", "End": True, **fields}), given)
    assert seen.now == later(seconds)
    assert seen.outcome.output == given


@pytest.mark.parametrize(
    ("fields", "found", "cause"),
    [
        ({"SecondsPath": "$.x"}, "soon", "cannot be parsed as a long value: $.x == soon"),
        ({"SecondsPath": "$.x"}, True, "cannot be parsed as a long value: $.x == true"),
        ({"SecondsPath": "$.x"}, -1, "references a negative value: $.x == -1"),
        ({"SecondsPath": "$.x"}, 10**9, "cannot be parsed as a long value"),
        ({"TimestampPath": "$.x"}, "soon", "date-time format string: $.x == soon"),
        ({"TimestampPath": "$.x"}, 5, "date-time format string: $.x == 5"),
    ],
)
def test_wait_for_nothing(fields: Json, found: Json, cause: str) -> None:
    """What is no span and no instant fails the execution."""
    seen = play(definition("w", w={"Type": "Wait", "End": True, **fields}), {"x": found})
    assert seen.outcome.failure is not None
    assert seen.outcome.failure.error == "States.Runtime"
    assert cause in (seen.outcome.failure.cause or "")


@pytest.mark.parametrize(
    ("fields", "failure"),
    [
        ({"Error": "E", "Cause": "c"}, ("E", "c")),
        ({}, (None, None)),
        ({"ErrorPath": "$.e", "CausePath": "States.Format('{}!', $.e)"}, ("Oops", "Oops!")),
    ],
    ids=["written", "untold", "found"],
)
def test_fail(fields: Json, failure: tuple[str | None, str | None]) -> None:
    """A Fail ends the execution with its texts, or what its paths and intrinsics find."""
    seen = play(definition("f", f={"Type": "Fail", **fields}), {"e": "Oops"})
    assert seen.outcome.failure is not None
    assert (seen.outcome.failure.error, seen.outcome.failure.cause) == failure


def test_fail_finds_no_text() -> None:
    """An ErrorPath that finds anything but a string fails the execution otherwise."""
    seen = play(definition("f", f={"Type": "Fail", "ErrorPath": "$.e"}), {"e": 5})
    assert seen.outcome.failure is not None
    assert seen.outcome.failure.error == "States.Runtime"


def test_succeed() -> None:
    """A Succeed goes by its paths."""
    state = {"Type": "Succeed", "InputPath": "$.a", "OutputPath": "$.b"}
    assert play(definition("s", s=state), {"a": {"b": 1}}).outcome.output == 1
