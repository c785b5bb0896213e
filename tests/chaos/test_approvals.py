"""Approvals outlive crashes, changes of the holder, and people who answer early, late or twice."""

from itertools import islice

import pytest

from tests.chaos.approval_play import drawn_approvals, judge_approvals, killed
from tests.chaos.wait_play import reports

CHUNKS, SEEDS = 2, 20
STEP = 7
"""Of plays with a kill, one in so many."""

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_seeds(chunk: int) -> None:
    """Each question is decided once, by the first answer that counts, whenever it came."""
    plans = map(drawn_approvals, range(chunk * SEEDS, (chunk + 1) * SEEDS))
    assert not reports(judge_approvals, plans)


def test_the_operator_dies_at_any_request() -> None:
    """A crash, or a term that ends, before or after any request changes no decision."""
    assert not reports(judge_approvals, islice(killed(), 0, None, STEP))
