"""The suite's harness over the fake platform: virtual time, no sleep, no process."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from asw.asl.model import Dialect
from asw.asl.values import Json, JsonObject
from asw.engine.facts import StopRequested
from asw.reconciler.platform import ExecutionKey, Redrive
from tests.support.behaviours import python
from tests.support.fake_state import FakeExecution
from tests.support.harness import Finished, HistoryLine
from tests.support.virtual_time import VirtualTimeLoop
from tests.support.world import World

T = TypeVar("T")


@contextmanager
def open_harness(folder: Path) -> Iterator["FakeHarness"]:
    """A harness of its own for each test; it needs no folder."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        yield FakeHarness(runner)


class FakeHarness:
    """See PlatformHarness."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._world = self._call(World)

    def create_workflow(self, name: str, definition: JsonObject, dialect: Dialect = "ASL") -> None:
        """See PlatformHarness."""
        self._call(lambda: self._world.platform.put_workflow(name, definition, dialect))

    def create_function(self, name: str, source: str) -> None:
        """See PlatformHarness."""
        self._world.platform.functions[name] = python(source)

    def create_execution(self, workflow: str, value: Json) -> ExecutionKey:
        """See PlatformHarness."""
        return self._call(lambda: self._world.platform.put_execution(workflow, value))

    def stop(self, key: ExecutionKey, error: str, cause: str) -> None:
        """See PlatformHarness."""
        stop = StopRequested(error=error, cause=cause)
        self._call(lambda: self._world.platform.stop_execution(key, stop))

    def suspend(self, key: ExecutionKey, *, is_suspended: bool) -> None:
        """See PlatformHarness."""
        self._call(lambda: self._world.platform.suspend_execution(key, is_suspended))

    def redrive(self, key: ExecutionKey, number: int) -> None:
        """See PlatformHarness."""
        self._call(lambda: self._world.platform.redrive_execution(key, Redrive(number=number)))
        self._until(lambda: _redrive_count(self._world.execution(key)) == number)

    def wait_for_states(self, key: ExecutionKey, states: Sequence[str]) -> None:
        """See PlatformHarness."""
        self._until(lambda: _states(self._world.execution(key)) == sorted(states))

    def wait_for_reason(self, key: ExecutionKey) -> str:
        """See PlatformHarness."""
        self._until(lambda: self._world.execution(key).waiting is not None)
        waiting = self._world.execution(key).waiting
        assert waiting is not None
        return waiting[0]

    def wait_finished(self, key: ExecutionKey) -> Finished:
        """See PlatformHarness."""
        self._until(lambda: self._world.execution(key).is_finished)
        return _finished(self._world.execution(key))

    def restart(self) -> None:
        """See PlatformHarness."""
        self._call(self._world.crash)
        self._call(self._world.restart)

    def started_tasks(self, key: ExecutionKey) -> Mapping[int, str]:
        """See PlatformHarness."""
        return {
            task_id.ordinal: task.command.state
            for task_id, task in self._world.platform.tasks.items()
            if task_id.execution_uid == key.uid
        }

    def wait_until_idle(self, key: ExecutionKey) -> None:
        """See PlatformHarness."""
        tasks = self._world.platform.tasks
        self._until(
            lambda: (
                not any(
                    task.is_running for id_, task in tasks.items() if id_.execution_uid == key.uid
                )
            )
        )

    def _until(self, is_so: Callable[[], bool]) -> None:
        self._runner.run(self._world.until(is_so))

    def _call(self, function: Callable[[], T]) -> T:
        """Call on the loop, where timers and tasks can be made."""

        async def call() -> T:
            result = function()
            await asyncio.sleep(0)
            return result

        return self._runner.run(call())


def _redrive_count(execution: FakeExecution) -> int:
    return 0 if execution.record is None else execution.record.redrive_count


def _states(execution: FakeExecution) -> list[str]:
    record = execution.record
    return [] if record is None else sorted(record.current_states())


def _finished(execution: FakeExecution) -> Finished:
    if execution.failed is not None:
        error, cause = execution.failed
        return Finished(status="FAILED", error=error, cause=cause)
    record = execution.record
    assert record is not None
    assert record.outcome is not None
    failure = record.outcome.failure
    return Finished(
        status=record.outcome.status,
        output=record.outcome.output,
        error=failure.error if failure else None,
        cause=failure.cause if failure else None,
        history=tuple(HistoryLine(type=it.type, details=it.details) for it in execution.history),
    )
