"""Triggers miss nothing and double nothing, whatever befalls the operator."""

from itertools import islice

import pytest

from tests.chaos.trigger_play import drawn_triggers, judge_triggers, killed_triggers
from tests.chaos.wait_play import reports

CHUNKS, SEEDS = 2, 6
STEP = 9
"""Of plays with a kill, one in so many."""

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_seeds(chunk: int) -> None:
    """Each end starts one run of each Trigger that it concerns, through faults of all kinds."""
    plans = map(drawn_triggers, range(chunk * SEEDS, (chunk + 1) * SEEDS))
    assert not reports(judge_triggers, plans)


def test_the_operator_dies_at_any_request() -> None:
    """The same with a crash, or a term that ends, before or after any request."""
    assert not reports(judge_triggers, islice(killed_triggers(), 0, None, STEP))
