"""Variables of lines of control: who sees them, and how much they may hold."""

import pytest

from asw.asl.errors import StatesError
from asw.asl.values import Json
from asw.engine.record import Entering, Frame
from asw.engine.variables import assign, visible
from tests.support.play import START, definition, play


def a_frame(id_: int, parent: int | None = None, **fields: Json) -> Frame:
    """A frame of this id with these fields."""
    return Frame(
        id=id_,
        parent=parent,
        index=0,
        last_event=0,
        state="s",
        state_event=0,
        entered_at=START,
        input=None,
        waiting=Entering(),
        **fields,
    )


def test_inner_lines_see_outer_variables() -> None:
    """The nearest line that has a variable decides."""
    frames = {
        1: a_frame(1, variables={"a": 1, "b": 1}),
        2: a_frame(2, 1),
        3: a_frame(3, 2, variables={"b": 3}),
    }
    assert visible(frames, frames[3]) == {"a": 1, "b": 3}
    assert visible(frames, frames[1]) == {"a": 1, "b": 1}


def test_sizes_are_kept() -> None:
    """Setting a variable again counts its new size, not both."""
    frame = a_frame(1)
    frame = assign({1: frame}, frame, {"a": "x" * 98, "b": 1})
    assert frame.variables_size == 101
    frame = assign({1: frame}, frame, {"a": 0})
    assert (frame.variables, frame.variables_size) == ({"a": 0, "b": 1}, 2)


@pytest.mark.parametrize(
    ("others", "assigned", "cause"),
    [
        (0, {"a": "x" * 262_144}, "The Assign of state 's' exceeds"),
        (0, {"a": "语" * 90_000}, "The Assign of state 's' exceeds"),
        (10 * 1024 * 1024, {"a": 1}, "The variables of the execution exceed"),
    ],
    ids=["one Assign", "bytes, not characters", "all of the execution"],
)
def test_limits(others: int, assigned: Json, cause: str) -> None:
    """AWS: 256 KiB for one Assign, 10 MiB for all lines together."""
    frames = {1: a_frame(1), 2: a_frame(2, variables_size=others)}
    with pytest.raises(StatesError) as raised:
        assign(frames, frames[1], assigned)
    assert raised.value.failure.error == "States.DataLimitExceeded"
    assert cause in (raised.value.failure.cause or "")


def test_a_jsonpath_machine_counts() -> None:
    """Assign reads variables as they were at the entry, and the exit's event shows what it set."""
    states = {
        "first": {"Type": "Pass", "Assign": {"n": 1, "all.$": "$"}, "Next": "again"},
        "again": {
            "Type": "Pass",
            "Assign": {"n.$": "States.MathAdd($n, 1)", "before.$": "$n"},
            "Next": "end",
        },
        "end": {"Type": "Pass", "Parameters": {"n.$": "$n", "b.$": "$before"}, "End": True},
    }
    seen = play(definition("first", **states), {"x": 1})
    assert seen.outcome.output == {"n": 2, "b": 1}
    assert seen.details("PassStateExited")[0]["assignedVariables"] == {"n": 1, "all": {"x": 1}}


def test_a_branch_keeps_its_own() -> None:
    """What a branch sets ends with it; the outer value stays."""
    states = {
        "set": {"Type": "Pass", "Assign": {"outer": 1}, "Next": "both"},
        "both": {
            "Type": "Parallel",
            "Branches": [
                definition(
                    "in",
                    **{
                        "in": {"Type": "Pass", "Assign": {"inner.$": "$outer"}, "Next": "out"},
                        "out": {"Type": "Pass", "Parameters": {"i.$": "$inner"}, "End": True},
                    },
                )
            ],
            "Assign": {"outer.$": "$[0].i"},
            "Next": "end",
        },
        "end": {"Type": "Pass", "Parameters": {"o.$": "$outer"}, "End": True},
    }
    assert play(definition("set", **states), {}).outcome.output == {"o": 1}
