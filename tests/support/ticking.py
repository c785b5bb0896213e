"""Schedules whose loops run as in production, by a clock that the test sets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from asw.platforms.kubernetes.schedules import clockwork
from asw.platforms.kubernetes.storage import status_writer
from asw.platforms.kubernetes.triggers import dispatcher
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


def trigger_object(name: str = "on-failure", **spec: Any) -> Object:
    """A Trigger of the Workflow ``tell`` by failures of ``etl``, unless the spec says otherwise."""
    source = {"workflow": {"workflows": ["etl"], "outcomes": ["Failed"]}}
    return {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Trigger",
        "metadata": {"name": name, "generation": 1},
        "spec": {"source": source, "workflowRef": {"name": "tell"}, **spec},
    }


def an_etl(definition: Object = PASSING, name: str = "etl", **spec: Any) -> Object:
    """The Workflow ``etl``, or another one."""
    made = workflow_object(definition=definition, **spec)
    return {**made, "metadata": {**made["metadata"], "name": name, "uid": f"wf-{name}"}}


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loops look at the clock every few milliseconds, because tests set it."""
    monkeypatch.setattr(clockwork, "LOOK_SECONDS", 0.003)
    monkeypatch.setattr(dispatcher, "LOOK_SECONDS", 0.003)
    monkeypatch.setattr(status_writer, "LOOK_SECONDS", 0.003)
    monkeypatch.setattr(status_writer, "LAG_SECONDS", 0.0)
    monkeypatch.setattr(status_writer, "MOST_LAG_SECONDS", 0.0)


@asynccontextmanager
async def ticking(world: KubeWorld) -> AsyncIterator[KubeWorld]:
    """Its Schedules and Triggers have their turns inside the block."""
    await world.feed.take_over()
    loops = world.feed.loops()
    tasks = [asyncio.create_task(work(lambda: None), name=name) for name, work in loops.items()]
    try:
        yield world
    finally:
        world.feed.stand_down()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@asynccontextmanager
async def scheduled_world(definition: Object = PASSING) -> AsyncIterator[KubeWorld]:
    """A world with the Workflow ``etl`` in which Schedules have their turns."""
    async with kube_world() as world, ticking(world):
        await world.apply("workflow", an_etl(definition))
        yield world
