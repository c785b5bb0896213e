"""Tasks of activities outlive crashes, changes of the holder, and workers of all kinds."""

from itertools import islice

import pytest

from tests.chaos.activity_play import drawn_activities, judge_activities, killed
from tests.chaos.wait_play import reports

CHUNKS, SEEDS = 2, 12
STEP = 11
"""Of plays with a kill, one in so many."""

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_seeds(chunk: int) -> None:
    """Each task is handed out once at most, after its start; what workers are told stays true."""
    plans = map(drawn_activities, range(chunk * SEEDS, (chunk + 1) * SEEDS))
    assert not reports(judge_activities, plans)


def test_the_operator_dies_at_any_request() -> None:
    """The same with a crash, or a term that ends, before or after any request."""
    assert not reports(judge_activities, islice(killed(), 0, None, STEP))
