"""Reconciles Workflows, Functions, Connections: by events, and all when the Lease is won.

Events are not repeated, so writes that the API server refuses are tried again here. What they refer
to has no events of its own here: ``cache.again`` says whom a change of it concerns.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from asw.api.connection import Connection, MistakenConnection
from asw.api.function import Function
from asw.api.objects import InvalidObject
from asw.api.workflow import Workflow
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.references import Named
from asw.platforms.kubernetes.client.resources import CONNECTIONS, WORKFLOWS
from asw.platforms.kubernetes.port.platform import KubernetesPlatform
from asw.platforms.kubernetes.workflows.judgements import Judged
from asw.reconciler.platform import NotActingError, Refused, Unavailable
from asw.reconciler.turns import Turns

Made: TypeAlias = Judged | InvalidObject | None
"""What the feed made of an object; None if it is gone."""
RETRY_SECONDS = (0.5, 2.0, 8.0)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Writes what Workflows, Functions and Connections are worth. ``turns`` says whose turn it is.

    ``may_act`` says whether this replica writes in a namespace. ``busy`` holds namespaces in
    which something is being looked at again.
    """

    cache: Cache
    platform: KubernetesPlatform
    may_act: Callable[[str], bool]
    turns: Turns = field(default_factory=Turns)
    busy: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def look(self, made: Made) -> None:
        """Reconcile the object; large ones take turns: many at once would fill the memory."""
        again = None
        if isinstance(made, Workflow):
            again = Named.workflow(made.metadata.namespace, made.metadata.name)
            is_large = self.cache.workflows.is_large(again[1:])
        elif isinstance(made, Function):
            again = Named.function(made.metadata.namespace, made.public_name)
            is_large = self.cache.functions.is_large(again[1:])
        if again is not None and is_large:
            self.cache.again.add(again)
        else:
            await self.reconcile(made)

    async def reconcile(self, made: Made) -> None:
        """Write to the object's status what it is worth."""
        match made:
            case Workflow():
                await self._retried(made, lambda: self.platform.workflows.reconcile(made))
            case Function():
                await self._retried(made, lambda: self.platform.readiness.reconcile(made))
            case Connection() | MistakenConnection():
                await self._retried(made, lambda: self.platform.connections.reconcile(made))
            case InvalidObject():
                logger.warning("%s", made)

    async def reconcile_all(self) -> None:
        """Look at every known one: while nobody held the Lease, nobody did."""
        known: list[Judged] = [*self.cache.workflows.values(), *self.cache.functions.values()]
        for made in (*known, *self.cache.connections.all()):
            await self.turns.paced(made.metadata.namespace, partial(self.reconcile, made))

    async def catch_up(self) -> None:
        """Begin to look again at what is due; a long look delays only its own namespace.

        Raises what an earlier look raised.
        """
        done = [self.busy.pop(it) for it, task in list(self.busy.items()) if task.done()]
        for namespace, items in self.cache.again.take(self.busy).items():
            self.busy[namespace] = asyncio.create_task(self._look_again(items))
        for task in done:
            task.result()

    async def _look_again(self, items: Sequence[Named]) -> None:
        for item in items:
            place, look = (item.namespace, item.name), None
            if item.plural == WORKFLOWS.plural:
                if (workflow := self.cache.workflows.get(place)) is not None:
                    look = partial(self.reconcile, workflow)
            elif item.plural == CONNECTIONS.plural:
                if (connection := self.cache.connections.known(place)) is not None:
                    look = partial(self._look_at_connection, connection)
            elif (function := self.cache.functions.get(place)) is not None:
                look = partial(self._look_at_function, function)
            if look is not None:
                await self.turns.paced(item.namespace, look)

    async def _look_at_function(self, function: Function) -> None:
        looking = partial(self.platform.readiness.reconcile, function, is_due=True)
        await self._retried(function, looking)

    async def _look_at_connection(self, made: Connection | MistakenConnection) -> None:
        looking = partial(self.platform.connections.reconcile, made, is_due=True)
        await self._retried(made, looking)

    async def _retried(self, made: Judged, action: Callable[[], Awaitable[None]]) -> None:
        for pause in (*RETRY_SECONDS, None):
            if not self.may_act(made.metadata.namespace):
                return
            try:
                await action()
            except NotActingError:
                return  # whoever holds the Lease looks at all of them
            except Refused as error:
                logger.warning("%s", error)
                return
            except Unavailable as error:
                if pause is None:
                    logger.warning("%s", error)
                    return
                await asyncio.sleep(pause)
            else:
                return
