"""The statuses of Triggers."""

from collections.abc import Mapping
from typing import Any

from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.resources import TRIGGERS
from asw.platforms.kubernetes.notices.notice import Tell, tell_nobody
from asw.platforms.kubernetes.schedules.place import Place
from asw.platforms.kubernetes.storage.status_writer import StatusWriter
from asw.platforms.kubernetes.triggers.book import Book
from asw.platforms.kubernetes.triggers.telling import Surroundings, of_status, status_of
from asw.platforms.kubernetes.triggers.watched import Watched


class Statuses(StatusWriter[Watched]):
    """Writes them."""

    resource = TRIGGERS

    def __init__(self, client: KubeClient, cache: Cache, book: Book, place: Place) -> None:
        super().__init__(client, cache, may_act=place.may_act)
        self._book, self._grace = book, place.grace
        self.tell: Tell = tell_nobody
        """Takes notices about what was written."""

    def find(self, uid: str) -> Watched | None:
        """The Trigger of this uid."""
        return self._book.get(uid)

    def touch_if_it_waits(self, known: Watched) -> None:
        """Touch it if it waits for its Workflow, which counts as stalled after a while."""
        if not self._has_workflow(known):
            self.touch(known)

    def status_of(self, known: Watched) -> Mapping[str, Any]:
        """What it is worth, and what it did."""
        around = Surroundings(
            has_workflow=self._has_workflow(known), now=self._cache.now(), grace=self._grace
        )
        return status_of(known, around)

    def written(self, known: Watched, before: str, status: Mapping[str, Any]) -> None:
        """Tell people of what it lacks."""
        for notice in of_status(known, before, status):
            self.tell(notice)

    def _has_workflow(self, known: Watched) -> bool:
        wants = known.wants
        return wants is None or (known.namespace, wants.workflow) in self._cache.workflows
