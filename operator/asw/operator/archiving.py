"""What ended goes into the archive, and retention hears what is there.

The objects are the queue (``cache.unarchived``): while the archive is away they stay, and nothing
is held for it in memory. It is asked again after a pause that grows.
"""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Final, Protocol

from asw.archive.errors import ArchiveAway
from asw.archive.opening import no_extra
from asw.archive.reading import Ended, Place
from asw.archive.writing import MOST_AT_ONCE, Written
from asw.operator.tailing import Tailing, TailWriter
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.unarchived import Unarchived
from asw.platforms.kubernetes.client.client import KubeClient
from asw.reconciler.counters import Histogram

ROUND_SECONDS: Final = 10.0
"""After so long a round ends, though there is more: its supervisor wants to see it alive."""
LONGEST_PAUSE: Final = 60.0
"""Seconds after which an archive that is away is asked again, at the latest."""
ELSEWHERE: Final = timedelta(minutes=1)
"""How long after it was another installation's one is looked at again."""
UNREAD: Final = timedelta(seconds=30)
"""The same of one that the API server did not tell: thousands may have to be asked for again."""
REFUSED: Final = timedelta(hours=1)
"""How long one is held back that the database refuses; a new version may know better."""
MOST_REFUSED: Final = 1000
"""So many uids are remembered before those are forgotten that are gone."""

logger = logging.getLogger(__name__)


class Writer(TailWriter, Protocol):
    """Where runs go; ``ArchiveWriter`` is one."""

    batch_seconds: Histogram
    bytes: int

    def close(self) -> None:
        """End."""

    async def archive(self, ended: Sequence[Ended]) -> Written:
        """Write those that the archive lacks."""

    async def known(self, uids: Collection[str]) -> Mapping[str, int]:
        """Which of these it has, with their epochs. Raises ArchiveAway."""


class Archiving:
    """Archives what ended; ``archived`` and ``failures`` (by kind) count runs and attempts.

    ``refused`` has the uids that are held back. ``is_away`` until the archive answers again.
    ``tailing`` keeps logs of tasks; what retention may delete has them there.
    """

    def __init__(
        self,
        cache: Cache,
        writer: Writer,
        may_act: Callable[[str], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.cache = cache
        self.writer = writer
        self.queue = cache.unarchived = Unarchived()
        self.is_away = False
        self.archived = 0
        self.failures: Counter[str] = Counter()
        self.refused: set[str] = set()
        self.tailing = Tailing(cache, writer, may_act, clock)
        self._may_act = may_act
        self._clock = clock
        self._pauses = 0
        self._again_at = 0.0

    def stand_down(self) -> None:
        """Another replica archives."""
        self.queue.stand_down()
        self.tailing.stand_down()

    async def close(self) -> None:
        """End; what is being written is waited for, but not for ever."""
        await self.tailing.close()
        await asyncio.to_thread(self.writer.close)

    async def work(self) -> None:
        """Archive what waits; called again and again by the holder of the Lease."""
        self.queue.is_holding = True
        until = self._clock() + ROUND_SECONDS
        while self._again_at <= self._clock() < until:
            uids = self.queue.take(self.cache.now(), MOST_AT_ONCE)
            if uids:
                await self._archive(uids)
            elif self.is_away:
                await self.lacking({"": 0})
            if len(uids) < MOST_AT_ONCE:
                return

    async def lacking(self, ends: Mapping[str, int]) -> Collection[str] | None:
        """Uids that the archive does not have at this epoch; None if it does not answer.

        Whatever it was believed to have is archived again: somebody may have restored it.
        """
        try:
            known = await self.writer.known(ends)
        except ArchiveAway as away:
            self._went_away(str(away))
            return None
        self._came_back()
        lacking = {uid for uid, epoch in ends.items() if known.get(uid, -1) < epoch}
        for uid in lacking - self.refused:
            if (seen := self.cache.executions.get(uid)) is not None:
                self.queue.want(uid, seen.key.namespace)
        return lacking | self._held(ends)

    def _held(self, uids: Iterable[str]) -> set[str]:
        """Those with tasks whose logs are still to be kept."""
        seen = ((uid, self.cache.executions.get(uid)) for uid in uids)
        return {
            uid for uid, it in seen if it is not None and self.tailing.holds(it.key.namespace, uid)
        }

    async def _archive(self, uids: Sequence[str]) -> None:
        ended: dict[str, Ended] = {}
        for uid in uids:
            seen = self.cache.executions.get(uid)
            if seen is None:
                self.queue.gone(uid)
            elif not self._may_act(seen.key.namespace):
                self.queue.put_back(uid, self.cache.now() + ELSEWHERE)
            else:
                item = self.queue.take_item(uid)
                ended[uid] = Ended(key=seen.key, epoch=seen.redrive_count, item=item)
        written = Written(away="it was given up")
        try:
            written = await self.writer.archive(list(ended.values()))
        finally:
            self._note(ended, written)
        if written.away:
            self._went_away(written.away)
        else:
            self._came_back()

    def _note(self, ended: Mapping[str, Ended], written: Written) -> None:
        """What became of each; what has ended once more meanwhile is in line again already."""
        self.archived += len(written.archived)
        done = written.archived | written.known | written.none
        self.refused -= done
        now = self.cache.now()
        for uid, one in ended.items():
            seen = self.cache.executions.get(uid)
            is_same = seen is not None and seen.redrive_count == one.epoch
            if uid in written.refused:
                self._hold_back(one, written.refused[uid])
            elif uid in written.unread:
                self.failures["unread"] += 1
                self.queue.put_back(uid, now + UNREAD)
            elif uid not in done:
                self.queue.put_back(uid, now)
            elif is_same:
                self.queue.gone(uid)

    def _hold_back(self, one: Ended, reason: str) -> None:
        self.failures["refused"] += 1
        self.refused.add(one.key.uid)
        if len(self.refused) > MOST_REFUSED:
            self.refused &= self.cache.executions.keys()
        self.queue.put_back(one.key.uid, self.cache.now() + REFUSED)
        place = one.key.namespace, one.key.name
        logger.warning("execution %s/%s cannot be archived, and stays: %s", *place, reason)

    def _went_away(self, reason: str) -> None:
        self.failures["away"] += 1
        if not self.is_away:
            logger.warning("the archive is away (%s): nothing is deleted meanwhile", reason)
        self.is_away = True
        longest = min(LONGEST_PAUSE, 2.0**self._pauses)
        self._pauses = min(self._pauses + 1, 10)
        # Not for secrets: replicas of many clusters must not all come at once.
        self._again_at = self._clock() + longest * random.uniform(0.5, 1)  # noqa: S311

    def _came_back(self) -> None:
        if self.is_away:
            logger.info("the archive answers again")
        self.is_away = False
        self._pauses = 0


class KnownToCache:
    """Versions of Workflows and Functions: single look-ups in dicts, hence from any thread."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def workflow(self, namespace: str, name: str) -> Place | None:
        """The Workflow of that name."""
        found = self._cache.workflows.get((namespace, name))
        return None if found is None else Place(name, found.metadata.resource_version)

    def function(self, namespace: str, public_name: str) -> Place | None:
        """The Function that definitions know by that name."""
        found = self._cache.functions.get((namespace, public_name))
        if found is None:
            return None
        return Place(found.metadata.name, found.metadata.resource_version)


def archiving(
    url: str,
    cache: Cache,
    connect: Callable[[], AbstractAsyncContextManager[KubeClient]],
    may_act: Callable[[str], bool],
    clock: Callable[[], float] = time.monotonic,
) -> Archiving:
    """The archive at that URL, with its writer at work. Raises Failure."""
    try:
        from asw.archive.writer import ArchiveWriter  # noqa: PLC0415 -- an extra, for who has one
    except ImportError as error:
        raise no_extra() from error
    writer = ArchiveWriter(url, connect, KnownToCache(cache))
    writer.start()
    return Archiving(cache, writer, may_act, clock)
