"""What jobs may do in a sandbox, and what becomes of those that do more. With real processes."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest
import pytest_asyncio

from asw.sandbox.frames import REPLY, Ending, read_reply
from asw.sandbox.jobs import Answered, JobError, OutOfMemory, OutOfTime, SandboxError
from asw.sandbox.sandbox import Sandbox
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
