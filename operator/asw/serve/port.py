"""What is behind the door: who takes reports, and has the tasks of activities.

Two answer to it: the operator of a cluster (``asw.serve.results``), and the store of this machine
(``asw.serve.store``). Statuses and objects of answers are the same, so that clients need not know.
"""

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

from asw.asl.values import Json
from asw.platforms.kubernetes.results.polls import Place

Answer: TypeAlias = tuple[int, Mapping[str, Any]]
"""Status and object of an answer."""


class Behind(Protocol):
    """Takes reports and hands out tasks. Everything raises PlatformError if it cannot now."""

    async def owner_of(self, token: str) -> str | None:
        """The namespace whose token of a callback this is; None if it is no genuine one."""
        ...

    async def report(self, what: str, token: str, said: Mapping[str, Json]) -> Answer:
        """Take success, failure or heartbeat; 200 means saved. May raise ReportRefused."""
        ...

    async def take(self, said: Mapping[str, Json]) -> Answer:
        """A task for a worker, or none: ``{"taskToken": null}``."""
        ...

    async def ready(self, places: list[Place]) -> Answer:
        """Which of these have tasks, and how many, once one has or after some seconds."""
        ...


class Admission(Protocol):
    """Who may poll."""

    async def require(self, token: str, place: Place, address: str) -> None:
        """Raise ReportRefused if the bearer may not poll, PlatformError if nobody can tell."""
        ...
