"""Operator processes over one fake platform: they die, sleep, overlap, and hear and see late.

A call that was sent goes on when its caller dies, as requests on the wire do.
"""

import asyncio
import inspect
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from asw.engine.facts import TaskFact
from asw.engine.task_ids import TaskId
from asw.reconciler.deliveries import Delivery
from asw.reconciler.distributed import Transfer
from asw.reconciler.platform import (
    ExecutionKey,
    Observation,
    Save,
    Unavailable,
    Unknown,
)
from asw.reconciler.reconciler import Reconciler
from asw.reconciler.settings import Settings
from asw.reconciler.slots import Slots
from tests.support.fake_platform import NAMESPACE, FakePlatform
from tests.support.fake_state import show
from tests.support.virtual_time import virtual_now
from tests.support.world import describe, unfinished

T = TypeVar("T")

TAKE_OVER_SECONDS = 17.0
"""After how long a standby takes over from a holder that does not renew its Lease."""


class Seat:
    """The platform as one process sees it."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self._platform = stage.platform
        self._old: dict[TaskId, Observation] | None = None
        self.is_awake = asyncio.Event()
        self.is_awake.set()

    def be_deaf(self) -> None:
        """The watch is silent: what is seen is what was seen."""
        tasks = (*self._platform.tasks, *self._platform.maps.children)
        key = ExecutionKey("", "", "")
        self._old = {task_id: self._platform.observe(key, task_id) for task_id in tasks}

    def hear(self) -> None:
        """The watch works again."""
        self._old = None

    @property
    def is_deaf(self) -> bool:
        """Whether the watch is silent."""
        return self._old is not None

    def now(self) -> datetime:
        """See Platform: the wall clock of the machine, which may jump."""
        return virtual_now() + self._stage.skew

    def observe(self, key: ExecutionKey, task_id: TaskId) -> Observation:
        """See Platform."""
        if self._old is not None:
            return self._old.get(task_id, Unknown())
        return self._platform.observe(key, task_id)

    async def save(self, key: ExecutionKey, save: Save, fence: str) -> str:
        """See Platform: the holder is told where it was another one who wrote."""
        return await self._call(self._save(key, save, fence))

    async def _save(self, key: ExecutionKey, save: Save, fence: str) -> str:
        written = await self._platform.save(key, save, fence)
        if self._stage.holder.seat is not self:
            self._stage.reload(key)
        return written

    async def transfer(self, key: ExecutionKey, transfers: Sequence[Transfer]) -> None:
        """See Transfers."""
        await self._call(self._platform.transfer(key, transfers))

    def __getattr__(self, name: str) -> Any:
        """The rest of the port: calls go over the wire, all else is asked from memory."""
        method = getattr(self._platform, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def call(*arguments: Any) -> Any:
            return await self._call(method(*arguments))

        return call

    async def _call(self, call: Coroutine[Any, Any, T]) -> T:
        sent = self._stage.send(call)
        try:
            return await asyncio.shield(sent)
        finally:
            await self.is_awake.wait()


class Process:
    """One operator process."""

    def __init__(self, stage: "Stage") -> None:
        self.seat = Seat(stage)
        self.may_act = True
        self.is_dead = False
        self.reconciler = Reconciler(
            self.seat, stage.settings, describe=describe, may_act=lambda _: self.may_act
        )
        for name, limit in stage.platform.limits.items():
            self.reconciler.slots.put_limit(NAMESPACE, name, limit)
        for execution in stage.platform.executions.values():
            show(self.reconciler.slots, execution)

    def kill(self) -> None:
        """End it at once."""
        self.is_dead = True
        self.reconciler._is_stopping = True  # no news makes a worker any more
        for task in self.reconciler._tasks:
            task.cancel()

    @property
    def is_empty(self) -> bool:
        """Whether it keeps nothing of any execution, unless it is dead."""
        return self.is_dead or not (self.reconciler._workers or self.reconciler._tasks)


class Stage:
    """See the module. ``skew`` is what the wall clock of the operators is ahead of true time.

    ``seed`` decides how pauses are spread, so that a plan goes the same way each time.
    """

    def __init__(self, platform: FakePlatform, seed: int) -> None:
        self.settings = Settings(jitter_seed=seed)
        self.platform = platform
        self.platform.listener = self
        self.skew = timedelta(0)
        self.told: Counter[str] = Counter()
        self.news_faults: dict[tuple[str, int], tuple[str, float]] = {}
        self.lies: list[str] = []
        self._background: set[asyncio.Future[Any]] = set()
        self._troubles = 0
        self.processes: list[Process] = [Process(self)]

    @property
    def holder(self) -> Process:
        """The process that took over last."""
        return self.processes[-1]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is going on or about to."""
        return (
            self._troubles == 0
            and not self._background
            and not self.holder.is_dead
            and all(process.is_empty for process in self.processes)
            and not any(task.is_running for task in self.platform.tasks.values())
        )

    def send(self, call: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Put a call on the wire."""
        task = asyncio.get_running_loop().create_task(call)
        self._background.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled():
            task.exception()  # nobody may be there any more to take it

    @property
    def slots(self) -> Slots:
        """See Listener: the book of the holder; another process reads everything as it begins."""
        return self.holder.reconciler.slots

    # What befalls processes

    def crash(self, seconds: float) -> None:
        """The holder dies; another process comes after so many seconds."""
        if self.holder.is_dead:
            return
        self.holder.kill()
        self.platform.maps.crash()
        self.later(seconds, self._take_over)

    def pause(self, seconds: float) -> None:
        """The holder sleeps; a standby takes over before it goes on, if that is not soon."""
        process = self.holder
        if process.is_dead or not process.seat.is_awake.is_set():
            return
        process.seat.is_awake.clear()
        if seconds > TAKE_OVER_SECONDS:
            self.later(TAKE_OVER_SECONDS, self._take_over)
        self.later(seconds, lambda: self._go_on(process))

    def split(self, seconds: float) -> None:
        """Another process acts as well, and the first one is told so many seconds later."""
        process = self.holder
        if process.is_dead:
            return
        self._take_over()
        self.later(seconds, lambda: self._depose(process))

    def deaf(self, seconds: float) -> None:
        """The watches of the holder are silent; then it lists everything anew."""
        process = self.holder
        process.seat.be_deaf()

        def hear() -> None:
            process.seat.hear()
            if not process.is_dead:
                process.reconciler.resume_all(unfinished(self.platform))

        self.later(seconds, hear)

    def jump(self, seconds: float) -> None:
        """The wall clock jumps; monotonic clocks go on."""
        self.skew += timedelta(seconds=seconds)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do it after so many seconds; the play is not over before."""
        self._troubles += 1

        def do() -> None:
            self._troubles -= 1
            act()

        asyncio.get_running_loop().call_later(seconds, do)

    def _take_over(self) -> None:
        self.processes.append(Process(self))
        self.holder.reconciler.resume_all(unfinished(self.platform))

    def _go_on(self, process: Process) -> None:
        self._depose(process)
        process.seat.is_awake.set()

    def _depose(self, process: Process) -> None:
        if process is not self.holder:
            process.may_act = False
            process.reconciler.stand_down()

    # News, which all processes hear; those that may not act drop it

    def wake(self, key: ExecutionKey) -> None:
        """See Listener."""
        self._tell("wake", lambda process: process.reconciler.wake(key))

    def reload(self, key: ExecutionKey) -> None:
        """See Listener."""
        self._tell("reload", lambda process: process.reconciler.reload(key))

    def _tell(self, news: str, tell: Callable[[Process], None]) -> None:
        self.told[news] += 1
        kind, seconds = self.news_faults.get((news, self.told[news]), ("", 0.0))

        def tell_all() -> None:
            for process in self.processes:
                if not process.is_dead and not process.seat.is_deaf:
                    tell(process)

        if kind in ("", "twice"):
            tell_all()
        if kind:
            self.later(seconds, tell_all)

    async def deliver(self, key: ExecutionKey, fact: TaskFact) -> Delivery:
        """See Listener: a report reaches the holder, and is refused where there is none."""
        self.told["deliver"] += 1
        kind, seconds = self.news_faults.get(("deliver", self.told["deliver"]), ("", 0.0))
        if kind == "drop":
            raise Unavailable("the connection was refused")
        if kind == "delay":
            await asyncio.sleep(min(seconds, 2))
        if kind == "twice":
            self.send(self._deliver(key, fact))
        answer = await self._deliver(key, fact)
        if kind == "lost":
            raise Unavailable("the answer did not arrive")
        return answer

    async def _deliver(self, key: ExecutionKey, fact: TaskFact) -> Delivery:
        process = self.holder
        if process.is_dead:
            raise Unavailable("nobody listens")
        await process.seat.is_awake.wait()
        answer = await process.reconciler.deliver(key, fact)
        self._verify(key, fact, answer)
        return answer

    def _verify(self, key: ExecutionKey, fact: TaskFact, answer: Delivery) -> None:
        """An answer is true: what was SAVED is in the history, and GONE are the deleted."""
        found = self.platform.executions.get(key)
        output = getattr(fact, "output", None)
        if answer is Delivery.GONE and found is not None:
            self.lies.append(f"{fact} was answered GONE")
        if answer is Delivery.SAVED and output is not None and found is not None:
            outputs = [event.details.get("output") for event in found.history]
            if output not in outputs:
                self.lies.append(f"{fact} was answered SAVED and is not in the history")
