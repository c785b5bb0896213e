"""The warm pods of one revision of a Function, and who may run what. In memory, without I/O.

A pod asks for work once for each of its idle slots. A start is first reserved: the record is saved
with the name of the pod's process, and only then is the task handed over, to the next slot of that
very pod that asks. So a task that was bound to a process runs there or nowhere.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, NamedTuple, TypeAlias

from asw.api.objects import OnLost
from asw.asl.errors import START_FAILED, TOO_MANY_REQUESTS
from asw.asl.resources import ServiceInvocation
from asw.asl.values import Json, to_text
from asw.connector.reads import may_repeat
from asw.engine.commands import StartTask
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.pools.line import Handover, Line, Waiter
from asw.reconciler.platform import Busy, ExecutionKey, TaskRefused

BUSY_SECONDS: Final = 0.1
"""How long a task waits for a slot before it gets a Job: a third of what a Job takes to start."""

GRANT_SECONDS: Final = 2.0
"""How long a slot is kept for a task that has waited for it."""


class PoolKey(NamedTuple):
    """A revision of a Function: what its pods may run, and nothing else."""

    namespace: str
    function_uid: str
    digest: str


@dataclass(slots=True, eq=False, kw_only=True)
class Ask:
    """An idle slot that asks for work. ``give`` answers it, with nothing if it has to ask again.

    ``is_open`` says whether whoever asked still listens.
    """

    slot: int
    give: Callable[[Handover | None], None]
    is_open: Callable[[], bool]


class Amiss(NamedTuple):
    """Why a connector makes no calls, as each of them would tell it; empty if it makes them."""

    error: str = ""
    cause: str = ""


@dataclass(slots=True, eq=False, kw_only=True)
class WarmPod:
    """One process of runtimes: a pod's container from its start (``boot``) to its end.

    ``running`` holds the tasks that it has got, each with its slot, or None if only the pod itself
    said so. ``bound`` holds those that it is to get: None until the start was saved. ``to_cancel``
    are tasks that it must end, and whether it was told; ``strangers`` are those that it has and
    nobody knows, and since when.
    """

    uid: str
    name: str
    boot: str
    slots: int
    seen_at: float
    started_at: float | None = None
    """When it began, by the clock of its node, as it says itself: in seconds since 1970."""
    is_draining: bool = False
    asks: "OrderedDict[int, Ask]" = field(default_factory=OrderedDict)
    running: dict[TaskId, int | None] = field(default_factory=dict)
    bound: "OrderedDict[TaskId, Handover | None]" = field(default_factory=OrderedDict)
    to_cancel: dict[str, bool] = field(default_factory=dict)
    amiss: Amiss | None = None
    """Of a connector, by its latest hello; None if it does not say."""
    strangers: dict[str, float] = field(default_factory=dict)
    nudge: Callable[[], None] | None = None
    """Answers the pod's open hello."""

    @property
    def process(self) -> str:
        """Its name in records: another boot of the same pod is another process."""
        return f"{self.uid}/{self.boot}"

    @property
    def has_left(self) -> bool:
        """Whether it said goodbye and has nothing left to do."""
        return self.is_draining and not self.running and not self.bound

    @property
    def free(self) -> int:
        """How many more tasks could be bound to it."""
        if self.is_draining:
            return 0
        for slot in [slot for slot, ask in self.asks.items() if not ask.is_open()]:
            del self.asks[slot]
        return len(self.asks) - len(self.bound)

    def hand_over(self) -> Iterator[TaskId]:
        """Give what is bound and saved to the slots that ask."""
        for task_id in [it for it, handover in self.bound.items() if handover is not None]:
            ask = self._next_ask()
            if ask is None:
                return
            handover = self.bound.pop(task_id)
            self.running[task_id] = ask.slot
            ask.give(handover)
            yield task_id

    def _next_ask(self) -> Ask | None:
        while self.asks:
            _, ask = self.asks.popitem(last=False)
            if ask.is_open():
                return ask
        return None

    def slot_asks(self, ask: Ask, holds: Collection[str] | None) -> list[TaskId]:
        """The slot is idle; returns tasks that were given to it and that it never got.

        ``holds`` is what the pod has in all, None if it does not say so.
        """
        lost = [
            task_id
            for task_id, slot in self.running.items()
            if slot == ask.slot and (holds is None or str(task_id) not in holds)
        ]
        for task_id in lost:
            del self.running[task_id]
        before = self.asks.pop(ask.slot, None)
        if before is not None:
            before.give(None)
        self.asks[ask.slot] = ask
        return lost

    def lacks(self, holds: Collection[str]) -> None:
        """Forget tasks that only the pod itself said it had, and has no more."""
        for task_id in [it for it, slot in self.running.items() if slot is None]:
            if str(task_id) not in holds:
                del self.running[task_id]

    def dismiss(self) -> None:
        """Give nothing to the slots that ask."""
        for ask in self.asks.values():
            ask.give(None)
        self.asks.clear()

    def cancel(self, task_id: TaskId) -> None:
        """End the task if the pod has it."""
        self.bound.pop(task_id, None)
        if task_id in self.running:
            self.must_end(str(task_id))

    def must_end(self, text: str) -> None:
        """Have the pod end what it knows by this id."""
        if self.to_cancel.setdefault(text, False) is False and self.nudge is not None:
            self.nudge()


@dataclass(slots=True, eq=False, kw_only=True)
class Pool:
    """The pods of one revision. ``fell_back`` holds when tasks got a Job for lack of a slot."""

    key: PoolKey
    pods: dict[str, WarmPod] = field(default_factory=dict)
    waiting: Line = field(default_factory=Line)
    granted: dict[TaskId, tuple[WarmPod, float]] = field(default_factory=dict)
    """Slots that are kept for tasks that waited, and since when, until these are bound."""
    fell_back: deque[float] = field(default_factory=lambda: deque(maxlen=100))
    trouble: str = ""
    """What keeps its pods from working, for people."""
    busy_at: float = 0.0
    """When it last had anything to do."""
    _ready: "OrderedDict[str, WarmPod]" = field(default_factory=OrderedDict)
    """Pods that may have a free slot, the one that was used last at the end."""

    @property
    def demand(self) -> int:
        """Tasks that run, are about to, or wait: counted from the start of a call."""
        return len(self.waiting) + self.busy

    @property
    def busy(self) -> int:
        """Slots that have a task, or are about to get one."""
        return sum(len(it.running) + len(it.bound) for it in tuple(self.pods.values()))

    @property
    def free(self) -> int:
        """Slots that ask for a task and get none yet. Another thread may ask: changes nothing."""
        pods = [it for it in tuple(self.pods.values()) if not it.is_draining]
        asking = sum(ask.is_open() for pod in pods for ask in tuple(pod.asks.values()))
        return asking - sum(len(it.bound) for it in pods)

    @property
    def serves(self) -> bool:
        """Whether a pod takes tasks, now or once it has ended others."""
        return self.served_by > 0

    @property
    def served_by(self) -> int:
        """How many pods take tasks."""
        return sum(not it.is_draining for it in self.pods.values())

    @property
    def is_idle(self) -> bool:
        """Whether no pod has a task, and none is wanted."""
        return self.demand == 0

    def ready(self, pod: WarmPod) -> None:
        """A slot of the pod became free."""
        if pod.free > 0:
            self._ready[pod.uid] = pod
            self._ready.move_to_end(pod.uid)

    def take(self) -> WarmPod | None:
        """A pod with a free slot: the one that was used last, so that others can be let go."""
        while self._ready:
            uid, pod = self._ready.popitem()
            if self.pods.get(uid) is not pod:
                continue
            free = pod.free
            if free > 1:
                self._ready[uid] = pod
            if free > 0:
                return pod
        return None

    def keeps(self, task_id: TaskId, now: float) -> bool:
        """Whether the task waits for a slot, or would; one that has waited long falls back."""
        waiter = self.waiting.get(task_id)
        if waiter is not None and now >= waiter.since + BUSY_SECONDS:
            waiter.falls_back = True
        return self.serves and (waiter is None or not waiter.falls_back)

    def line_up(self, task_id: TaskId, waiter: Waiter, route: "Route") -> Waiter | None:
        """Have the task wait for a slot, as it does if it did; None if it is to get a Job at once.

        ``waiter`` is how it would begin to wait now.
        """
        waiter = self.waiting.get(task_id) or waiter
        if route.queue_seconds is None and (waiter.falls_back or not self.serves):
            self.waiting.discard(task_id)
            return None
        self.waiting.add(task_id, waiter)
        return waiter

    def grant(self, now: float) -> Iterator[tuple[TaskId, Waiter, WarmPod]]:
        """Keep free slots for those whose turn it is; returns whom to tell.

        A question is handed over as it is: nothing about it is saved before.
        """
        while self.waiting and (pod := self.take()) is not None:
            task_id, waiter = self.waiting.take()
            if waiter.question is None:
                pod.bound[task_id] = None
                self.granted[task_id] = (pod, now)
            else:
                pod.bound[task_id] = waiter.question.handover
            yield task_id, waiter, pod

    def expired_grants(self, now: float) -> Iterator[WarmPod]:
        """Give up slots that were kept for too long; their pods."""
        for task_id, (pod, since) in list(self.granted.items()):
            if since < now - GRANT_SECONDS:
                del self.granted[task_id]
                pod.bound.pop(task_id, None)
                yield pod

    def drop(self, pod: WarmPod) -> None:
        """The pod is gone, or has begun again."""
        if self.pods.get(pod.uid) is pod:
            del self.pods[pod.uid]
        self._ready.pop(pod.uid, None)
        for task_id in [it for it, (granted, _) in self.granted.items() if granted is pod]:
            del self.granted[task_id]
        pod.dismiss()


def slots_of(pools: Mapping[PoolKey, Pool]) -> dict[tuple[str, ...], float]:
    """How many slots of all pools are busy and free, for metrics; another thread may ask."""
    found = tuple(pools.values())
    return {("busy",): sum(it.busy for it in found), ("free",): sum(it.free for it in found)}


def handover_of(key: ExecutionKey, task: StartTask, event: Json) -> Handover:
    """What a slot is told of the task."""
    environment = {"ASW_EXECUTION": key.root.name, "ASW_STATE": task.state}
    return Handover(task_id=task.task_id, event=to_text(event), environment=environment)


def task_id_of(text: str) -> TaskId | None:
    """The start that a pod names, None if it is no id."""
    try:
        return TaskId.parse(text)
    except ValueError:
        return None


def place_of(key: ExecutionKey, task: StartTask) -> tuple[str, str]:
    """Namespace and name of the Function that a task calls, as ``Pools.routes`` has them.

    Nothing is routed to another namespace, nor to a version.
    """
    called = task.function
    is_plain = called.qualifier is None and called.namespace in (None, key.namespace)
    return key.namespace, called.name if is_plain else ""


PlaceOf: TypeAlias = Callable[[ExecutionKey, StartTask], tuple[str, str]]
"""Tells what ``place_of`` tells."""
OwnerOf: TypeAlias = Callable[[ExecutionKey], str]
"""Tells on whose behalf an execution waits: its Workflow."""


class Lack(NamedTuple):
    """What a call fails with that found no slot in time; the sentence has ``{seconds}``."""

    error: str
    sentence: str


NO_POD: Final = Lack(
    TOO_MANY_REQUESTS, "no warm pod was free for {seconds:g} s (spec.warm.queueTimeoutSeconds)"
)
NO_CONNECTOR: Final = Lack(START_FAILED, "no connector was ready for {seconds:g} s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How a Function's calls are served: by which pool, and what happens if it has no slot.

    ``queue_seconds`` is how long a call waits for a slot at most, and then fails by ``lack``; None
    if it gets a Job instead. ``on_lost`` is what the Function or Connection says, if it does.
    """

    pool: PoolKey
    on_lost: OnLost | None = None
    queue_seconds: float | None = None
    lack: Lack = NO_POD

    def told(self, waiter: Waiter, now: float, trouble: str) -> Busy | TaskRefused:
        """What becomes of a task that waits: it goes on waiting, or no longer."""
        why = f": {trouble}" if trouble else ""
        patience = BUSY_SECONDS if self.queue_seconds is None else self.queue_seconds
        left = waiter.since + patience - now
        if self.queue_seconds is None or left > 0:
            return Busy(f"no warm pod is free{why}", again_in=timedelta(seconds=max(left, 0)))
        cause = self.lack.sentence.format(seconds=patience)
        return TaskRefused(self.lack.error, f"{cause}{why}")

    def repeats(self, task: StartTask) -> bool:
        """Whether the task may start again if it is lost: as told, or a call if it only reads.

        Another start has another TaskId, so it is no repetition to a service that knows tokens.
        """
        if self.on_lost is None and isinstance(task.invocation, ServiceInvocation):
            return may_repeat(task.invocation, task.payload)
        return self.on_lost != "Fail"
