"""Work that blocks: how much of it at a time, and who waits."""

import asyncio
import threading

import pytest

from asw.reconciler.platform import Unavailable
from asw.serve.threads import MOST_WAITING_OF_OWNER, OF_OWNER, THREADS, Threads


class Work:
    """Work that goes on until it is told to end; ``at_work`` counts the owners of what runs."""

    def __init__(self, threads):
        self.end = threading.Event()
        self.at_work = []
        self._threads = threads

    def start(self, owner):
        """One more of this owner."""
        return asyncio.create_task(self._threads.run(owner, lambda: self._do(owner)))

    def _do(self, owner):
        self.at_work.append(owner)
        assert self.end.wait(60)
        return owner


async def until(is_so):
    """Let all others go on until it is so."""
    while not is_so():  # noqa: ASYNC110  there is no event
        await asyncio.sleep(0)


async def test_one_owner_leaves_threads_to_others():
    """Who comes first with much does not keep out who comes next."""
    threads = Threads(seconds=60)
    work = Work(threads)
    tasks = [work.start("a") for _ in range(6)]
    await until(lambda: len(work.at_work) == OF_OWNER)
    tasks += [work.start("b") for _ in range(6)]
    await until(lambda: len(work.at_work) == THREADS)
    assert sorted(work.at_work) == ["a", "a", "b", "b"]
    work.end.set()
    assert sorted(await asyncio.gather(*tasks)) == ["a"] * 6 + ["b"] * 6
    threads.close()


async def test_a_thread_is_taken_until_its_work_is_over():
    """Those who gave up leave their threads behind, and no others are started for them."""
    threads = Threads(seconds=0.05)
    work = Work(threads)
    for _ in range(3):
        tasks = [work.start(owner) for owner in "aabbcc"]
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(outcome, Unavailable)
    assert len(work.at_work) == THREADS
    work.end.set()
    threads.close()


async def test_those_who_wait_are_few():
    """More of one owner are told at once to come again."""
    threads = Threads(seconds=60)
    work = Work(threads)
    tasks = [work.start("a") for _ in range(OF_OWNER + MOST_WAITING_OF_OWNER)]
    await until(lambda: len(work.at_work) == OF_OWNER)
    with pytest.raises(Unavailable):
        await threads.run("a", lambda: None)
    work.end.set()
    await asyncio.gather(*tasks)
    threads.close()


async def test_what_goes_wrong_comes_out():
    """An error of the work is its caller's, and the thread is free again."""

    def fail():
        raise KeyError("x")

    threads = Threads()
    for _ in range(THREADS + 1):
        with pytest.raises(KeyError):
            await threads.run("a", fail)
    threads.close()
