"""People who are told what happens, by Kubernetes Events on the API server in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asw.platforms.kubernetes.notices.book import Level
from asw.platforms.kubernetes.notices.notices import Notices
from tests.support.kube_world import KubeWorld


@asynccontextmanager
async def told_of(world: KubeWorld, level: Level = Level.NORMAL) -> AsyncIterator[Notices]:
    """Inside, notices are written as in production, but for the pauses."""
    made = Notices(world.client, world.feed.cache, world.reconciler.counters, level)
    made.pause = lambda _: asyncio.sleep(0)
    world.platform.have_told(made.tell)
    world.feed.schedules.have_told(made.tell)
    world.feed.triggers.have_told(made.tell)
    writing = asyncio.create_task(made.work(lambda: None), name="events")
    try:
        yield made
    finally:
        writing.cancel()
        await asyncio.wait([writing])


def events_of(world: KubeWorld, name: str) -> list[tuple[str, str, str]]:
    """Type, reason and message of the Events about an object."""
    return [
        (it["type"], it["reason"], it["message"])
        for it in world.api.named("/events/")
        if it["involvedObject"]["name"] == name
    ]
