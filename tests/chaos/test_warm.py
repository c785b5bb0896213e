"""Warm tasks outlive crashes, lost answers, changes of the holder, and pods that go."""

import pytest

from tests.chaos.warm_play import drawn_warm, judge_warm

CHUNKS, SEEDS = 4, 10

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_seeds(chunk: int) -> None:
    """Each start takes effect once at most, all runs end, and no slot stays taken."""
    plans = map(drawn_warm, range(chunk * SEEDS, (chunk + 1) * SEEDS))
    reports = [f"{plan}\n" + "\n".join(found) for plan in plans if (found := judge_warm(plan))]
    assert not reports, "\n\n".join(reports)
