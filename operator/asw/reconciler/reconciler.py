"""``Reconciler``: wakes in, work done. The entry to this package for both platforms.

There is one worker per live execution. All of them run on the event loop of the caller, and nothing
here is safe to call from other threads.
"""

import asyncio
import random
from collections.abc import Iterable

from asw.engine.facts import CALLBACKS, TaskFact, TaskStarted
from asw.engine.record import OnTask, Record
from asw.engine.step import step as engine_step
from asw.engine.task_ids import TaskId
from asw.reconciler.counters import Counters
from asw.reconciler.deliveries import Delivery
from asw.reconciler.distributed import Hosting
from asw.reconciler.evaluating import Evaluating
from asw.reconciler.express import WithExpress
from asw.reconciler.machines import Machines
from asw.reconciler.nesting import Nesting
from asw.reconciler.observing import is_outcome
from asw.reconciler.pacing import Window
from asw.reconciler.places import Places
from asw.reconciler.platform import ExecutionKey
from asw.reconciler.reading import Parse, Reader
from asw.reconciler.runnable import parse_runnable
from asw.reconciler.runner import Runner
from asw.reconciler.scheduler import QueuePosition
from asw.reconciler.settings import Settings
from asw.reconciler.shared import Describe, MayAct, Shared, StepFunction
from asw.reconciler.slots import Slots
from asw.reconciler.task_queue import TaskQueue
from asw.reconciler.tasks import awaited_tasks, listening_tasks
from asw.reconciler.telling import Telling
from asw.reconciler.turns import Turns
from asw.reconciler.worker import Worker, stopped
from asw.sandbox.sandbox import Sandbox


class Reconciler:
    """Keeps every execution that it knows moving until it is over.

    ``describe`` names an execution that begins. Where ``may_act`` is False, workers end, news is
    dropped and nothing is written or started. The holder of the Lease calls ``stand_down`` when
    it is lost, and ``resume_all`` each time it is won. It passes every execution that is not over
    or will be redriven, and every one with running tasks or children, because a process may die
    between the end and the cancels (unless the platform ends such tasks itself). A platform with
    limits tells ``slots`` of all Workflows and executions before the first one is worked on. The
    work of namespaces takes ``turns`` on the event loop. Costly expressions are evaluated in
    ``sandbox``, or without one in place, however long that takes. ``parse`` refuses what the
    platform cannot run.
    """

    def __init__(  # noqa: PLR0913  one place puts them together
        self,
        platform: Hosting,
        settings: Settings,
        *,
        describe: Describe,
        may_act: MayAct = lambda _: True,
        step: StepFunction = engine_step,
        sandbox: Sandbox | None = None,
        turns: Turns | None = None,
        parse: Parse = parse_runnable,
    ) -> None:
        self.counters = Counters()
        self.slots = Slots(self.wake, may_act)
        self._express = WithExpress(platform, self)
        self._shared = Shared(
            platform=self._express,
            children=self._express,
            transfers=platform,
            nesting=platform if isinstance(platform, Nesting) else None,
            telling=platform if isinstance(platform, Telling) else None,
            settings=settings,
            describe=describe,
            may_act=may_act,
            step=step,
            evaluating=Evaluating(sandbox),
            machines=Machines(settings.machines, Reader(sandbox, parse)),
            slots=self.slots,
            task_queue=TaskQueue(
                settings.limits, platform.now, self.wake, self.counters.slot_seconds
            ),
            starting=asyncio.Semaphore(settings.max_starting),
            turns=turns or Turns(),
            places=Places(),
            counters=self.counters,
            chance=random.Random(settings.jitter_seed).random,  # noqa: S311  jitter keeps no secret
        )
        self._workers: dict[ExecutionKey, Worker] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._passivated: dict[ExecutionKey, asyncio.TimerHandle] = {}
        self._is_stopping = False

    @property
    def live(self) -> frozenset[ExecutionKey]:
        """The executions that have a worker now, or will when their time comes."""
        return frozenset(self._workers) | self._passivated.keys()

    @property
    def driven(self) -> int:
        """How many executions have been looked at since this replica began to act."""
        workers = tuple(self._workers.values())  # the thread that answers probes asks, too
        awake = sum(worker.runner.record is not None for worker in workers)
        return awake + len(self._passivated)

    @property
    def live_count(self) -> int:
        """The number of live executions."""
        return len(self._workers) + len(self._passivated)

    @property
    def active_tasks(self) -> int:
        """How many tasks have a slot: they run, or are about to."""
        return self._shared.task_queue.active

    @property
    def waiting_tasks(self) -> int:
        """How many tasks wait for a slot."""
        return self._shared.task_queue.waiting

    @property
    def window(self) -> Window:
        """How many starts of tasks are, and may be, under way."""
        return self._shared.task_queue.window

    def record(self, key: ExecutionKey) -> Record | None:
        """The record of a live execution as last saved, None if it is not in memory."""
        worker = self._workers.get(key)
        return None if worker is None else worker.runner.record

    def express_child(self, uid: str) -> ExecutionKey | None:
        """The key of an express child that is in memory here."""
        child = self._express.child(uid)
        return None if child is None else child.key

    def express_task(self, task_id: TaskId) -> OnTask | None:
        """What an express child in memory waits for, by the id that the platform knows."""
        child = self._express.child(task_id.execution_uid)
        inside = None if child is None else child.inside(task_id)
        if child is None or inside is None:
            return None
        return awaited_tasks(child.record).get(inside)

    def wake(self, key: ExecutionKey) -> None:
        """Something about the execution's tasks changed, or it is new here."""
        worker = self._worker(key)
        if worker is not None:
            worker.wake()

    def reload(self, key: ExecutionKey) -> None:
        """Somebody else wrote or deleted the execution, or the Workflow that it waits for."""
        worker = self._worker(key)
        if worker is not None:
            worker.runner.expire()
            worker.wake()

    def retry(self, key: ExecutionKey) -> None:
        """What starts of its tasks waited for (NotYet) may have come."""
        worker = self._worker(key)
        if worker is not None:
            worker.runner.retry()
            worker.wake()

    def resume_all(self, keys: Iterable[ExecutionKey]) -> None:
        """Resume these, and reload each of them at once."""
        resumed = dict.fromkeys(keys)
        self.take_up(resumed)
        for key in resumed:
            self.reload(key)

    def take_up(self, keys: Iterable[ExecutionKey]) -> None:
        """Begin to act: what is in memory may be out of date because of another replica.

        Running tasks get their slots. Reload each of these afterwards, whenever its turn comes.
        """
        self._shared.term.began_at = self._shared.platform.now()
        self.slots.revoke()
        self.slots.grant_all()
        self.adopt(keys)

    def adopt(self, keys: Iterable[ExecutionKey]) -> None:
        """Give running tasks of these their slots, before any start is admitted.

        Where others act nothing is adopted: their tasks take no slots of ours.
        """
        mine = frozenset(key for key in keys if self._shared.may_act(key.namespace))
        for key, task_id in self._shared.platform.active_tasks():
            if key in mine:
                group = self._shared.platform.task_group(key)
                self._shared.task_queue.adopt(QueuePosition(key=key, group=group), task_id)

    def put_task_limit(self, namespace: str, workflow_name: str, limit: int) -> None:
        """Set how many tasks of the Workflow may be active; 0 is no limit."""
        self._shared.task_queue.put_limit(namespace, workflow_name, limit)

    def stand_down(self) -> None:
        """Others may act from now on: what is in memory no longer counts, nor any pass at hand."""
        self.slots.revoke()
        self._express.clear()
        self._wake_nobody()
        self._shared.task_queue.clear()
        for worker in self._workers.values():
            worker.stand_down()

    async def deliver(self, key: ExecutionKey, fact: TaskFact) -> Delivery:
        """Take what a task reported; an outcome is answered once it was saved, or never will be.

        Raises Unavailable if executions are not worked on here: ask another replica.
        """
        worker = self._worker(key)
        if worker is None:
            raise stopped()
        inside = self._express.inside(key, fact)
        if inside is None:
            return Delivery.LATE
        if is_outcome(inside) or isinstance(inside, CALLBACKS):
            answer = worker.runner.deliveries.wait_for(inside)
            worker.wake()
            return await answer
        record = worker.runner.record
        if record is not None and inside.task_id not in listening_tasks(record):
            return Delivery.LATE
        worker.runner.deliveries.put(inside)
        worker.wake()
        return Delivery.SAVED

    async def take(self, key: ExecutionKey, fact: TaskStarted) -> Delivery:
        """A worker takes a task of an activity: SAVED once the record says so, and it is its own.

        Whoever is cancelled gets nothing; the task then stays for others, unless it is being saved.
        Raises Unavailable if executions are not worked on here.
        """
        worker = self._worker(key)
        if worker is None:
            raise stopped()
        answer = worker.runner.deliveries.wait_for_start(fact)
        worker.wake()
        return await answer

    async def stop(self) -> None:
        """Finish the current passes and begin no more; cancel what takes too long.

        That is like a crash at this point, which every pass survives.
        """
        self._is_stopping = True
        self._wake_nobody()
        self._shared.task_queue.close()
        for worker in self._workers.values():
            worker.close()
        if self._tasks:
            grace = self._shared.settings.stop_grace.total_seconds()
            _, late = await asyncio.wait(self._tasks, timeout=grace)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    def _worker(self, key: ExecutionKey) -> Worker | None:
        """The execution's worker, a new one if need be; None if nothing may be done.

        An express child has one as long as it is in memory.
        """
        if self._is_stopping or not self._shared.may_act(key.namespace):
            return None
        if key.owner is not None and self._express.child(key.uid) is None:
            return self._workers.get(key)
        worker = self._workers.get(key)
        if worker is None:
            if (timer := self._passivated.pop(key, None)) is not None:
                timer.cancel()
            worker = self._workers[key] = Worker(Runner(key, self._shared), self._shared)
            working = self._shared.turns.paced(
                key.namespace, lambda: self._work(key, worker), worker.runner.subject
            )
            task = asyncio.create_task(working, name=f"execution {key.uid}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return worker

    async def _work(self, key: ExecutionKey, worker: Worker) -> None:
        """Run the worker, and forget it at the very moment when it ends."""
        try:
            await worker.work()
        finally:
            del self._workers[key]
            self._express.rest(key)
            self._shared.task_queue.forget(key)
            worker.runner.deliveries.fail_all(stopped())
        if (
            worker.passivated_until is not None
            and not self._is_stopping
            and self._shared.may_act(key.namespace)
        ):
            self._passivate(key, worker.passivated_until)

    def _passivate(self, key: ExecutionKey, until: float) -> None:
        """Hold only the name of an execution, and when to wake it."""
        self._shared.platform.drop(key)
        self._passivated[key] = asyncio.get_running_loop().call_at(until, self.wake, key)

    def _wake_nobody(self) -> None:
        for timer in self._passivated.values():
            timer.cancel()
        self._passivated.clear()
