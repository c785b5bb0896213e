"""The smallest of what `make soak-warm` does for as long as told."""

from pathlib import Path

import pytest

from tests.soak.warm import complaints, soaking
from tests.support.space import Space

pytestmark = [pytest.mark.cluster, pytest.mark.alone]


SMALLEST = ("kill", "crash holder", "tear", "revise", "hurry", "crash holder")
"""The second holder is the replica that was not killed before."""


def test_what_is_killed_is_made_again_or_fails_and_nothing_runs_twice(
    space: Space, tmp_path: Path
) -> None:
    """Pods in each violent way and both replicas in turn: what was lost is as onLost says."""
    with soaking(space, 1, tmp_path) as soak:
        soak.go(SMALLEST)
        assert complaints(soak) == []
    assert soak.seen.runs
    assert set(SMALLEST) <= soak.harms.done.keys()
