"""Which compute resources the LimitRanges of a namespace mention: asw's defaults leave those alone.

Asked while a task is prepared and remembered for a while, so that a busy namespace costs one
request now and then. Nothing is watched: most namespaces have no LimitRange, and those that have
one seldom change it.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.resources import LIMIT_RANGES
from asw.reconciler.platform import Refused

REMEMBERED_SECONDS: Final = 30.0
"""For so long a new LimitRange may go unnoticed."""

logger = logging.getLogger(__name__)


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
        self._known: dict[str, tuple[float, frozenset[str]]] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def resources(self, namespace: str) -> frozenset[str]:
        """The resources whose amounts they set or bound. Raises Unavailable."""
        async with self._asking[namespace]:  # tasks that start at the same time ask once
            asked_at, found = self._known.get(namespace, (float("-inf"), frozenset()))
            if self._clock() - asked_at >= REMEMBERED_SECONDS:
                found = await self._ask(namespace)
                self._known[namespace] = (self._clock(), found)
            return found

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
