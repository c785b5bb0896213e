"""This machine's platform, ended again and again at moments that a seed draws: SQLite, processes.

A real SIGKILL of ``asw run`` is in tests/local/test_kill.py.
"""

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.harness import Finished
from tests.support.local_harness import open_harness
from tests.support.play import definition, task

SOURCE = """
import time

def main_handler(event, context):
    time.sleep(0.05)
    return event + 1
"""
INNER = definition("One", One=task("inc", Next="Two"), Two=task("inc"))
MACHINE = definition(
    "Both",
    Both={
        "Type": "Parallel",
        "Branches": [
            definition("Chain", Chain=task("inc", InputPath="$[0]")),
            definition("Each", Each={"Type": "Map", "ItemProcessor": INNER, "End": True}),
            definition("Rest", Rest={"Type": "Wait", "Seconds": 1, "End": True}),
        ],
        "End": True,
    },
)
ITEMS = [1, 2, 3]


@pytest.mark.parametrize("seed", range(12))
def test_ends_at_any_moment(tmp_path: Path, seed: int) -> None:
    """However often it is ended: the output of an undisturbed run, and a history without seam."""
    chance = random.Random(seed)
    with open_harness(tmp_path) as harness:
        harness.create_function("inc", SOURCE)
        harness.create_workflow("flow", MACHINE)
        key = harness.create_execution("flow", ITEMS)
        for _ in range(chance.randint(1, 3)):
            time.sleep(chance.uniform(0, 0.4))  # the moment is the seed's; nothing depends on it
            harness.restart()
        end = harness.wait_finished(key)
        assert (end.status, end.output) == ("SUCCEEDED", [2, [3, 4, 5], ITEMS])
        _assert_whole(end)
        started = harness.started_tasks(key)
        harness.wait_until_idle(key)
    assert sorted(started) == list(range(1, len(started) + 1))


def _assert_whole(end: Finished) -> None:
    """Every state is entered and left once an iteration, whatever was tried again in it."""
    names = Counter((it.type, it.details.get("name")) for it in end.history)
    for state, times in {"Chain": 1, "One": 3, "Two": 3}.items():
        assert names["TaskStateEntered", state] == times
        assert names["TaskStateExited", state] == times
    assert end.count("LambdaFunctionSucceeded") == 7
    assert end.count("ExecutionStarted") == end.count("ExecutionSucceeded") == 1
