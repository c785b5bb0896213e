"""The archive by its address, for administrators: whoever has that may read all of it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from asw.archive.errors import ArchiveAway
from asw.archive.opening import open_archive, require_file
from asw.archive.questions import InvalidQuestion, answer, read_search, read_wanted
from asw.archive.store import ArchiveStore
from asw.archive.tail_questions import answer_tails, read_tails
from asw.asl.values import Json
from asw.executions.archives import Page, Unanswered, page_in
from asw.exits import BAD_INPUT, NO_CLUSTER
from asw.messages import t

_SECONDS = 60
_Result = TypeVar("_Result")


def open_direct(url: str) -> "DirectArchive":
    """The archive at the URL. Raises Failure."""
    require_file(url)
    store = open_archive(url, seconds=_SECONDS)
    assert store is not None, "a URL was given"
    return DirectArchive(store)


@dataclass(frozen=True, slots=True)
class DirectArchive:
    """A store, asked as ``asw serve`` is."""

    store: ArchiveStore

    async def search(self, asked: Mapping[str, Json]) -> Page:
        """A page of the search."""
        return page_in(await _told(lambda: answer(self.store, read_search(asked))))

    async def bundle(self, asked: Mapping[str, Json]) -> bytes | None:
        """The bundle of a run."""
        return await _told(lambda: self._bundle(asked))

    async def logs(self, asked: Mapping[str, Json]) -> Mapping[str, Json]:
        """A page of what is kept of tasks' logs."""
        return await _told(lambda: answer_tails(self.store, read_tails(asked)))

    def _bundle(self, asked: Mapping[str, Json]) -> bytes | None:
        wanted = read_wanted(asked)
        kept = self.store.find(wanted.namespace, uid=wanted.uid, name=wanted.name)
        return None if kept is None else self.store.get(wanted.namespace, kept.run.uid)


async def _told(work: Callable[[], _Result]) -> _Result:
    try:
        return await asyncio.to_thread(work)
    except InvalidQuestion as error:
        raise Unanswered(
            t("the archive does not understand that: {fault}", fault=error),
            remedy=t("asw list --help shows how it is asked"),
            code=BAD_INPUT,
        ) from error
    except ArchiveAway as error:
        raise Unanswered(
            t("the archive does not answer: {fault}", fault=error),
            remedy=t("check the database, and whether the operator has made its tables"),
            code=NO_CLUSTER,
        ) from None
