"""``Sandbox``: jobs in, outcomes out, without holding up the event loop.

A keeper is started when it is first needed, or in advance by ``start``. A keeper that dies or talks
nonsense is replaced.
"""

import asyncio
import contextlib
import os
import pickle
import signal
import sys
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Sequence
from typing import Final

from asw.sandbox.frames import LONGEST_JOB, REPLY, Ending, read_reply, write_request
from asw.sandbox.jobs import (
    Answered,
    Job,
    JobError,
    Limits,
    Outcome,
    OutOfMemory,
    OutOfTime,
    SandboxError,
)

GRACE_SECONDS: Final = 5.0
"""A keeper ends its jobs itself; this long after it should have, it counts as stuck."""
TRIES: Final = 2
"""A keeper that dies may take an innocent job along."""


class Sandbox:
    """Processes for jobs. Each keeper loads ``modules`` before its first job."""

    def __init__(self, *, workers: int = 2, modules: Sequence[str] = ()) -> None:
        self._turns = Turns(workers)
        self._keepers = tuple(_Keeper(modules) for _ in range(workers))
        self._idle = list(self._keepers)

    @property
    def waiting(self) -> int:
        """How many jobs wait for their turn."""
        return self._turns.waiting

    async def start(self) -> None:
        """Start every keeper now, so that no job has to wait for one. Raises SandboxError."""
        await asyncio.gather(*(keeper.start() for keeper in self._keepers))

    async def run(self, namespace: str, job: Job) -> Outcome:
        """The outcome of the job, once it is the namespace's turn.

        Raises JobError if the job raised something, and SandboxError if no job can be done.
        """
        async with self._turns.turn(namespace):
            text, limits = pickle.dumps(job, protocol=5), job.limits
            if len(text) > LONGEST_JOB:
                return OutOfMemory()
            keeper = self._idle.pop()
            try:
                return await _tried(keeper, text, limits)
            finally:
                self._idle.append(keeper)

    async def aclose(self) -> None:
        """End the keepers, whatever they are doing."""
        await asyncio.gather(*(keeper.kill() for keeper in self._keepers))


async def _tried(keeper: "_Keeper", job: bytes, limits: Limits) -> Outcome:
    for _ in range(TRIES):
        with contextlib.suppress(_NoReplyError):
            return await keeper.do(job, limits)
    raise SandboxError(f"{TRIES} processes ended without an answer to the same job")


class _NoReplyError(Exception):
    """A keeper died, is stuck or talks nonsense."""


class _Keeper:
    """One process, started when needed; cancelling a job ends the process."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._modules = modules
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *("-m", "asw.sandbox.keeper", *self._modules),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                    env=_environment(),
                    cwd="/",
                    start_new_session=True,
                )
            except OSError as error:
                raise SandboxError(f"no process can be started for evaluations: {error}") from error
        return self._process

    async def do(self, job: bytes, limits: Limits) -> Outcome:
        """Raises JobError, SandboxError and _NoReplyError."""
        process = await self.start()
        try:
            async with asyncio.timeout(limits.wall_seconds + GRACE_SECONDS):
                ending, text = await _exchange(process, job, limits)
        except (TimeoutError, ValueError, OSError, asyncio.IncompleteReadError) as error:
            await self.kill()
            raise _NoReplyError from error
        except BaseException:
            await self.kill()
            raise
        return _outcome(ending, text)

    async def kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # together with the child that is working
        await process.wait()


async def _exchange(
    process: asyncio.subprocess.Process, job: bytes, limits: Limits
) -> tuple[Ending, bytes]:
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None, "both are pipes"
    assert stdout is not None, "both are pipes"
    stdin.write(write_request(job, limits))
    await stdin.drain()
    reply = read_reply(await stdout.readexactly(REPLY.size), limits)
    return reply.ending, await stdout.readexactly(reply.size)


def _outcome(ending: Ending, text: bytes) -> Outcome:
    match ending:
        case Ending.ANSWER:
            return Answered(text)
        case Ending.TIME:
            return OutOfTime()
        case Ending.MEMORY:
            return OutOfMemory()
        case Ending.FAULT:
            raise JobError(text.decode(errors="replace"))


def _environment() -> dict[str, str]:
    """Nothing of our environment but where the code is, and a setting of jlens' allocator.

    The allocator would otherwise reserve a GiB at once, and evade the limit of address space.
    """
    return {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONUTF8": "1",
        "MIMALLOC_ARENA_RESERVE": "0",
    }


class Turns:
    """Whose job is next: namespaces take turns, and none has every place at once.

    Whoever waits holds nothing but a place in the queue of its namespace.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._most = max(1, places - 1)
        self._running: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    @contextlib.asynccontextmanager
    async def turn(self, namespace: str) -> AsyncIterator[None]:
        """Wait for a place, and have it until the end of the block."""
        ticket: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(namespace, deque()).append(ticket)
        self._grant()
        try:
            await ticket
            yield
        finally:
            if ticket.done() and not ticket.cancelled():
                self._free += 1
                self._running[namespace] -= 1
                if not self._running[namespace]:
                    del self._running[namespace]
            else:
                self._leave(namespace, ticket)
            self._grant()

    def _leave(self, namespace: str, ticket: asyncio.Future[None]) -> None:
        queue = self._waiting[namespace]
        queue.remove(ticket)
        if not queue:
            del self._waiting[namespace]

    def _grant(self) -> None:
        """Give free places to each namespace in turn, to its longest waiting job."""
        while self._free:
            namespace = next((it for it in self._waiting if self._running[it] < self._most), None)
            if namespace is None:
                return
            queue = self._waiting.pop(namespace)
            ticket = queue.popleft()
            if queue:
                self._waiting[namespace] = queue  # behind all others
            self._free -= 1
            self._running[namespace] += 1
            ticket.set_result(None)
