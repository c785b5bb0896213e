"""The archive as verbs meet it: runs that the cluster does not have any more, by search and name.

Two answer to it: ``asw serve`` (``asw.executions.cluster.archive``), and the database itself
(``asw.archive.direct``). Questions are the JSON objects of docs/reference/archive.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from asw.asl.values import Json
from asw.executions.run import Run
from asw.failures import Failure


class Unanswered(Failure):
    """The archive is there and does not answer this, or not now: nobody knows what it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Runs with as much of them as lists show; ``after`` is where the next page begins."""

    runs: tuple[Run, ...]
    after: str | None


class Archive(Protocol):
    """Raises Failure: Unanswered if it is the archive that refuses."""

    async def search(self, asked: Mapping[str, Json]) -> Page:
        """A page of the search."""
        ...

    async def bundle(self, asked: Mapping[str, Json]) -> bytes | None:
        """The bundle of a run, by namespace and name or uid; None if it has none."""
        ...

    async def logs(self, asked: Mapping[str, Json]) -> Mapping[str, Json]:
        """A page of what is kept of tasks' logs: ``items``, and ``next``."""
        ...


def page_in(answer: Mapping[str, Json]) -> Page:
    """The page that an answer holds."""
    return Page(runs=tuple(map(Run, answer["items"])), after=answer["next"])
