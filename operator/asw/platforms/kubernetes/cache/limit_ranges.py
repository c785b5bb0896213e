"""Which compute resources the LimitRanges of a namespace mention: asw's defaults leave those alone.

Asked while a task is prepared and remembered for a while, so that a busy namespace costs one
request now and then. Nothing is watched: most namespaces have no LimitRange, and those that have
one seldom change it.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.resources import LIMIT_RANGES
from asw.reconciler.platform import Refused
from asw.reconciler.recent import Recent

REMEMBERED_SECONDS: Final = 30.0
"""For so long a new LimitRange may go unnoticed."""

MOST_NAMESPACES: Final = 1000
"""Beyond these the namespace that was asked about least recently is asked about again."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Known:
    """What the LimitRanges of a namespace mention, and when they were read."""

    asked_at: float = float("-inf")
    found: frozenset[str] = frozenset()
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class LimitRanges:
    """See the module. ``otherwise`` counts as mentioned where the operator may not read them."""

    def __init__(
        self,
        client: KubeClient,
        clock: Callable[[], float],
        *,
        otherwise: AbstractSet[str] = frozenset(),
    ) -> None:
        self._client = client
        self._clock = clock
        self._otherwise = frozenset(otherwise)
        self._known: Recent[str, _Known] = Recent(MOST_NAMESPACES, MOST_NAMESPACES)

    async def resources(self, namespace: str) -> frozenset[str]:
        """The resources whose amounts they set or bound. Raises Unavailable."""
        known = self._known.get(namespace) or self._known.put(namespace, _Known(), 1)
        async with known.asking:  # tasks that start at the same time ask once
            if self._clock() - known.asked_at >= REMEMBERED_SECONDS:
                known.found = await self._ask(namespace)
                known.asked_at = self._clock()
            return known.found

    async def _ask(self, namespace: str) -> frozenset[str]:
        try:
            return mentioned([it async for it in self._client.list(LIMIT_RANGES, namespace)])
        except Refused as error:
            logger.warning("tasks of %s get no default resources: %s", namespace, error)
            return self._otherwise


def mentioned(limit_ranges: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The resources that they name for containers, in any of their fields."""
    return frozenset(
        resource
        for each in limit_ranges
        for limit in each["spec"].get("limits") or ()
        if limit["type"] == "Container"
        for field, amounts in limit.items()
        if field != "type"
        for resource in amounts or ()
    )
