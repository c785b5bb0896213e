"""Warm tasks outlive crashes, lost answers, changes of the holder, and pods that go."""

import asyncio

import pytest

from tests.chaos.warm_many import Many
from tests.chaos.warm_play import drawn_warm, judge_warm, torn
from tests.support.virtual_time import VirtualTimeLoop

CHUNKS, SEEDS = 4, 10
MANY = 40

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_seeds(chunk: int) -> None:
    """Each start takes effect once at most, all runs end, and no slot stays taken."""
    plans = map(drawn_warm, range(chunk * SEEDS, (chunk + 1) * SEEDS))
    reports = [f"{plan}\n" + "\n".join(found) for plan in plans if (found := judge_warm(plan))]
    assert not reports, "\n\n".join(reports)


@pytest.mark.parametrize("chunk", range(2))
def test_what_lives_on_without_its_object_delivers_to_the_next_operator(chunk: int) -> None:
    """Pods are removed by force while nobody watches: each call takes effect once all the same."""
    plans = map(torn, range(chunk * SEEDS, (chunk + 1) * SEEDS))
    reports = [f"{plan}\n" + "\n".join(found) for plan in plans if (found := judge_warm(plan))]
    assert not reports, "\n\n".join(reports)


def test_many_functions_go_to_zero_together() -> None:
    """Left alone, none of many keeps a pod; once they are deleted, the operator keeps nothing.

    `make bench-pools` shows what many more of them cost.
    """
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(_many(MANY))


async def _many(count: int) -> None:
    many = Many(count)
    await many.begin()
    await many.call_each()
    assert many.phases() == ["Succeeded"] * count
    assert many.stage.jobs == []
    many.leave_alone()
    await many.until(lambda: not many.stage.pods)
    assert many.wanted() == 0
    manager, pools = many.kept()
    assert pools.pod_count == 0
    many.delete_all()
    await many.until(lambda: not many.stage.api.named("/deployments/"))
    assert (manager.deployments, pools.routes, pools.pools) == ({}, {}, {})
    assert many.stage.api.complaints == []
    await many.end()
