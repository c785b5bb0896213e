"""Seeded scenarios: several faults each, at random calls, news and moments."""

import pytest

from tests.chaos.plans import BadPlan, Plan
from tests.chaos.play import judge
from tests.chaos.seeds import plan_of, report_of_seed
from tests.support.fake_platform import FakePlatform

pytestmark = pytest.mark.usefixtures("quiet")

CHUNKS = 24
SEEDS = 50

FOUND = (
    # A wall clock that was set back by an hour put off every retry, and every held fact, for it.
    "stopped echo=0.01 lag=10; at second 2.12: back 3600",
    "stopped echo=20 lag=10; at second 0.04: back 3600; before save 1: fault",
    "deleted echo=20 lag=2; at second 5.12: back 3600; before start 1: refused",
    # Heartbeats that came while nobody listened were missed: the task was taken for silent.
    "alive echo=0.01 lag=10; at second 8.87: pause 40; at second 47.48: pause 40",
)
"""Plans that failed once."""


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_seeds(chunk: int) -> None:
    """Whatever goes wrong together: the same outcome, history and starts, and nothing left."""
    seeds = range(chunk * SEEDS, (chunk + 1) * SEEDS)
    reports = [text for seed in seeds if (text := report_of_seed(seed))]
    assert not reports, "\n\n".join(reports)


@pytest.mark.parametrize("text", FOUND)
def test_what_was_found_once(text: str) -> None:
    """A fault that was mended stays mended."""
    assert judge(Plan.parse(text)) == []


def test_a_plan_is_what_it_says() -> None:
    """A printed plan is read again as the same plan."""
    for seed in range(100):
        plan = plan_of(seed)
        assert Plan.parse(str(plan)) == plan


@pytest.mark.parametrize("text", ["chain", "chain echo=1 lag=2; save 3 crash"])
def test_no_plan(text: str) -> None:
    """What is no plan is refused, with the form of one."""
    with pytest.raises(BadPlan, match="write"):
        Plan.parse(text)


class _Unfenced(FakePlatform):
    """Lets everybody write, whatever he has read."""

    async def save(self, key, save, fence):
        found = self.executions.get(key)
        return await super().save(key, save, str(found.fence) if found else fence)


class _Doubling(FakePlatform):
    """Runs a task once more when its start is asked for once more."""

    def _start(self, key, command):
        self.tasks.pop(command.task_id, None)
        return super()._start(key, command)


class _Forgetful(FakePlatform):
    """Says that it wrote, and did not, now and then."""

    async def save(self, key, save, fence):
        if self.faults.count["save"] == 2:
            self.faults.count["save"] += 1
            return fence
        return await super().save(key, save, fence)


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        (_Unfenced, "retried echo=1 lag=2; after save 5: split 20"),
        (_Doubling, "chain echo=20 lag=2; after start 1: crash 1"),
        (_Forgetful, "chain echo=0.01 lag=2; at second 2.5: crash 1"),
    ],
)
def test_a_broken_promise_is_found(broken: type[FakePlatform], text: str) -> None:
    """The checks can fail: a platform that breaks a promise of the port is found out."""
    assert judge(Plan.parse(text), broken)
