"""A running operator: its parts started in order, and stopped in reverse.

kopf watches, the reconciler decides, our own client writes. One event loop does the work; the
Lease renews in a thread of its own.
"""

import asyncio
import contextlib
import gc
import logging
import signal
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from asw import __version__
from asw.app.serving.handlers import kopf_registry, kopf_settings
from asw.app.serving.health import Answers
from asw.app.serving.kopf_tasks import kopf_tasks
from asw.app.serving.metrics import Metrics, Sources
from asw.app.serving.settings import OperatorSettings
from asw.app.serving.vitals import Vitals
from asw.kubernetes.address import ServerAddress
from asw.kubernetes.client import KubeClient
from asw.kubernetes.connection import Connection
from asw.kubernetes.definitions import Definitions
from asw.kubernetes.feed import Feed
from asw.kubernetes.forwarding import LeaseHolder
from asw.kubernetes.inbox import Inbox
from asw.kubernetes.keys import (
    CERTIFICATE_LIFETIME,
    Keys,
    client_context,
    install_certificate,
    server_context,
)
from asw.kubernetes.lease import Lease
from asw.kubernetes.listing import fill_cache
from asw.kubernetes.platform import KubernetesPlatform
from asw.kubernetes.resources import WATCHED
from asw.kubernetes.results import ResultServer, serve
from asw.kubernetes.retirement import Retirement
from asw.kubernetes.sieve import Sieve, expired_as_event, whole_or_broken
from asw.kubernetes.sweeper import Sweeper, repeated
from asw.kubernetes.taking_over import Succession
from asw.reconciler.platform import PlatformError
from asw.reconciler.reconciler import Reconciler

TICK_SECONDS = 2.0
SWEEP_SECONDS = 30.0
COMPARE_SECONDS = 240.0
ORPHAN_SECONDS = 1800.0
PAUSE_SECONDS = 2.0

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Operator:
    """All parts of a running operator. ``is_filled``: the caches hold what the cluster holds."""

    settings: OperatorSettings
    connection: Connection
    client: KubeClient
    keys: Keys
    address: ServerAddress | None
    platform: KubernetesPlatform
    reconciler: Reconciler
    lease: Lease
    feed: Feed
    definitions: Definitions
    sweeper: Sweeper
    retirement: Retirement
    vitals: Vitals
    holder: LeaseHolder | None = None
    is_filled: bool = False
    succession: Succession = field(init=False)

    def __post_init__(self) -> None:
        self.succession = Succession(
            client=self.client,
            feed=self.feed,
            reconciler=self.reconciler,
            namespaces=self.namespaces,
        )

    @property
    def namespaces(self) -> tuple[str | None, ...]:
        """Where it watches; None is everywhere."""
        return self.settings.watch_namespaces or (None,)

    def may_act(self) -> bool:
        """Whether effects are this replica's to have, and its memory is complete."""
        return self.is_filled and self.succession.is_current and self.lease.may_act()

    async def run(self) -> None:
        """Work until told to stop."""
        stop = asyncio.Event()
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self._beating())
            await self._fill()
            await stack.enter_async_context(self._watches(stop))
            await stack.enter_async_context(self._background())
            await stack.enter_async_context(self._results())
            await stack.enter_async_context(self._acting())
            logger.info("asw %s watches; waiting for the lease", __version__)
            await stop.wait()
            logger.info("stopping")

    async def _fill(self) -> None:
        while True:
            try:
                await fill_cache(self.client, self.feed, self.namespaces)
            except PlatformError as error:
                logger.warning("could not list: %s", error)
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                self.is_filled = True
                _settle_memory()
                return

    def answer(self, answers: Answers) -> None:
        """From now on say how this operator is."""
        sources = Sources(
            reconciler=self.reconciler,
            client=self.client,
            cache=self.feed.cache,
            lease=self.lease,
            vitals=self.vitals,
            holder=lambda: self.holder,
        )
        answers.metrics = Metrics(sources).text
        answers.is_ready = lambda: self.is_filled
        answers.complaint = self._complaint

    def _complaint(self) -> str | None:
        if self.sweeper.is_blind:
            return "watches are broken"
        return self.vitals.complaint(self.lease.answering_since)

    @contextlib.asynccontextmanager
    async def _beating(self) -> AsyncIterator[None]:
        beat = asyncio.create_task(self.vitals.beat(), name="beat")
        try:
            yield
        finally:
            beat.cancel()

    @contextlib.asynccontextmanager
    async def _results(self) -> AsyncIterator[None]:
        """Serve results, with a certificate that is renewed long before it expires."""
        if self.address is None:
            yield
            return
        context = server_context()
        self.holder = holder = LeaseHolder(
            self.may_act,
            lambda: self.lease.holder_address,
            client_context(self.keys),
            self.address.name,
        )
        server = ResultServer(
            keys=self.keys.tokens,
            inbox=Inbox(
                cache=self.feed.cache,
                executions=self.platform.executions,
                reconciler=self.reconciler,
            ),
            holder=holder,
            now=utc_now,
        )
        self._certify(context)
        runner = await serve(server, self.settings.result_server.port, context)
        renewal = asyncio.create_task(self._renew(context))
        try:
            yield
        finally:
            renewal.cancel()
            await runner.cleanup()
            await holder.close()

    def _certify(self, context: ssl.SSLContext) -> None:
        assert self.address is not None
        names = self.address.certified(self.settings.address)
        install_certificate(context, self.keys, names, utc_now())

    async def _renew(self, context: ssl.SSLContext) -> None:
        while True:
            await asyncio.sleep(CERTIFICATE_LIFETIME.total_seconds() / 3)
            self._certify(context)

    @contextlib.asynccontextmanager
    async def _background(self) -> AsyncIterator[None]:
        loops = (
            ("tick", TICK_SECONDS, self._tick),
            ("sweep", SWEEP_SECONDS, self._sweep),
            ("compare", COMPARE_SECONDS, self._compare),
            ("retention", 1.0, self._retire),
            ("orphans", ORPHAN_SECONDS, self._sweep_orphans),
        )
        workers = [
            asyncio.create_task(repeated(name, seconds, action, asyncio.sleep), name=name)
            for name, seconds, action in loops
        ]
        try:
            yield
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _tick(self) -> None:
        if self.may_act():
            await self.sweeper.tick()

    async def _sweep(self) -> None:
        if self.may_act():
            await self.sweeper.sweep()

    async def _sweep_orphans(self) -> None:
        if self.may_act():
            await self.sweeper.sweep_orphans()

    async def _retire(self) -> None:
        if self.may_act():
            await self.retirement.retire()

    async def _compare(self) -> None:
        await self.sweeper.compare()
        if self.may_act():
            await self.sweeper.sweep_definitions()
            await self.definitions.reconcile_all()

    @contextlib.asynccontextmanager
    async def _watches(self, stop: asyncio.Event) -> AsyncIterator[None]:
        """kopf, in this loop. Should a part of it end, ``stop`` is set and the process ends."""
        root = urlsplit(self.connection.server).path.rstrip("/")
        self.vitals.expect(
            root + kind.path(namespace) for kind in WATCHED for namespace in self.namespaces
        )
        cache = self.feed.cache
        middlewares = (
            Sieve(cache.knows, cache.being_written),
            expired_as_event,
            whole_or_broken,
            self.vitals.listen,
        )
        async with kopf_tasks(
            registry=kopf_registry(self.connection, self.feed, self.definitions, middlewares),
            settings=kopf_settings(),
            identity=self.settings.identity,
            namespaces=self.settings.watch_namespaces,
            on_end=lambda: self._end_of_watches(stop),
        ):
            # kopf took the signals; ours stop the reconciler first.
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
            yield

    def _end_of_watches(self, stop: asyncio.Event) -> None:
        self.vitals.watches_ended = True
        stop.set()

    @contextlib.asynccontextmanager
    async def _acting(self) -> AsyncIterator[None]:
        """Stand for the lease; at the end finish what is at hand and let another have it."""
        self.lease.start()
        try:
            yield
        finally:
            await self.reconciler.stop()
            await asyncio.to_thread(self.lease.release)

    async def take_over(self) -> None:
        """The lease is ours: look at everything that is not over."""
        logger.info("holding the lease")
        await self.succession.take_over()
        await self.definitions.reconcile_all()

    def stand_down(self) -> None:
        """The lease is another's."""
        logger.warning("not holding the lease any more")
        self.succession.stand_down()


def _settle_memory() -> None:
    """What is there now stays: the collector need not walk it again and again."""
    gc.collect()
    gc.freeze()


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)
