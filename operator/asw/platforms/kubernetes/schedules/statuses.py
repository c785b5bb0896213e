"""The statuses of Schedules.

Runs come first: their names tell what was started, so a status may lag behind without harm.
"""

from collections.abc import Mapping
from typing import Any

from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.resources import SCHEDULES
from asw.platforms.kubernetes.notices.notice import Tell, tell_nobody
from asw.platforms.kubernetes.schedules.book import Book
from asw.platforms.kubernetes.schedules.occasions import of_status
from asw.platforms.kubernetes.schedules.place import Place
from asw.platforms.kubernetes.schedules.telling import Surroundings, status_of
from asw.platforms.kubernetes.schedules.watched import Wants, Watched
from asw.platforms.kubernetes.storage.status_writer import StatusWriter


class Statuses(StatusWriter[Watched]):
    """Writes them."""

    resource = SCHEDULES

    def __init__(self, client: KubeClient, cache: Cache, book: Book, place: Place) -> None:
        super().__init__(client, cache, may_act=place.may_act)
        self._book, self._grace = book, place.grace
        self.tell: Tell = tell_nobody
        """Takes notices about what was written."""

    def find(self, uid: str) -> Watched | None:
        """The Schedule of this uid."""
        return self._book.get(uid)

    def touch_if_it_waits(self, known: Watched) -> None:
        """Touch it if it waits for its Workflow, which counts as stalled after a while."""
        if known.wants is not None and not self._has_workflow(known.namespace, known.wants):
            self.touch(known)

    def status_of(self, known: Watched) -> Mapping[str, Any]:
        """What it wants and how far it is, with the runs that are under way."""
        wants = known.wants
        around = Surroundings(
            runs=self._cache.scheduled.of(known.namespace, known.uid).values(),
            has_workflow=wants is None or self._has_workflow(known.namespace, wants),
            now=self._cache.now(),
            grace=self._grace,
        )
        return status_of(known, around)

    def written(self, known: Watched, before: str, status: Mapping[str, Any]) -> None:
        """Tell people of what it lacks."""
        for notice in of_status(known, before, status):
            self.tell(notice)

    def _has_workflow(self, namespace: str, wants: Wants) -> bool:
        return (namespace, wants.workflow) in self._cache.workflows
