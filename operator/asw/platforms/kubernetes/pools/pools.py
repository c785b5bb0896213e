"""Warm processes as the platform sees them: set aside, bound by a record, handed over, lost.

The table of what a bound task shows:

===============================  =================================================================
its process                      the task
===============================  =================================================================
asks, and has not got it         unsent: it is handed over (again), to this process alone
has got it                       running
asks, got it once, lacks it      lost
is gone, or its pod begun again  lost; it may start again unless it was handed over and may not
is not heard of                  running, until it is heard of, gone, or silent for ``lost_after``
===============================  =================================================================

Nothing here is durable: what is bound stands in records, and pods say what they hold.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from asw.asl.errors import NODE_LOST, TASK_LOST
from asw.asl.resources import ServiceInvocation
from asw.engine.commands import StartTask
from asw.engine.record import Record
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.pools.bindings import Binding, Bindings
from asw.platforms.kubernetes.pools.line import Handover, Waiter
from asw.platforms.kubernetes.pools.pods import SeenPod
from asw.platforms.kubernetes.pools.pool import (
    Ask,
    OwnerOf,
    PlaceOf,
    Pool,
    PoolKey,
    Route,
    WarmPod,
    place_of,
    task_id_of,
)
from asw.platforms.kubernetes.pools.presence import Absence, Presence, container_ended
from asw.platforms.kubernetes.tasks.reported import Outcome
from asw.reconciler.platform import (
    Busy,
    ExecutionKey,
    KnownTask,
    Listener,
    Observation,
    PlatformError,
    Reserved,
    TaskRefused,
    Unsent,
)
from asw.reconciler.tasks import awaited_tasks


class Pools:
    """The pools of all Functions. ``routes`` say which one serves which Function.

    ``clock`` shows seconds, ``now`` the time.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        lost_after: timedelta = timedelta(minutes=5),
    ) -> None:
        self.routes: dict[tuple[str, str], Route] = {}
        self.pools: dict[PoolKey, Pool] = {}
        self.presence = Presence(lost_after=lost_after)
        self.handed_over = self.fallbacks = self.term = 0
        """Calls that warm pods got, those for which none was free, and how often all was lost."""
        self.listener: Listener | None = None
        self.place_of: PlaceOf = place_of
        self.owner_of: OwnerOf = lambda key: key.root.uid
        self._now = now
        self.clock = clock
        self._pods: dict[str, tuple[Pool, WarmPod]] = {}
        self._bindings = Bindings()

    @property
    def pod_count(self) -> int:
        """How many processes ask for work or have some."""
        return sum(pool.served_by for pool in self.pools.values())

    # What the platform asks

    def reserve(
        self, key: ExecutionKey, tasks: Sequence[StartTask]
    ) -> Mapping[TaskId, Reserved | None]:
        """Set free slots aside; their processes. None for tasks that wait in line for a slot."""
        found: dict[TaskId, Reserved | None] = {}
        for task in tasks:
            is_call = isinstance(it := task.invocation, ServiceInvocation) and not it.is_approval
            route = self.routes.get(self.place_of(key, task))
            if route is None or (pool := self.pools.get(route.pool)) is None:
                if is_call:  # it never gets a Job
                    found[task.task_id] = None
                continue
            granted = pool.granted.pop(task.task_id, None)
            pod = granted[0] if granted else None if pool.waiting else pool.take()
            if pod is None:
                if route.queue_seconds is not None or pool.keeps(task.task_id, self.clock()):
                    found[task.task_id] = None
                continue
            pod.bound[task.task_id] = None
            pool.busy_at = self.clock()
            repeats = route.repeats(task)
            binding = Binding(key=key, process=pod.process, may_repeat=repeats, is_call=is_call)
            self._bindings.put(task.task_id, binding)
            pool.waiting.discard(task.task_id)
            found[task.task_id] = Reserved(pod.process, repeats)
        return found

    def release(self, tasks: Iterable[TaskId]) -> None:
        """Give back what was set aside."""
        for task_id in tasks:
            binding = self._bindings.pop(task_id)
            if binding is not None and (known := self._pods.get(binding.pod)) is not None:
                pool, pod = known
                pod.bound.pop(task_id, None)
                self._freed(pool, pod)

    def remember(self, key: ExecutionKey, record: Record) -> None:
        """Take the bindings of a record that was just read."""
        for task_id, waiting in awaited_tasks(record).items():
            if waiting.bound_to is not None and self._bindings.get(task_id) is None:
                binding = Binding.recorded(key, waiting, waiting.bound_to)
                self._bindings.put(task_id, binding)
                self._expect(task_id, binding)

    def _expect(self, task_id: TaskId, binding: Binding) -> None:
        """Compare a remembered binding with what its pod already told."""
        pod = self._process(binding)
        if pod is not None:
            self._compare(pod, task_id, binding, [*pod.strangers, *map(str, pod.running)])
        elif binding.pod not in self._pods:
            self.presence.expect(binding.pod, self._now())

    def keep(self, record: Record) -> None:
        """Forget the bindings of an execution that its saved record does not await any more."""
        bound = self._bindings.of_execution(record.header.uid)
        awaited = awaited_tasks(record) if bound else {}
        for task_id in [it for it in bound if it not in awaited]:
            self.end(task_id)

    def forget(self, uid: str) -> None:
        """Hold nothing of an execution that is over or gone."""
        for task_id in self._bindings.of_execution(uid):
            self.end(task_id)
        for pool in self.pools.values():
            pool.waiting.forget(uid)

    def end(self, task_id: TaskId) -> bool:
        """The task is over or cancelled: a process that has it still must end it.

        Returns whether it was bound.
        """
        for pool in self.pools.values():
            pool.waiting.discard(task_id)
        binding = self._bindings.pop(task_id)
        if binding is not None and (pod := self._process(binding)) is not None:
            was_bound = task_id in pod.bound
            pod.cancel(task_id)
            if was_bound:
                self._freed(self._pods[pod.uid][0], pod)
        return binding is not None

    def send(self, task_id: TaskId, handover: Handover) -> None:
        """The start was saved: hand the task over as soon as its process asks."""
        binding = self._bindings.get(task_id)
        pod = None if binding is None else self._process(binding)
        if pod is not None and task_id in pod.bound:
            pod.bound[task_id] = handover
            self._hand_over(pod)

    def observe(self, task_id: TaskId) -> Observation | None:
        """What is known of a bound task; None if it is not bound."""
        binding = self._bindings.get(task_id)
        if binding is None:
            return None
        pod = self._process(binding)
        is_unsent = pod is not None and task_id in pod.bound
        return Unsent() if is_unsent and binding.end is None else KnownTask(binding.facts(task_id))

    def waits(self, key: ExecutionKey, task: StartTask) -> PlatformError | None:
        """Why the task waits for a slot, or gets none; None if it gets a Job of its own."""
        if (route := self.routes.get(self.place_of(key, task))) is None:
            return None
        pool = self.pools.setdefault(route.pool, Pool(key=route.pool))
        now, task_id = self.clock(), task.task_id
        begins = Waiter(key=key, owner=self.owner_of(key), since=now)
        if (waiter := pool.line_up(task_id, begins, route)) is None:
            self._fall_back(pool)
            return None
        self.serve(pool)  # a slot became free while the start was being saved
        if task_id in pool.granted:
            return Busy("a warm process has just become free", again_in=timedelta())
        told = route.told(waiter, now, pool.trouble)
        if isinstance(told, TaskRefused):
            pool.waiting.discard(task_id)
            self._fall_back(pool)
        return told

    # What pods say

    def pod(self, uid: str, boot: str) -> WarmPod | None:
        """The pod's process, None if it did not say hello yet."""
        known = self._pods.get(uid)
        return known[1] if known is not None and known[1].boot == boot else None

    def is_named(self, namespace: str, uid: str, boot: str) -> bool:
        """Whether a record of the namespace binds a task to this process of a pod."""
        return self._bindings.names(namespace, f"{uid}/{boot}")

    def is_of(self, pod: WarmPod, key: PoolKey) -> bool:
        """Whether the pod belongs to this pool."""
        return self._pods[pod.uid][0].key == key

    def hello(self, key: PoolKey, pod: WarmPod, holds: Collection[str], last_end: str = "") -> None:
        """A process begins to ask: an earlier one of the same pod is gone, and all that it had."""
        if (before := self._pods.get(pod.uid)) is not None:
            before[0].drop(before[1])
        pool = self.pools.setdefault(key, Pool(key=key))
        pool.pods[pod.uid] = pod
        self._pods[pod.uid] = (pool, pod)
        self.presence.hear(pod.uid)
        self.hears(pod, holds)
        for task_id, binding in self._bindings.of_pod(pod.uid).items():
            if binding.process != pod.process:
                _, reason, error = container_ended(pod.uid, last_end)
                self._lose(task_id, binding, reason, error)
            else:
                self._compare(pod, task_id, binding, holds)

    def _compare(
        self, pod: WarmPod, task_id: TaskId, binding: Binding, holds: Collection[str]
    ) -> None:
        binding.may_be_there = False
        pod.strangers.pop(str(task_id), None)
        if str(task_id) in holds:
            pod.running.setdefault(task_id, None)
            binding.sent_at = binding.sent_at or self._now()
        elif binding.was_started or binding.sent_at is not None:
            self._lose(task_id, binding, "its warm pod does not have it any more")
        else:
            pod.bound.setdefault(task_id, None)
        self._wake(binding)

    def hears(self, pod: WarmPod, holds: Collection[str]) -> list[str]:
        """A hello of a known process; the tasks that it must end and was not told of yet."""
        for text in holds:
            task_id = task_id_of(text)
            if task_id is not None and self._bindings.get(task_id) is None:
                pod.strangers.setdefault(text, self.clock())
        pod.strangers = {it: at for it, at in pod.strangers.items() if it in holds}
        pod.to_cancel = {it: is_told for it, is_told in pod.to_cancel.items() if it in holds}
        pod.lacks(holds)
        return [it for it, is_told in pod.to_cancel.items() if not is_told]

    def asks(self, pod: WarmPod, ask: Ask, holds: Collection[str] | None) -> None:
        """A slot is idle. ``holds`` is what the pod has in all, None if it does not say so."""
        pool, _ = self._pods[pod.uid]
        for task_id in pod.slot_asks(ask, holds):
            if (binding := self._bindings.get(task_id)) is not None:
                binding.sent_at, binding.was_started = None, False
                self._lose(task_id, binding, "its way to the warm pod was cut off")
        if holds is not None:
            pod.lacks(holds)
        self._hand_over(pod)
        self._freed(pool, pod)

    def leaves(self, pod: WarmPod, holds: Collection[str]) -> None:
        """The pod drains: what it has it finishes, what it has not got it will never get."""
        pool, _ = self._pods[pod.uid]
        pod.is_draining = True
        pod.dismiss()
        unsent = [*pod.bound, *(it for it in pod.running if str(it) not in holds)]
        for task_id in unsent:
            pod.bound.pop(task_id, None)
            pod.running.pop(task_id, None)
            pool.granted.pop(task_id, None)
            binding = self._bindings.get(task_id)
            if binding is not None and binding.process == pod.process:
                binding.sent_at = None
                self._lose(task_id, binding, "its warm pod ended before it got the task")

    def ended(self, pod: WarmPod, task_id: TaskId) -> datetime | None:
        """The pod tells the task's outcome; returns since when it ran, as far as known."""
        pod.running.pop(task_id, None)
        binding = self._bindings.get(task_id)
        return None if binding is None else binding.sent_at

    def answered(self, pod: WarmPod, task_id: TaskId, outcome: Outcome) -> bool:
        """The pod tells the answer to a question; False if it is none that it was asked."""
        binding = self._bindings.get(task_id)
        if binding is None or binding.question is None or binding.process != pod.process:
            return False
        pod.running.pop(task_id, None)
        self._bindings.pop(task_id)
        binding.question.answer(outcome)
        return True

    def withdraw(self, pod: WarmPod, ask: Ask, handover: Handover | None) -> None:
        """The slot is told nothing now: what was to be given to it waits for its next ask."""
        if pod.asks.get(ask.slot) is ask:
            del pod.asks[ask.slot]
        if handover is not None and pod.running.pop(handover.task_id, None) is not None:
            binding = self._bindings.get(handover.task_id)
            if binding is not None:
                binding.sent_at = None
                pod.bound[handover.task_id] = handover

    # What the watch shows

    def see(self, pod: SeenPod | None, uid: str) -> None:
        """Take a pod as a watch shows it; None if its object is gone."""
        if pod is not None and not pod.has_ended:
            self.presence.see(pod)
            if (known := self._pods.get(uid)) is not None:
                known[1].is_draining |= pod.deleted_at is not None
                if pod.outlived(known[1].started_at):  # it may be long until another one begins
                    self._drop(container_ended(uid, pod.last_end), known[1].process)
            return
        has_left = (known := self._pods.get(uid)) is not None and known[1].has_left
        self.presence.lose_sight(uid, self._now(), has_ended=pod is not None or has_left)
        self.look()

    def look(self) -> None:
        """Find what time alone decides: processes that are gone for good, or silent for long."""
        for absence in self.presence.absent(self._now()):
            self._drop(absence)
        silent_at = self.clock() - self.presence.lost_after.total_seconds()
        for uid, (_, process) in list(self._pods.items()):
            if process.seen_at < silent_at:
                self._drop(Absence(uid, "its warm pod does not answer", NODE_LOST))
        for _, pod in self._pods.values():
            for text, since in pod.strangers.items():
                if since < silent_at:
                    pod.must_end(text)
        for pool in self.pools.values():
            for pod in pool.expired_grants(self.clock()):
                self._freed(pool, pod)

    def clear(self) -> None:
        """Forget what is bound and who asks: another replica acts."""
        self.term += 1
        for pool, pod in self._pods.values():
            pool.drop(pod)
            if pod.nudge is not None:
                pod.nudge()
        for books in (self._pods, self.pools, self._bindings):
            books.clear()
        self.presence.forget()

    def _drop(self, absence: Absence, process: str | None = None) -> None:
        if (known := self._pods.pop(absence.uid, None)) is not None:
            known[0].drop(known[1])
        for task_id, binding in self._bindings.of_pod(absence.uid).items():
            if process in (None, binding.process):
                self._lose(task_id, binding, absence.reason, absence.error)

    def _lose(self, task_id: TaskId, binding: Binding, reason: str, error: str = TASK_LOST) -> None:
        if binding.end is None:
            binding.end = binding.loss(task_id, self._now(), reason, error)
            self._wake(binding)

    def _hand_over(self, pod: WarmPod) -> None:
        for task_id in pod.hand_over():
            self.handed_over += 1
            if (binding := self._bindings.get(task_id)) is not None:
                binding.sent_at = self._now()

    def _freed(self, pool: Pool, pod: WarmPod) -> None:
        pool.ready(pod)
        self.serve(pool)

    def serve(self, pool: Pool) -> None:
        """Give free slots to those that wait."""
        for task_id, waiter, pod in pool.grant(self.clock()):
            if waiter.question is not None:
                self._bindings.put(task_id, Binding.of_question(waiter, pod.process))
                self._hand_over(pod)
            elif self.listener is not None:
                self.listener.retry(waiter.key)

    def _fall_back(self, pool: Pool) -> None:
        self.fallbacks += 1
        pool.fell_back.append(self.clock())

    def _process(self, binding: Binding) -> WarmPod | None:
        known = self._pods.get(binding.pod)
        return known[1] if known is not None and known[1].process == binding.process else None

    def _wake(self, binding: Binding) -> None:
        if binding.question is not None:
            if binding.end is not None:
                binding.question.answer(None)
        elif self.listener is not None:
            self.listener.wake(binding.key)
