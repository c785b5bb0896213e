"""Writes the statuses of Schedules: a while after they changed, and once for all that changed.

Runs come first: their names tell what was started, so a status may lag behind without harm.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from asw.asl.values import to_text
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import SCHEDULES
from asw.platforms.kubernetes.notices.notice import Tell, tell_nobody
from asw.platforms.kubernetes.schedules.book import Book
from asw.platforms.kubernetes.schedules.occasions import of_status
from asw.platforms.kubernetes.schedules.telling import Surroundings, status_of
from asw.platforms.kubernetes.schedules.watched import Wants, Watched
from asw.reconciler.platform import Conflict, NotActingError, PlatformError, Refused

AT_ONCE: Final = 16
"""Statuses that are written at the same time."""
LAG_SECONDS: Final = 0.5
"""From the first change to the write: a short run has ended by then."""
MOST_LAG_SECONDS: Final = 10.0
"""After this time a status is written even while runs are being started."""
LOOK_SECONDS: Final = 0.1

logger = logging.getLogger(__name__)


class Statuses:
    """The statuses that are to be written, the one that waits longest first."""

    def __init__(
        self,
        client: KubeClient,
        cache: Cache,
        book: Book,
        *,
        may_act: Callable[[str], bool],
        grace: timedelta,
    ) -> None:
        self._client, self._cache, self._book = client, cache, book
        self._may_act, self._grace = may_act, grace
        self._touched: dict[str, float] = {}
        self.tell: Tell = tell_nobody
        """Takes notices about what was written."""

    def touch(self, known: Watched) -> None:
        """Its status may differ from what was told."""
        self._touched.setdefault(known.uid, self._cache.clock())

    def touch_if_it_waits(self, known: Watched) -> None:
        """The same if it waits for its Workflow, which counts as stalled after a while."""
        if known.wants is not None and not self._has_workflow(known.namespace, known.wants):
            self.touch(known)

    def drop(self, uid: str) -> None:
        """It is gone."""
        self._touched.pop(uid, None)

    def clear(self) -> None:
        """Another replica tells."""
        self._touched.clear()

    async def work(self, is_busy: Callable[[], bool], come_round: Callable[[], None]) -> None:
        """Write, without end; ``is_busy``: runs are being started."""
        while True:
            come_round()
            await asyncio.sleep(LOOK_SECONDS)
            while uids := self._due(is_busy=is_busy()):
                await asyncio.gather(*map(self._tell, uids))
                come_round()

    def _due(self, *, is_busy: bool) -> list[str]:
        """The next ones to write."""
        lag = MOST_LAG_SECONDS if is_busy else LAG_SECONDS
        latest, due = self._cache.clock() - lag, list[str]()
        for uid, since in self._touched.items():
            if since > latest or len(due) == AT_ONCE:
                break
            due.append(uid)
        for uid in due:
            del self._touched[uid]
        return due

    async def _tell(self, uid: str) -> None:
        known = self._book.get(uid)
        if known is None or not self._may_act(known.namespace):
            return
        try:
            await self._write(known)
        except NotActingError:
            return
        except NotFound:
            return  # an event says so
        except Refused as error:
            logger.warning("Schedule %s/%s: %s", known.namespace, known.name, error)
        except PlatformError as error:
            logger.warning("Schedule %s/%s: %s", known.namespace, known.name, error)
            self.touch(known)
        except Exception:
            logger.exception("the status of Schedule %s/%s", known.namespace, known.name)

    async def _write(self, known: Watched) -> None:
        status = self._status(known)
        text = to_text(status)
        if text == known.told:
            return
        try:
            made = await self._client.replace_status(
                SCHEDULES, known.namespace, known.name, version=known.version, status=status
            )
        except Conflict:
            item = await self._client.get(SCHEDULES, known.namespace, known.name)
            if item["metadata"]["uid"] == known.uid:
                known.version = item["metadata"]["resourceVersion"]
                self.touch(known)
            return
        before, known.told = known.told, text
        known.version = made["metadata"]["resourceVersion"]
        for notice in of_status(known, before, status):
            self.tell(notice)

    def _status(self, known: Watched) -> dict[str, object]:
        wants = known.wants
        around = Surroundings(
            runs=self._cache.scheduled.of(known.namespace, known.uid).values(),
            has_workflow=wants is None or self._has_workflow(known.namespace, wants),
            now=self._cache.now(),
            grace=self._grace,
        )
        return status_of(known, around)

    def _has_workflow(self, namespace: str, wants: Wants) -> bool:
        return (namespace, wants.workflow) in self._cache.workflows
