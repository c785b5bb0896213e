"""Keeps the end of each task's log in the archive, before the task's Job is removed.

Logs are read by few at a time, in turns of namespaces, after a task has ended: nobody waits for
that but the removal of its Job, and that for seconds. While the archive is away the pods of what
ended keep their logs; what has to be removed meanwhile loses them.
"""

import asyncio
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

from asw.archive.errors import ArchiveAway, ArchiveRefused
from asw.archive.tail_reading import Read
from asw.archive.tail_rows import TaskOf
from asw.archive.tails import Lost, Tail
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.seen import SeenTask
from asw.platforms.kubernetes.cache.untailed import Untailed
from asw.platforms.kubernetes.tasks.places import TaskKey

AT_ONCE: Final = 8
"""Logs under way: each takes up to 1 MiB while it is read, and is held until it is written."""
OF_NAMESPACE: Final = 4
REMOVAL_SECONDS: Final = 5.0
"""For so long the removal of a Job waits for its log at most."""
QUIET: Final = timedelta(seconds=30)
"""How long a node is left alone that sent nothing."""
AWAY: Final = timedelta(seconds=5)
"""The same of the archive, when it was away."""
HELD_SECONDS: Final = 15.0
"""For so long at most an Execution that may be deleted waits for the logs of its tasks."""
MOST_HELD: Final = 10_000
MOST_AT_ONCE: Final = 200
"""Rows of one transaction, and keys of one question."""
KEPT: Final = timedelta(days=30)
"""How long tails stay whose runs the archive never got: deleted by hand, or children of Maps."""
PRUNED: Final = timedelta(hours=1)

logger = logging.getLogger(__name__)


class TailWriter(Protocol):
    """Reads tails and writes them; ``ArchiveWriter`` does."""

    async def read_tail(self, pod: str, blank: Tail, limit: int) -> Read:
        """The end of the pod's log as this tail, or why there is none."""

    async def put_tails(self, tails: Sequence[Tail]) -> None:
        """Write them, all or none. Raises ArchiveRefused, ArchiveAway."""

    async def known_tails(self, tasks: Collection[TaskOf]) -> Collection[TaskOf]:
        """Those of the tasks that have one. Raises ArchiveAway."""

    async def prune_tails(self, until: int) -> bool:
        """Remove some old ones that no run followed; False if there are none."""


class Tailing:
    """See the module. ``kept`` counts logs, ``bytes`` theirs, ``lost`` those lost, by reason."""

    def __init__(
        self,
        cache: Cache,
        writer: TailWriter,
        may_act: Callable[[str], bool],
        clock: Callable[[], float] = time.monotonic,
        removal_seconds: float = REMOVAL_SECONDS,
    ) -> None:
        self.cache = cache
        self.writer = writer
        self.queue = cache.untailed = Untailed()
        self.queue.gone = self._gone
        self.kept = self.bytes = 0
        self.lost: Counter[str] = Counter()
        self._may_act = may_act
        self._clock = clock
        self._removal_seconds = removal_seconds
        self._is_holding = False
        self._under_way: dict[TaskKey, asyncio.Task[None]] = {}
        self._of_namespace: Counter[str] = Counter()
        self._settled: dict[TaskKey, asyncio.Future[None]] = {}
        self._batch: list[tuple[Tail, asyncio.Future[str]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._quiet: dict[str, datetime] = {}
        self._away_until: datetime | None = None
        self._held: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._pruned_at: datetime | None = None

    # What others ask

    def is_open(self, place: TaskKey) -> bool:
        """Whether there is something to keep before its Job may go."""
        return self._may_act(place.namespace) and self.queue.is_open(place)

    async def before_removal(self, place: TaskKey) -> None:
        """Return once the task's log is kept, or it is known that it will not be: within seconds.

        What it prints after that is lost.
        """
        seen = self.cache.tasks.get(place)
        if not self.is_open(place) or seen is None:
            return
        if not _has_begun(seen):
            self.queue.close(place)
            return
        self.queue.urge(place)
        settled = self._settled.setdefault(place, asyncio.get_running_loop().create_future())
        self._begin()
        await asyncio.wait({settled}, timeout=self._removal_seconds)
        if not settled.done():
            self._lose(place, Lost.LATE)

    def holds(self, namespace: str, uid: str) -> bool:
        """Whether the Execution should stay for a moment, for the logs of its tasks."""
        run = namespace, uid
        if not self.queue.awaits(*run):
            self._held.pop(run, None)
            return False
        since = self._held.setdefault(run, self._clock())
        if len(self._held) > MOST_HELD:
            self._held.popitem(last=False)
        return self._clock() - since < HELD_SECONDS

    def stand_down(self) -> None:
        """Another replica keeps them."""
        self._is_holding = False
        for settled in self._settled.values():
            if not settled.done():
                settled.set_result(None)
        self._settled.clear()

    # Work

    async def work(self) -> None:
        """Look at what is due; called again and again by the holder of the Lease."""
        if not self._is_holding:
            await self._skip_known()
            self._is_holding = True
        self._begin()
        await self._prune()

    async def close(self) -> None:
        """Give up what is under way; what is read is written."""
        self.stand_down()
        for task in self._under_way.values():
            task.cancel()
        if self._writing is not None:
            await asyncio.wait({self._writing})

    async def _skip_known(self) -> None:
        """What another process kept is not read again."""
        due = self.queue.due()
        try:
            for at in range(0, len(due), MOST_AT_ONCE):
                tasks = {_task_of(it): it for it in due[at : at + MOST_AT_ONCE]}
                for known in await self.writer.known_tails(tasks.keys()):
                    self.queue.close(tasks[known])
        except ArchiveAway:
            self._went_away()

    async def _prune(self) -> None:
        now = self.cache.now()
        if self._pruned_at is not None and now - self._pruned_at < PRUNED:
            return
        try:
            if not await self.writer.prune_tails(_millis(now - KEPT)):
                self._pruned_at = now
        except ArchiveAway:
            self._pruned_at = now

    def _begin(self) -> None:
        """Begin with as many as there is room for; what is about to be removed comes first."""
        now = self.cache.now()
        is_away = self._away_until is not None and now < self._away_until
        only_urgent = is_away or not self._is_holding
        for _ in range(MOST_AT_ONCE):  # the event loop has other work
            if len(self._under_way) >= AT_ONCE:
                return
            place = self.queue.take(now, self._has_room, only_urgent=only_urgent)
            if place is None:
                return
            self._begin_one(place, is_away=is_away)

    def _has_room(self, namespace: str) -> bool:
        return self._of_namespace[namespace] < OF_NAMESPACE

    def _begin_one(self, place: TaskKey, *, is_away: bool) -> None:
        seen, now = self.cache.tasks.get(place), self.cache.now()
        if seen is None or seen.job is None or seen.own is None:
            self.queue.close(place)
            return
        is_quiet = now < self._quiet.get(seen.own.node, now)
        if not self._may_act(place.namespace):
            self.queue.put_back(place, now + QUIET)
        elif is_away:
            self._lose(place, Lost.AWAY)
        elif is_quiet:
            self._postpone(place, Lost.LATE)
        else:
            self._of_namespace[place.namespace] += 1
            task = asyncio.create_task(self._keep(place, seen, seen.own.name))
            self._under_way[place] = task
            task.add_done_callback(partial(self._ended, place))

    def _postpone(self, place: TaskKey, reason: Lost) -> None:
        """Later, if its pod may wait for that."""
        if place in self._settled:
            self._lose(place, reason)
        else:
            self.queue.put_back(place, self.cache.now() + (AWAY if reason == Lost.AWAY else QUIET))

    async def _keep(self, place: TaskKey, seen: SeenTask, pod: str) -> None:
        blank = self._blank(place, seen)
        assert seen.job is not None
        read = await self.writer.read_tail(pod, blank, seen.job.tail_bytes)
        if read.is_silent and seen.own is not None:
            self._leave_alone(seen.own.node)
        if not self.queue.is_open(place):
            return
        if read.tail.lost:
            self._lose(place, Lost(read.tail.lost), read.tail)
            return
        refusal = await self._enqueue(read.tail) if read.tail.content else ""
        if not self.queue.is_open(place):
            return
        if refusal == Lost.AWAY:
            self._postpone(place, Lost.AWAY)
        elif refusal:
            self._lose(place, Lost(refusal))
        else:
            self.kept += 1
            self.bytes += len(read.tail.content)
            self._settle(place)

    def _ended(self, place: TaskKey, task: asyncio.Task[None]) -> None:
        del self._under_way[place]
        self._of_namespace[place.namespace] -= 1
        if not self._of_namespace[place.namespace]:
            del self._of_namespace[place.namespace]
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("the log of task %s: %s", place.task_id, type(error).__name__)
            self._lose(place, Lost.UNREAD)
        self._begin()

    # Ends

    def _settle(self, place: TaskKey) -> None:
        self.queue.close(place)
        settled = self._settled.pop(place, None)
        if settled is not None and not settled.done():
            settled.set_result(None)

    def _lose(self, place: TaskKey, reason: Lost, tail: Tail | None = None) -> None:
        """Count it once, and have the archive say so."""
        if not self.queue.is_open(place):
            return
        self.lost[reason] += 1
        seen = self.cache.tasks.get(place)
        if tail is None and seen is not None and seen.job is not None:
            tail = replace(self._blank(place, seen), lost=reason)
        if tail is not None and reason != Lost.AWAY:
            self._enqueue(tail)
        self._settle(place)

    def _gone(self, place: TaskKey) -> None:
        seen = self.cache.tasks.get(place)
        if self._may_act(place.namespace) and seen is not None and _has_begun(seen):
            self._lose(place, Lost.GONE)
        else:
            self._settle(place)

    def _leave_alone(self, node: str) -> None:
        now = self.cache.now()
        self._quiet = {name: at for name, at in self._quiet.items() if now < at}
        self._quiet[node] = now + QUIET

    def _went_away(self) -> None:
        self._away_until = self.cache.now() + AWAY

    # Rows

    def _blank(self, place: TaskKey, seen: SeenTask) -> Tail:
        job = seen.job
        assert job is not None
        return Tail(
            namespace=place.namespace,
            uid=job.owner_uid,
            task_uid=place.task_id.execution_uid,
            ordinal=place.task_id.ordinal,
            state=job.state,
            attempt=job.attempt,
            taken_at=_millis(self.cache.now()),
        )

    def _enqueue(self, tail: Tail) -> asyncio.Future[str]:
        """Done once it is in the database, with an empty text, or else why it is not."""
        told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._batch.append((tail, told))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return told

    async def _write(self) -> None:
        """Write whatever came while the last batch was written."""
        try:
            while self._batch:
                batch = self._batch[:MOST_AT_ONCE]
                del self._batch[:MOST_AT_ONCE]
                await self._write_batch(batch)
        finally:
            self._writing = None

    async def _write_batch(self, batch: Sequence[tuple[Tail, asyncio.Future[str]]]) -> None:
        refusal = ""
        try:
            await self.writer.put_tails([tail for tail, _ in batch])
        except ArchiveRefused:
            if len(batch) > 1:
                for one in batch:
                    await self._write_batch([one])
                return
            refusal = Lost.UNREAD
        except ArchiveAway:
            self._went_away()
            refusal = Lost.AWAY
        for _, told in batch:
            if not told.done():
                told.set_result(refusal)


def _has_begun(seen: SeenTask) -> bool:
    """Whether its container ran, so that it may have printed something."""
    pod = seen.own
    return pod is not None and bool({"running", "terminated"} & pod.container.keys())


def _task_of(place: TaskKey) -> TaskOf:
    return TaskOf(place.namespace, place.task_id.execution_uid, place.task_id.ordinal)


def _millis(at: datetime) -> int:
    return round(at.timestamp() * 1000)
