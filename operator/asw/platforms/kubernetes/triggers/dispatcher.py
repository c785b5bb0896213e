"""Gives turns to the Triggers that ends of Executions concern, while this replica acts.

Only the operator ends Executions, so nothing ends while no replica acts. Whoever takes over looks
for what ended after the instant up to which a Trigger's status says that all has been dealt with.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any, Final

from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.retention_index import Agenda
from asw.platforms.kubernetes.cache.seen import SeenExecution
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import TRIGGERS
from asw.platforms.kubernetes.notices.notice import Tell
from asw.platforms.kubernetes.schedules.lines import Lines
from asw.platforms.kubernetes.schedules.place import Place
from asw.platforms.kubernetes.storage.storage import Storage
from asw.platforms.kubernetes.triggers.book import (
    Book,
    end_id,
    fill_line,
    indexed,
    waiting_among,
    waiting_in,
)
from asw.platforms.kubernetes.triggers.ends import Ends
from asw.platforms.kubernetes.triggers.runs import TriggeredRuns
from asw.platforms.kubernetes.triggers.statuses import Statuses
from asw.platforms.kubernetes.triggers.turn import PATIENCE, Judge, Turn
from asw.platforms.kubernetes.triggers.watched import Watched
from asw.reconciler.platform import NotActingError, PlatformError, Refused
from asw.sandbox.jobs import SandboxError

LOOK_SECONDS: Final = 0.5
"""Between two looks at who waited before another try."""
PAUSE: Final = timedelta(seconds=2)
"""Before another try if the API server does not answer."""
LONG_PAUSE: Final = timedelta(seconds=30)
"""The same if it refuses."""

logger = logging.getLogger(__name__)


class Dispatcher:
    """See the module. ``turns`` counts those that were taken."""

    def __init__(
        self,
        client: KubeClient,
        cache: Cache,
        place: Place,
        judge: Judge,
    ) -> None:
        self._client, self._cache, self._may_act = client, cache, place.may_act
        self._namespaces = place.namespaces
        self.book = Book(cache.now, place.prefixes)
        self.runs = TriggeredRuns(client)
        self.statuses = Statuses(client, cache, self.book, place)
        self._turn = Turn(
            client=client,
            cache=cache,
            ends=Ends(client, cache, Storage(client)),
            runs=self.runs,
            judge=judge,
            is_current=lambda known: self.book.get(known.uid) is known,
        )
        self.is_on = False
        self.turns = 0
        self._lines = Lines("trigger", self._take, self._ended)
        self._later: Agenda[str] = Agenda()
        cache.on_end, cache.is_wanted = self.ended, self.wants

    def have_told(self, tell: Tell) -> None:
        """Have people told what Triggers start, and what is amiss with them."""
        self._turn.tell = self.statuses.tell = tell

    # What happens

    def see(self, kind: str | None, item: Mapping[str, Any]) -> None:
        """A Trigger came, changed or went."""
        metadata = item["metadata"]
        if kind == "DELETED":
            self._forget(metadata["uid"])
            return
        is_ours = self.is_on and self._may_act(metadata["namespace"])
        made = self.book.put(item, is_ours=is_ours)
        if made is not None and self.is_on:
            self._look(made)

    def ended(self, seen: SeenExecution) -> None:
        """An Execution ended."""
        if not self.is_on or seen.parent is not None or seen.ended_at is None:
            return
        for known in self.book.of(seen.key.namespace):
            wants = known.wants
            if wants is None or wants.is_suspended or not wants.concerns(seen):
                continue
            if seen.ended_at > known.since:
                known.enter(end_id(seen), seen.ended_at)
                self._stand_in_line(known)

    def wants(self, seen: SeenExecution) -> bool:
        """Whether its end waits for a Trigger, and has not done so for long."""
        at = seen.ended_at
        if not self.is_on or at is None or at < self._cache.now() - PATIENCE:
            return False
        end = end_id(seen)
        return any(
            end in known.line or (known.has_more and known.may_concern(end, seen))
            for known in self.book.of(seen.key.namespace)
        )

    def workflow_changed(self, namespace: str, name: str) -> None:
        """A Workflow came or went: its Triggers say so."""
        if self.is_on:
            for known in self.book.users(namespace, name):
                self.statuses.touch(known)

    async def take_over(self) -> None:
        """We act from now on: read all Triggers anew, and look for what waits for them."""
        self.stand_down()
        before, there = {known.uid for known in self.book}, set[str]()
        for namespace in self._namespaces:
            async for item in self._client.list(TRIGGERS, namespace):
                there.add(item["metadata"]["uid"])
                self.book.put(item, is_ours=False)
        self.is_on = True
        for uid in before - there:
            self._forget(uid)
        index = indexed(self._cache.executions.values())
        for known in self.book:
            fill_line(known, waiting_in(index, known))
            self._look(known)

    def stand_down(self) -> None:
        """Another replica acts: nothing is due here."""
        self.is_on = False
        self._later = Agenda()
        self.statuses.clear()
        self._lines.clear()

    async def compare(self) -> None:
        """Forget those that went unseen, and notice those that came or changed unseen."""
        before = {known.uid: known for known in self.book}
        for namespace in self._namespaces:
            listed = self._client.list(TRIGGERS, namespace, is_metadata_enough=True)
            async for item in listed:
                metadata = item["metadata"]
                known = before.pop(metadata["uid"], None)
                if known is None or known.generation != metadata.get("generation", 0):
                    with suppress(NotFound):
                        place = (metadata["namespace"], metadata["name"])
                        self.see(None, await self._client.get(TRIGGERS, *place))
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
        return {"triggers": self.work, "statuses of triggers": tell}

    async def work(self, come_round: Callable[[], None]) -> None:
        """Give turns to who waited before another try, without end."""
        while True:
            come_round()
            await asyncio.sleep(LOOK_SECONDS)
            now = self._cache.now().timestamp()
            while self.is_on and (uid := self._later.pop(now)) is not None:
                known = self.book.get(uid)
                if known is not None:
                    known.retry_at = None
                    self._stand_in_line(known)

    def _look(self, known: Watched) -> None:
        """Something of it is new: its status, and perhaps what waits for it."""
        self.statuses.touch(known)
        if known.wants is not None:
            self._stand_in_line(known)

    def _forget(self, uid: str) -> None:
        heir = self.book.drop(uid)
        self._later.drop(uid)
        self.statuses.drop(uid)
        if heir is not None and self.is_on:
            self._look(heir)

    def _stand_in_line(self, known: Watched) -> None:
        if known.retry_at is None:
            self._lines.stand(known.namespace, known.uid)

    async def _take(self, uid: str) -> None:
        known = self.book.get(uid)
        if known is None or not self.is_on or not self._may_act(known.namespace):
            return
        self.turns += 1
        before = known.trouble
        try:
            await self._turn.take(known)
        except NotActingError:
            return
        except Refused as error:
            known.trouble, known.retry_at = str(error), self._cache.now() + LONG_PAUSE
            if known.trouble != before:
                logger.warning("Trigger %s/%s: %s", known.namespace, known.name, error)
        except (PlatformError, SandboxError) as error:
            known.retry_at = self._cache.now() + PAUSE
            logger.warning("Trigger %s/%s: %s", known.namespace, known.name, error)
        except Exception:
            known.retry_at = self._cache.now() + LONG_PAUSE
            logger.exception("Trigger %s/%s failed", known.namespace, known.name)

    def _ended(self, uid: str) -> bool:
        """A turn is over; whether the next one may follow at once."""
        known = self.book.get(uid)
        if not self.is_on or known is None:
            return False
        self.statuses.touch(known)
        if known.retry_at is not None:
            self._later.put(uid, known.retry_at.timestamp())
            return False
        if known.has_more and not known.line:
            fill_line(known, waiting_among(self._cache.executions.values(), known))
        if known.line and known.is_checked and not known.mistakes:
            self._lines.stand(known.namespace, uid)
        return True
