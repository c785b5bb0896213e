"""Callbacks outlive crashes, changes of the holder, and people who report twice."""

import pytest

from tests.chaos.callback_play import drawn_callbacks, judge_callbacks

CHUNKS, SEEDS = 4, 15

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_seeds(chunk: int) -> None:
    """Each report takes effect once at most, and none that was told that it counts is lost."""
    plans = map(drawn_callbacks, range(chunk * SEEDS, (chunk + 1) * SEEDS))
    reports = [f"{plan}\n" + "\n".join(found) for plan in plans if (found := judge_callbacks(plan))]
    assert not reports, "\n\n".join(reports)
