"""What a replica does first when it wins the Lease, and what it does when it loses it.

The watches of a standby may be behind what the previous holder did. So nothing begins before tasks
were listed, and every running task has its slot before any start is admitted.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import EXECUTIONS
from asw.platforms.kubernetes.tasks.observations import JobObservation
from asw.platforms.kubernetes.watch.feed import Feed
from asw.platforms.kubernetes.watch.listing import list_tasks, resume_live
from asw.reconciler.platform import ExecutionKey, PlatformError
from asw.reconciler.reconciler import Reconciler

PAUSE_SECONDS = 2.0

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Succession:
    """Takes over and stands down. Nothing may be done before ``is_current`` says so.

    ``take_over`` is cancelled if the Lease is lost meanwhile.
    """

    client: KubeClient
    feed: Feed
    reconciler: Reconciler
    namespaces: Sequence[str | None]
    is_current: bool = False

    async def take_over(self) -> None:
        """The Lease is ours: look at everything that is not over."""
        await self._catch_up()
        with self.reconciler.slots.looking():
            self.adopt()
            await self._resume(self.reconciler.reload)

    async def take_up(self, is_new: Callable[[str], bool], begin: Callable[[], None]) -> None:
        """Another installation left namespaces to us: the same for what is in them.

        From ``begin`` on we act there. Raises PlatformError before that.
        """
        await self._look_at_tasks()
        self.feed.platform.tasks.stand_down()

        def reload(key: ExecutionKey) -> None:
            if is_new(key.namespace):
                self.reconciler.reload(key)

        with self.reconciler.slots.looking():
            begin()
            unfinished = self.feed.cache.unfinished()
            self.reconciler.adopt(key for key in unfinished if is_new(key.namespace))
            await self._resume(reload)

    def adopt(self) -> None:
        """Act from now on; what runs keeps its slots."""
        self.is_current = True
        self.reconciler.take_up(self.feed.cache.unfinished())

    def stand_down(self) -> None:
        """Another replica has the Lease: it decides from now on."""
        self.is_current = False
        self.client.abort_writes()
        self.feed.platform.executions.garbage.clear()
        self.feed.platform.tasks.stand_down()
        self.feed.platform.workers.clear()
        self.reconciler.stand_down()

    async def _catch_up(self) -> None:
        """Take tasks as they are now, and find their owners."""
        while True:
            try:
                await self._look_at_tasks()
            except PlatformError as error:
                logger.warning("could not list tasks: %s", error)
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                return

    async def _look_at_tasks(self) -> None:
        await list_tasks(self.client, self.feed, self.namespaces)
        await self._meet_owners()

    async def _resume(self, reload: Callable[[ExecutionKey], None]) -> None:
        feed = self.feed
        await resume_live(self.client, feed.cache, self.namespaces, reload, feed.listed)

    async def _meet_owners(self) -> None:
        """Load executions that have tasks and that no watch reported yet: few, if any."""
        jobs = [seen.job for seen in self.feed.cache.tasks.values() if seen.job is not None]
        unknown = {job.owner_uid: job for job in jobs if self._is_strange(job)}
        for job in unknown.values():
            try:
                item = await self.client.get(EXECUTIONS, job.namespace, job.owner_name)
            except NotFound:
                continue
            if item["metadata"]["uid"] == job.owner_uid:
                self.feed.listed(item)

    def _is_strange(self, job: JobObservation) -> bool:
        return job.finished_at is None and job.owner_uid not in self.feed.cache.executions
