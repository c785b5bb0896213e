"""Writes the statuses of objects of one kind: a while after a change, once for all that changed.

For statuses that tell what was done, and may lag behind it without harm.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, Protocol, TypeVar

from asw.asl.values import to_text
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import Resource
from asw.reconciler.platform import Conflict, NotActingError, PlatformError, Refused

AT_ONCE: Final = 16
"""Statuses that are written at the same time."""
LAG_SECONDS: Final = 0.5
"""From the first change to the write: a short run has ended by then."""
MOST_LAG_SECONDS: Final = 10.0
"""After this time a status is written even while runs are being started."""
LOOK_SECONDS: Final = 0.1

logger = logging.getLogger(__name__)


class Told(Protocol):
    """An object that is known: ``told`` is its status as it was read or written, as JSON text."""

    uid: str
    namespace: str
    name: str
    version: str
    told: str


Known = TypeVar("Known", bound=Told)


class StatusWriter(ABC, Generic[Known]):
    """The statuses that are to be written, the one that waits longest first."""

    resource: Resource

    def __init__(self, client: KubeClient, cache: Cache, *, may_act: Callable[[str], bool]) -> None:
        self._client, self._cache, self._may_act = client, cache, may_act
        self._touched: dict[str, float] = {}

    @abstractmethod
    def find(self, uid: str) -> Known | None:
        """The object of this uid; None if it is gone."""

    @abstractmethod
    def status_of(self, known: Known) -> Mapping[str, Any]:
        """Its status as it should be now."""

    @abstractmethod
    def written(self, known: Known, before: str, status: Mapping[str, Any]) -> None:
        """Its status is new; the one before is JSON text."""

    def touch(self, known: Known) -> None:
        """Its status may differ from what was told."""
        self._touched.setdefault(known.uid, self._cache.clock())

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
        known = self.find(uid)
        if known is None or not self._may_act(known.namespace):
            return
        place = (self.resource.kind, known.namespace, known.name)
        try:
            await self._write(known)
        except NotActingError:
            return
        except NotFound:
            return  # an event says so
        except Refused as error:
            logger.warning("%s %s/%s: %s", *place, error)
        except PlatformError as error:
            logger.warning("%s %s/%s: %s", *place, error)
            self.touch(known)
        except Exception:
            logger.exception("the status of %s %s/%s", *place)

    async def _write(self, known: Known) -> None:
        status = self.status_of(known)
        text = to_text(dict(status))
        if text == known.told:
            return
        try:
            made = await self._client.replace_status(
                self.resource, known.namespace, known.name, version=known.version, status=status
            )
        except Conflict:
            item = await self._client.get(self.resource, known.namespace, known.name)
            if item["metadata"]["uid"] == known.uid:
                known.version = item["metadata"]["resourceVersion"]
                self.touch(known)
            return
        before, known.told = known.told, text
        known.version = made["metadata"]["resourceVersion"]
        self.written(known, before, status)
