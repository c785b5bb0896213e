"""A pool of warm runtime processes: at most ``limit`` work at once, each kept for its function.

A task that finds all of them busy waits without being started, so its timeout does not run.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from asw.asl.errors import START_FAILED
from asw.platforms.local.containers import Containers
from asw.platforms.local.environments import Environments, NotInstalled
from asw.platforms.local.faults import FolderFault, fault_of_system
from asw.platforms.local.logs import TaskLogs
from asw.platforms.local.process import RuntimeProcess
from asw.platforms.local.runtime import Call, environment
from asw.platforms.local.tasks import Failed, Outcome

DEFAULT_LIMIT = max(16, 4 * (os.cpu_count() or 1))
"""More than processors: tasks mostly wait for something else."""


class Pool:
    """The processes. ``folder`` holds code that is too large for a variable.

    ``environments`` has the packages of functions; by default it is a folder beside it.
    """

    def __init__(
        self,
        folder: Path,
        logs: TaskLogs,
        *,
        limit: int = DEFAULT_LIMIT,
        environ: Mapping[str, str] = os.environ,
        environments: Environments | None = None,
    ) -> None:
        self._folder = folder
        self._logs = logs
        self._limit = limit
        self._environ = environ
        self._environments = environments or Environments(folder.parent / "environments", environ)
        self._turn = asyncio.Semaphore(limit)
        self._at_work = 0
        self._idle: list[tuple[str, RuntimeProcess]] = []
        self._containers = Containers(folder.parent / "containers", logs, environ)

    async def run(
        self, call: Call, on_start: Callable[[], None], on_heartbeat: Callable[[], None]
    ) -> Outcome:
        """Run the task in a process of its function; cancelling it kills that process."""
        async with self._turn:
            self._at_work += 1
            try:
                return await self._run(call, on_start, on_heartbeat)
            finally:
                self._at_work -= 1

    async def close(self) -> None:
        """Kill the processes that wait for work."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(process.kill() for _, process in idle))

    async def _run(
        self, call: Call, on_start: Callable[[], None], on_heartbeat: Callable[[], None]
    ) -> Outcome:
        if call.function.container is not None:
            return await self._containers.run(call, on_start)
        digest = call.function.digest()
        try:
            process = await self._take(digest, call)
        except NotInstalled as error:
            return Failed(error=START_FAILED, cause=str(error))
        except OSError as error:
            fault = fault_of_system(error, self._folder)
            if fault.fault is FolderFault.FULL:
                raise fault from error  # not the function's fault: to be tried again
            cause = f"function {call.function.name} cannot be started: {error.strerror}"
            return Failed(error=START_FAILED, cause=cause)
        on_start()
        outcome = await process.run(call, on_heartbeat)
        await self._put_back(digest, process)
        return outcome

    async def _take(self, digest: str, call: Call) -> RuntimeProcess:
        """The process of this function that worked last, or a new one.

        For a new one, the process that has been idle longest makes room.
        """
        for index in range(len(self._idle) - 1, -1, -1):
            known, process = self._idle[index]
            if known == digest:
                del self._idle[index]
                if process.is_usable:
                    return process
                await process.kill()
        if self._idle and self._at_work + len(self._idle) > self._limit:
            _, oldest = self._idle.pop(0)
            await oldest.kill()
        packages = await self._environments.of(call.function)
        variables = environment(call, self._environ, self._folder / digest, packages)
        return await RuntimeProcess.start(call, self._logs, variables)

    async def _put_back(self, digest: str, process: RuntimeProcess) -> None:
        """Keep the process, unless it is no longer usable."""
        if process.is_usable:
            self._idle.append((digest, process))
        else:
            await process.kill()
