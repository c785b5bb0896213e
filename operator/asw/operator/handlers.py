"""kopf only reads: ``on.event`` handlers hand events to the feed.

No handler makes kopf write: there is no result, patch, finalizer or posted event. Our own faults
end here: they are logged and the next event is handled.
"""

import asyncio
import contextlib
import functools
import itertools
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from typing import Any, cast

import aiohttp
import kopf

from asw.api.names import GROUP, KIND_POOL, LABEL_EXECUTION_UID, LABEL_KIND, VERSION
from asw.platforms.kubernetes.client.connection import Connection
from asw.platforms.kubernetes.watch.definitions import Definitions, Made
from asw.platforms.kubernetes.watch.feed import Feed
from asw.reconciler.turns import Turns

ENDING_SECONDS = 10.0
"""How long kopf may take to end; what is left then ends with the process."""

logger = logging.getLogger(__name__)

Handler = Callable[..., Coroutine[Any, Any, None]]


class _EndlessBackoffs:
    """Pauses between tries of a request: no outage, however long, ends the watches."""

    def __iter__(self) -> Iterator[float]:
        yield from (0.5, 1, 2)
        yield from itertools.repeat(4)


class NullDiffBase(kopf.DiffBaseStorage):
    """kopf keeps no copies of objects: nothing asks what changed since the last handling."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        """An empty copy."""
        return kopf.BodyEssence({})

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        """No copy is stored."""
        return None

    def store(self, **_: Any) -> None:
        """Store nothing."""


def kopf_settings() -> kopf.OperatorSettings:
    """Settings of a pure reader: no writes, scanning, peering or limit that could deadlock."""
    settings = kopf.OperatorSettings()
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.queueing.idle_timeout = 0.05  # an idle worker holds its last object in memory
    settings.queueing.exit_timeout = 5
    settings.persistence.diffbase_storage = NullDiffBase()
    settings.watching.chunk_size = 25  # a page of it is in memory, a megabyte an object
    settings.watching.server_timeout = 600
    settings.watching.connect_timeout = 10
    settings.networking.request_timeout = 30
    settings.execution.default_backoff = 1
    settings.networking.error_backoffs = _EndlessBackoffs()
    settings.watching.label_selectors["batch", "v1", "jobs"] = LABEL_EXECUTION_UID
    settings.watching.label_selectors["", "v1", "pods"] = f"{LABEL_KIND} in (task,{KIND_POOL})"
    return settings


def kopf_registry(
    connection: Connection,
    feed: Feed,
    definitions: Definitions,
    turns: Turns,
    middlewares: Sequence[aiohttp.ClientMiddlewareType],
) -> kopf.OperatorRegistry:
    """The handlers, in a registry of their own; ``middlewares`` get all requests of the watches.

    Work caused by events of one namespace takes ``turns`` with that of others.
    """
    registry = kopf.OperatorRegistry()
    guarded = functools.partial(_guarded, turns)

    async def login(**_: Any) -> kopf.AiohttpSession:
        session = connection.session(limit=0, timeout=None, middlewares=middlewares)
        return kopf.AiohttpSession(server=connection.server, aiohttp_session=session)

    defined: dict[str, Callable[[str | None, Any], Made]] = {
        "workflows": feed.workflow,
        "functions": feed.function,
        "connections": feed.connection,
        "activities": feed.activity,
    }
    seen: dict[tuple[str, str, str], Callable[[str | None, Any], None]] = {
        (GROUP, VERSION, "schedules"): feed.schedule,
        (GROUP, VERSION, "triggers"): feed.trigger,
        (GROUP, VERSION, "executions"): feed.execution,
        ("batch", "v1", "jobs"): feed.job,
        ("", "v1", "pods"): feed.pod,
    }
    kopf.on.login(registry=registry, id="login")(login)
    for plural, take in defined.items():
        handler = guarded(_looked_at(definitions, take))
        kopf.on.event(GROUP, VERSION, plural, registry=registry)(handler)
    for resource, see in seen.items():
        kopf.on.event(*resource, registry=registry)(guarded(_seen(see)))
    return registry


def _looked_at(definitions: Definitions, take: Callable[[str | None, Any], Made]) -> Handler:
    """Events of objects whose status says what they are worth."""

    async def handler(event: kopf.RawEvent, **_: Any) -> None:
        await definitions.look(take(event["type"], event["object"]))

    handler.__name__ = take.__name__
    return handler


def _seen(take: Callable[[str | None, Any], None]) -> Handler:
    """Events of the others."""

    async def handler(event: kopf.RawEvent, **_: Any) -> None:
        take(event["type"], event["object"])

    handler.__name__ = take.__name__
    return handler


def _guarded(turns: Turns, handler: Handler) -> Handler:
    @functools.wraps(handler)
    async def guarded(event: kopf.RawEvent, **_: Any) -> None:
        metadata = event["object"]["metadata"]
        try:
            await turns.paced(metadata.get("namespace") or "", lambda: handler(event))
        except Exception:
            place = f"{metadata.get('namespace')}/{metadata.get('name')}"
            logger.exception("%s %s could not be handled", handler.__name__, place)

    return guarded


@contextlib.asynccontextmanager
async def kopf_tasks(
    *,
    registry: kopf.OperatorRegistry,
    settings: kopf.OperatorSettings,
    identity: str,
    namespaces: Sequence[str],
    on_end: Callable[[], None],
) -> AsyncIterator[None]:
    """Watch inside the block. ``on_end`` is called if any of kopf's tasks ends meanwhile.

    Empty ``namespaces`` means everywhere. kopf's tasks are begun and ended here, not by
    ``kopf.operator``: that one takes every task of the event loop for its own. If a watch failed,
    it would cancel the workers of executions and the result server too, and wait for them, in a
    process that does nothing any more and never ends.
    """
    ready = asyncio.Event()
    tasks = await kopf.spawn_tasks(
        registry=registry,
        settings=settings,
        # kopf would ask for the user's name, which a numeric uid does not have.
        identity=cast("Any", identity),
        clusterwide=not namespaces,
        namespaces=namespaces,
        ready_flag=ready,
    )

    def tell(_: object) -> None:
        on_end()

    for task in tasks:
        task.add_done_callback(tell)
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait((waiting, *tasks), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        yield
    finally:
        for task in tasks:
            task.remove_done_callback(tell)
            task.cancel()
        await asyncio.wait(tasks, timeout=ENDING_SECONDS)
