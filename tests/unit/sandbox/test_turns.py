"""Whose job is next."""

import asyncio

import pytest

from asw.sandbox.turns import Turns


class Jobs:
    """Jobs that are done when the test says so; ``running`` has those that have a place."""

    def __init__(self, places: int) -> None:
        self.turns = Turns(places)
        self.running: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self, *names: str) -> None:
        """Ask for a place for each of them."""
        for name in names:
            self._ends[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._work(name))
            await asyncio.sleep(0)

    async def end(self, name: str) -> None:
        """It is done."""
        self._ends[name].set()
        await self._tasks[name]
        await asyncio.sleep(0)

    async def give_up(self, name: str) -> None:
        """Nobody wants it any more."""
        self._tasks[name].cancel()
        await asyncio.gather(self._tasks[name], return_exceptions=True)
        await asyncio.sleep(0)

    async def _work(self, name: str) -> None:
        async with self.turns.turn(name[0]):
            self.running.append(name)
            try:
                await self._ends[name].wait()
            finally:
                self.running.remove(name)


async def test_no_namespace_has_every_place():
    """A namespace full of jobs leaves a place for the others, also while these have none."""
    jobs = Jobs(2)
    await jobs.start("a1", "a2", "a3")
    assert jobs.running == ["a1"]
    await jobs.start("b1")
    assert jobs.running == ["a1", "b1"]


async def test_namespaces_take_turns():
    """Who came late with one job waits for one job of each other namespace, not for all."""
    jobs = Jobs(1)
    await jobs.start("a1", "a2", "a3", "b1", "c1")
    order = []
    while jobs.running:
        order.append(jobs.running[0])
        await jobs.end(jobs.running[0])
    assert order == ["a1", "a2", "b1", "c1", "a3"]


@pytest.mark.parametrize("name", ["a1", "a2"])
async def test_who_gives_up_leaves_no_gap(name):
    """Waiting or running, its place and its line are the next one's."""
    jobs = Jobs(1)
    await jobs.start("a1", "a2", "b1")
    await jobs.give_up(name)
    order = []
    while jobs.running:
        order.append(jobs.running[0])
        await jobs.end(jobs.running[0])
    assert order == sorted({"a1", "a2", "b1"} - {name})
    assert jobs.turns.waiting == 0
