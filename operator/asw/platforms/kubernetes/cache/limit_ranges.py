"""Which compute resources the LimitRanges of a namespace mention: asw's defaults leave those alone.

Asked while a task is prepared. Most namespaces have no LimitRange, and those that have one seldom
change it.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from asw.platforms.kubernetes.cache.remembered import Remembered
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.resources import LIMIT_RANGES
from asw.reconciler.platform import Refused

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
        self._otherwise = frozenset(otherwise)
        self._known = Remembered(self._ask, clock)

    async def resources(self, namespace: str) -> frozenset[str]:
        """The resources whose amounts they set or bound. Raises Unavailable."""
        return await self._known.of(namespace)

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
