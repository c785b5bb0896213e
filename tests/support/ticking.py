"""Schedules whose loops run as in production, by a clock that the test sets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from asw.platforms.kubernetes.schedules import clockwork, statuses
from tests.support.kube_objects import Object, workflow_object
from tests.support.kube_world import KubeWorld, kube_world

PASSING = {"StartAt": "Go", "States": {"Go": {"Type": "Pass", "End": True}}}
WAITING = {
    "StartAt": "Go",
    "States": {"Go": {"Type": "Wait", "Seconds": 86400, "End": True}},
}


def schedule_object(name: str = "nightly", **spec: Any) -> Object:
    """A Schedule of the Workflow ``etl``, each hour unless the spec says otherwise."""
    times = {} if "cron" in spec or "every" in spec else {"cron": "0 * * * *"}
    return {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Schedule",
        "metadata": {"name": name, "generation": 1},
        "spec": {"workflowRef": {"name": "etl"}, **times, **spec},
    }


def an_etl(definition: Object = PASSING) -> Object:
    """The Workflow ``etl``."""
    made = workflow_object(definition=definition)
    return {**made, "metadata": {**made["metadata"], "name": "etl", "uid": "wf-etl"}}


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loops look at the clock every few milliseconds, because tests set it."""
    monkeypatch.setattr(clockwork, "LOOK_SECONDS", 0.003)
    monkeypatch.setattr(statuses, "LOOK_SECONDS", 0.003)
    monkeypatch.setattr(statuses, "LAG_SECONDS", 0.0)
    monkeypatch.setattr(statuses, "MOST_LAG_SECONDS", 0.0)


@asynccontextmanager
async def ticking(world: KubeWorld) -> AsyncIterator[KubeWorld]:
    """Its Schedules have their turns inside the block."""
    await world.feed.schedules.take_over()
    loops = world.feed.schedules.loops()
    tasks = [asyncio.create_task(work(lambda: None), name=name) for name, work in loops.items()]
    try:
        yield world
    finally:
        world.feed.schedules.stand_down()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@asynccontextmanager
async def scheduled_world(definition: Object = PASSING) -> AsyncIterator[KubeWorld]:
    """A world with the Workflow ``etl`` in which Schedules have their turns."""
    async with kube_world() as world, ticking(world):
        await world.apply("workflow", an_etl(definition))
        yield world
