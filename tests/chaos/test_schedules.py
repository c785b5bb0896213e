"""Schedules skip nothing and double nothing, whatever befalls the operator and the clocks."""

from itertools import islice

import pytest

from tests.chaos.schedule_play import drawn_schedules, judge_schedules, killed_schedules
from tests.chaos.wait_play import reports

CHUNKS, SEEDS = 2, 8
STEP = 7
"""Of plays with a kill, one in so many."""

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_seeds(chunk: int) -> None:
    """Each instant has its run once, in its turn, through faults and clocks that jump."""
    plans = map(drawn_schedules, range(chunk * SEEDS, (chunk + 1) * SEEDS))
    assert not reports(judge_schedules, plans)


def test_the_operator_dies_at_any_request() -> None:
    """The same with a crash, or a term that ends, before or after any request."""
    assert not reports(judge_schedules, islice(killed_schedules(), 0, None, STEP))
