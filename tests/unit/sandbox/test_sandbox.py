"""What jobs may do in a sandbox, and what becomes of those that do more. With real processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest
import pytest_asyncio

from asw.sandbox.frames import REPLY, Ending, read_reply
from asw.sandbox.jobs import Answered, JobError, OutOfMemory, OutOfTime, SandboxError
from asw.sandbox.sandbox import Sandbox, Turns
from tests.unit.sandbox.jobs import LIMITS, MODULE, Deed


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """One with a single process, so that each job follows the one before."""
    async with aclosing(Sandbox(workers=1, modules=(MODULE,))) as made:
        yield made


async def test_a_job_is_answered(sandbox):
    """What a job says is its outcome."""
    assert await sandbox.run("ns", Deed(name="greet")) == Answered(b"hello")


@pytest.mark.parametrize(
    ("deed", "outcome"),
    [
        ("spin", OutOfTime()),
        ("fill_memory", OutOfMemory()),
        ("fill_memory_by_pieces", OutOfMemory()),
        ("talk_on", OutOfMemory()),
        ("abort", OutOfMemory()),
    ],
)
async def test_a_job_that_wants_too_much_is_ended(sandbox, deed, outcome):
    """It is told what ran out, and the next job finds nothing of it."""
    assert await sandbox.run("ns", Deed(name=deed)) == outcome
    assert await sandbox.run("ns", Deed(name="greet")) == Answered(b"hello")


async def test_a_job_that_waits_is_ended_by_the_clock(sandbox):
    """It uses no processor, and yet does not hold its place for ever."""
    job = Deed(name="wait", limits=replace(LIMITS, wall_seconds=0.05))
    assert await sandbox.run("ns", job) == OutOfTime()


async def test_what_a_job_raises_is_a_fault_of_ours(sandbox):
    """It is told with its text, and ends no process."""
    with pytest.raises(JobError, match="LookupError: no such thing"):
        await sandbox.run("ns", Deed(name="be_wrong"))
    assert await sandbox.run("ns", Deed(name="greet")) == Answered(b"hello")


async def test_a_process_that_dies_is_replaced(sandbox):
    """A job that takes its process along twice is given up; others are done."""
    with pytest.raises(SandboxError):
        await sandbox.run("ns", Deed(name="kill_the_keeper"))
    assert await sandbox.run("ns", Deed(name="greet")) == Answered(b"hello")


async def test_a_job_inherits_nothing(sandbox, monkeypatch):
    """It has neither the variables of the operator nor its files and sockets."""
    monkeypatch.setenv("ASW_SECRET", "x")
    outcome = await sandbox.run("ns", Deed(name="look_around"))
    assert isinstance(outcome, Answered)
    *variables, _, _, _, pipe, listing = outcome.answer.decode().split()
    assert "ASW_SECRET" not in variables
    assert (pipe.isdigit(), listing.isdigit()) == (True, True)


async def test_a_job_writes_no_file(sandbox):
    """The kernel lets it write nothing."""
    with pytest.raises(JobError, match="File too large"):
        await sandbox.run("ns", Deed(name="write_a_file"))


@pytest.mark.parametrize(
    "head",
    [REPLY.pack(9, 0), REPLY.pack(Ending.ANSWER.value, LIMITS.answer + 1), REPLY.pack(3, 2**40)],
    ids=["unknown", "too-long", "endless"],
)
def test_what_no_keeper_says_is_refused(head):
    """How much is read is decided before it is read."""
    with pytest.raises(ValueError, match=r"Ending|allowed"):
        read_reply(head, LIMITS)


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
