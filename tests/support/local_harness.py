"""The suite's harness over this machine: a loop in a thread, real processes, a real folder."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from asw.asl.model import Dialect
from asw.asl.values import Json, JsonObject, to_text
from asw.engine.facts import StopRequested
from asw.platforms.local.executions import NewExecution, Summary
from asw.platforms.local.functions import LocalFunction
from asw.platforms.local.logs import TaskLogs
from asw.platforms.local.platform import LocalPlatform
from asw.platforms.local.store import Store, open_store
from asw.platforms.local.warm import Pool
from asw.reconciler.platform import ExecutionKey, Redrive
from asw.reconciler.reconciler import Reconciler
from asw.reconciler.settings import Settings
from tests.support.harness import Finished, HistoryLine
from tests.support.world import describe

T = TypeVar("T")

PATIENCE_SECONDS = 300.0


@contextmanager
def open_harness(folder: Path) -> Iterator["LocalHarness"]:
    """A harness on a folder of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    harness = LocalHarness(folder, loop)
    try:
        yield harness
    finally:
        harness.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class LocalHarness:
    """See PlatformHarness."""

    def __init__(self, folder: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._folder = folder
        self._loop = loop
        self._call(self._begin)

    def close(self) -> None:
        """End what runs."""
        self._run(self._end())

    def create_workflow(self, name: str, definition: JsonObject, dialect: Dialect = "ASL") -> None:
        """See PlatformHarness."""
        text = to_text(definition)

        def create() -> None:
            self._store.catalogue.put_workflow(name, public_name=name, text=text, dialect=dialect)
            self._reconciler.resume_all(self._unfinished())

        self._call(create)

    def create_function(self, name: str, source: str) -> None:
        """See PlatformHarness."""
        function = LocalFunction(
            name=name, runtime="python3", handler="index.main_handler", files={"index.py": source}
        )
        self._call(lambda: self._store.catalogue.put_function(function))

    def create_execution(self, workflow: str, value: Json) -> ExecutionKey:
        """See PlatformHarness."""
        uid = str(uuid4())
        new = NewExecution(
            uid=uid,
            name=f"run-{uid[:8]}",
            execution_name=f"run-{uid[:8]}",
            workflow_name=workflow,
            input=value,
            created_at=datetime.now(UTC),
        )
        return self._call(lambda: self._platform.create(new))

    def stop(self, key: ExecutionKey, error: str, cause: str) -> None:
        """See PlatformHarness."""

        def stop() -> None:
            stop_request = StopRequested(error=error, cause=cause)
            self._store.executions.request_stop(key.uid, stop_request)
            self._reconciler.reload(key)

        self._call(stop)

    def suspend(self, key: ExecutionKey, *, is_suspended: bool) -> None:
        """See PlatformHarness."""
        self._call(lambda: self._platform.suspend(key, is_suspended=is_suspended))

    def redrive(self, key: ExecutionKey, number: int) -> None:
        """See PlatformHarness."""
        self._call(lambda: self._platform.redrive(key, Redrive(number=number)))
        self._until(lambda: self._summary(key).redrive_count == number)

    def wait_for_states(self, key: ExecutionKey, states: Sequence[str]) -> None:
        """See PlatformHarness."""
        self._until(lambda: self._states(key) == sorted(states))

    def wait_for_reason(self, key: ExecutionKey) -> str:
        """See PlatformHarness."""
        self._until(lambda: self._summary(key).waiting is not None)
        waiting = self._call(lambda: self._summary(key).waiting)
        assert waiting is not None
        return waiting[0]

    def wait_finished(self, key: ExecutionKey) -> Finished:
        """See PlatformHarness."""
        self._until(lambda: self._summary(key).ended_at is not None)
        return self._call(lambda: self._finished(key))

    def restart(self) -> None:
        """See PlatformHarness. A real SIGKILL is in tests/local."""
        self._run(self._end())
        self._call(self._begin)
        self._call(lambda: self._reconciler.resume_all(self._unfinished()))

    def started_tasks(self, key: ExecutionKey) -> Mapping[int, str]:
        """See PlatformHarness."""
        query = "SELECT ordinal, state FROM tasks WHERE uid = ?"
        return self._call(lambda: dict(self._store._connection.execute(query, (key.uid,))))

    def wait_until_idle(self, key: ExecutionKey) -> None:
        """See PlatformHarness."""
        running = self._platform._running
        self._until(lambda: not any(it.execution_uid == key.uid for it in running))

    def _begin(self) -> None:
        self._store: Store = open_store(self._folder)
        pool = Pool(self._folder / "code", TaskLogs(self._folder / "logs"))
        self._platform = LocalPlatform(self._store, pool)
        self._reconciler = Reconciler(self._platform, Settings(), describe=describe)
        self._platform.listener = self._reconciler

    async def _end(self) -> None:
        """End at once: workers get no time for a goodbye, what ran leaves no outcome."""
        self._reconciler._is_stopping = True  # no news makes a worker any more
        for worker in list(self._reconciler._tasks):
            worker.cancel()
        await asyncio.gather(*self._reconciler._tasks, return_exceptions=True)
        await self._platform.close()

    def _unfinished(self) -> list[ExecutionKey]:
        return [it.key for it in self._store.executions.unfinished()]

    def _summary(self, key: ExecutionKey) -> Summary:
        summary = self._store.executions.summary(key.name)
        assert summary is not None
        return summary

    def _states(self, key: ExecutionKey) -> list[str]:
        stored = self._store.executions.load(key.uid)
        assert stored is not None
        return [] if stored.record is None else sorted(stored.record.current_states())

    def _finished(self, key: ExecutionKey) -> Finished:
        summary = self._summary(key)
        history = self._store.executions.history(key.uid)
        return Finished(
            status=summary.status,
            output=summary.output,
            error=summary.error,
            cause=summary.cause,
            history=tuple(HistoryLine(type=it.type, details=it.details) for it in history),
        )

    def _until(self, is_so: Callable[[], bool]) -> None:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not self._call(is_so):
            assert time.monotonic() < give_up_at, "it does not happen"
            time.sleep(0.01)

    def _call(self, function: Callable[[], T]) -> T:
        """Call on the loop's thread, which alone may use the store."""

        async def call() -> T:
            return function()

        return self._run(call())

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE_SECONDS)
