"""What measures the engine measures what it says, and judges it as it says."""

from functools import partial

import pytest

from asw.asl.parse import find_problems
from bench.engine.definitions import large_definition
from bench.engine.figures import Figure, Goal, Row
from bench.engine.measures import small_and_large, transitions

RATE = Goal(must=20, aim=50, is_more_better=True, form="{:.0f}/s")
SPAN = Goal(must=0.5, aim=0.15, is_more_better=False, form="{:.2f} s")


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_a_large_definition_is_one(language: str) -> None:
    """It is as large as is asked, but for one group of states, and nothing is wrong with it."""
    text = large_definition(language, 20_000)
    assert 18_000 < len(text) <= 20_000
    assert find_problems(text) == ()


@pytest.mark.parametrize(
    ("measure", "spent_on"),
    [
        pytest.param(partial(transitions, 40), {"loop"}, id="loop"),
        pytest.param(partial(small_and_large, "INLINE", 2, 6), {"small", "large"}, id="inline"),
        pytest.param(
            partial(small_and_large, "DISTRIBUTED", 2, 6), {"small", "large"}, id="distributed"
        ),
    ],
)
def test_every_machine_runs_to_its_end(measure: partial, spent_on: set[str]) -> None:
    """A sample says what the seconds were spent on, and no machine of the bench fails."""
    assert measure().keys() == spent_on


@pytest.mark.parametrize(
    ("goal", "value", "reached"),
    [
        pytest.param(RATE, 50, "aim", id="a rate as high as the aim"),
        pytest.param(RATE, 49, "must", id="a rate between the two"),
        pytest.param(RATE, 19, "missed", id="too low a rate"),
        pytest.param(SPAN, 0.15, "aim", id="a span as short as the aim"),
        pytest.param(SPAN, 0.5, "must", id="a span as long as may be"),
        pytest.param(SPAN, 0.51, "missed", id="too long a span"),
    ],
)
def test_a_goal_has_a_direction(goal: Goal, value: float, reached: str) -> None:
    """More is better for a rate, less for a span, and both bounds are within."""
    assert goal.verdict(value) == reached


def test_a_row_is_judged_by_its_ratio() -> None:
    """Beside another figure, the ratio of the medians is what the goal is about."""
    ours = Figure(samples=[100, 120, 500], form="{:.0f}/s")
    theirs = Figure(samples=[4], form="{:.0f}/s")
    row = Row(what="loop", figure=ours, beside=theirs, goal=RATE)
    assert row.cells() == (
        "loop",
        "120/s",
        "100/s - 500/s",
        "4/s",
        "30/s",
        ">= 20/s",
        ">= 50/s",
        "must",
    )
