"""When each Schedule has its turn, and whose turn is now: a heap of times, and lines of namespaces.

A namespace has a line of its own, so that one with ten thousand Schedules does not keep the others
waiting. The clock is looked at every second at least, because it may be set.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Any, Final

from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.scheduled import Run
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.resources import SCHEDULES
from asw.platforms.kubernetes.notices.notice import Tell
from asw.platforms.kubernetes.schedules.book import Book
from asw.platforms.kubernetes.schedules.lines import Lines
from asw.platforms.kubernetes.schedules.place import Place
from asw.platforms.kubernetes.schedules.runs import ScheduledRuns
from asw.platforms.kubernetes.schedules.statuses import Statuses
from asw.platforms.kubernetes.schedules.turn import Turn, wake_at
from asw.platforms.kubernetes.schedules.watched import Watched
from asw.reconciler.platform import NotActingError, PlatformError, Refused

LOOK_SECONDS: Final = 1.0
"""The longest time between two looks at the clock."""
PAUSE: Final = timedelta(seconds=2)
"""Before another try if the API server does not answer."""
LONG_PAUSE: Final = timedelta(seconds=30)
"""The same if it refuses."""

_STALE: Final = 64
"""Entries of the heap that a later plan replaced, before they are thrown away."""

logger = logging.getLogger(__name__)


class Clockwork:
    """Gives turns to the Schedules that are due, while this replica acts."""

    def __init__(self, client: KubeClient, cache: Cache, place: Place) -> None:
        self._client, self._cache, self._may_act = client, cache, place.may_act
        self._namespaces = place.namespaces
        self.book = Book(cache.now, place.prefixes)
        self.runs = ScheduledRuns(client)
        self.statuses = Statuses(client, cache, self.book, place)
        self._turn = Turn(
            scheduled=cache.scheduled,
            runs=self.runs,
            now=cache.now,
            is_current=lambda known: self.book.get(known.uid) is known,
        )
        self.is_on = False
        self.turns = 0
        """How many turns were taken."""
        self._heap: list[tuple[datetime, int, str]] = []
        self._planned: dict[str, datetime] = {}
        self._numbers = count()
        self._lines = Lines("schedule", self._take, self._ended)
        self._bell = asyncio.Event()
        cache.scheduled.changed = self.ran

    def have_told(self, tell: Tell) -> None:
        """Have people told what Schedules start and miss, and what is amiss with them."""
        self._turn.tell = self.statuses.tell = tell

    # What happens

    def see(self, kind: str | None, item: Mapping[str, Any]) -> None:
        """A Schedule came, changed or went."""
        metadata = item["metadata"]
        if kind == "DELETED":
            self._forget(metadata["uid"])
            return
        is_ours = self.is_on and self._may_act(metadata["namespace"])
        made = self.book.put(item, is_ours=is_ours)
        if made is not None and self.is_on:
            self._look(made)

    def workflow_changed(self, namespace: str, name: str) -> None:
        """A Workflow came or went: its Schedules say so."""
        if self.is_on:
            for known in self.book.users(namespace, name):
                self.statuses.touch(known)

    def ran(self, run: Run, phase: str | None) -> None:
        """A run of a Schedule came, ended, or began or stopped waiting."""
        known = self.book.get(run.schedule_uid)
        if known is None or known.namespace != run.key.namespace:
            return
        if phase:
            known.ended(run.instant, phase)
        if not self.is_on or known.wants is None:
            return
        self.statuses.touch(known)
        if phase is not None and known.wants.rules.concurrency != "Allow":
            self._stand_in_line(known.uid)

    async def take_over(self) -> None:
        """We act from now on: read all Schedules anew, for a watch may be behind."""
        self.stand_down()
        before, there = {known.uid for known in self.book}, set[str]()
        for namespace in self._namespaces:
            async for item in self._client.list(SCHEDULES, namespace):
                there.add(item["metadata"]["uid"])
                self.book.put(item, is_ours=False)
        self.is_on = True
        for uid in before - there:
            self._forget(uid)
        for known in self.book:
            self._look(known)

    def stand_down(self) -> None:
        """Another replica acts: nothing is due here."""
        self.is_on = False
        self._heap.clear()
        self._planned.clear()
        self.statuses.clear()
        self._lines.clear()

    async def compare(self) -> None:
        """Forget those that went unseen, and notice those that came or changed unseen."""
        before = {known.uid: known for known in self.book}
        for namespace in self._namespaces:
            listed = self._client.list(SCHEDULES, namespace, is_metadata_enough=True)
            async for item in listed:
                metadata = item["metadata"]
                known = before.pop(metadata["uid"], None)
                if known is None or known.generation != metadata.get("generation", 0):
                    name = metadata["name"]
                    self.see(None, await self._client.get(SCHEDULES, metadata["namespace"], name))
        for known in before.values():
            if self.book.get(known.uid) is known:
                self._forget(known.uid)
        if self.is_on:
            for known in self.book:
                self.statuses.touch_if_it_waits(known)

    # Whose turn it is

    def loops(self) -> Mapping[str, Callable[[Callable[[], None]], Awaitable[None]]]:
        """What runs without end, by name; each calls its argument whenever it comes round."""
        tell = partial(self.statuses.work, lambda: self._lines.is_busy)
        return {"schedules": self.work, "statuses of schedules": tell}

    async def work(self, come_round: Callable[[], None]) -> None:
        """Give turns, without end."""
        while True:
            come_round()
            self._bell.clear()
            pause = self._hand_out() if self.is_on else LOOK_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._bell.wait()

    def _hand_out(self) -> float:
        """Put who is due into line; seconds until the next look."""
        now = self._cache.now()
        while self._heap and self._heap[0][0] <= now:
            at, _, uid = heappop(self._heap)
            if self._planned.get(uid) == at:
                del self._planned[uid]
                self._stand_in_line(uid)
        if not self._heap:
            return LOOK_SECONDS
        return min(max((self._heap[0][0] - now).total_seconds(), 0.0), LOOK_SECONDS)

    def _look(self, known: Watched) -> None:
        """Something of it is new: its status, and when it is due."""
        self.statuses.touch(known)
        self._plan(known)
        if self._cache.scheduled.of(known.namespace, known.uid):
            self._stand_in_line(known.uid)  # who waits may go on

    def _plan(self, known: Watched) -> None:
        has_runs = bool(self._cache.scheduled.of(known.namespace, known.uid))
        at = wake_at(known, self._cache.now(), has_runs=has_runs)
        if at is None:
            self._planned.pop(known.uid, None)
        elif self._planned.get(known.uid) != at:
            self._planned[known.uid] = at
            heappush(self._heap, (at, next(self._numbers), known.uid))
            if len(self._heap) > 2 * len(self._planned) + _STALE:
                self._heap = [(at, next(self._numbers), uid) for uid, at in self._planned.items()]
                heapify(self._heap)
            if self._heap[0][2] == known.uid:
                self._bell.set()

    def _forget(self, uid: str) -> None:
        self.book.drop(uid)
        self._planned.pop(uid, None)
        self.statuses.drop(uid)

    def _stand_in_line(self, uid: str) -> None:
        known = self.book.get(uid)
        if known is not None:
            self._lines.stand(known.namespace, uid)

    async def _take(self, uid: str) -> None:
        known = self.book.get(uid)
        if known is not None:
            await self._try(known)

    async def _try(self, known: Watched) -> None:
        if not self.is_on or not self._may_act(known.namespace):
            return
        self.turns += 1
        known.retry_at, known.trouble, before = None, "", known.trouble
        try:
            await self._turn.take(known)
        except NotActingError:
            return
        except Refused as error:
            known.trouble, known.retry_at = str(error), self._cache.now() + LONG_PAUSE
            if known.trouble != before:
                logger.warning("Schedule %s/%s: %s", known.namespace, known.name, error)
        except PlatformError as error:
            known.trouble, known.retry_at = before, self._cache.now() + PAUSE
            logger.warning("Schedule %s/%s: %s", known.namespace, known.name, error)
        except Exception:
            known.retry_at = self._cache.now() + LONG_PAUSE
            logger.exception("Schedule %s/%s failed", known.namespace, known.name)

    def _ended(self, uid: str) -> bool:
        """A turn is over; whether the next one may follow at once."""
        current = self.book.get(uid)  # another object than before, if we stood down meanwhile
        if not self.is_on or current is None:
            return False
        self.statuses.touch(current)
        self._plan(current)
        return current.retry_at is None
