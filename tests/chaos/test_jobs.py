"""Jobs of services outlive crashes, changes of the holder, lost pods, and a service that fails."""

from itertools import islice

import pytest

from tests.chaos.job_play import drawn_jobs, judge_jobs, killed
from tests.chaos.wait_play import reports

CHUNKS, SEEDS = 2, 25
STEP = 7
"""Of plays with a kill, one in so many."""

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_seeds(chunk: int) -> None:
    """No job is started twice, none is left running, and each execution ends as its job did."""
    plans = map(drawn_jobs, range(chunk * SEEDS, (chunk + 1) * SEEDS))
    assert not reports(judge_jobs, plans)


def test_the_operator_dies_at_any_request() -> None:
    """The same with a crash, or a term that ends, before or after any request."""
    assert not reports(judge_jobs, islice(killed(), 0, None, STEP))
