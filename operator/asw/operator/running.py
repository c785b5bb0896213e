"""A running operator: its parts started in order, and stopped in reverse.

kopf watches, the reconciler decides, our own client writes. One event loop does the work; the Lease
is renewed in a thread of its own.
"""

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from asw import __version__
from asw.operator import rhythm
from asw.operator.archiving import Archiving
from asw.operator.handlers import kopf_registry, kopf_settings, kopf_tasks
from asw.operator.health import HealthServer
from asw.operator.metric_families import Sources
from asw.operator.metrics import Metrics
from asw.operator.ports import listening
from asw.operator.reception import RENEWAL, Reception
from asw.operator.settings import OperatorSettings
from asw.operator.supervision import Loop, Supervisor, Work
from asw.operator.territory import Territory
from asw.operator.vitals import Vitals
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection
from asw.platforms.kubernetes.client.resources import WATCHED, Resource
from asw.platforms.kubernetes.keys.callback_ring import CallbackRing
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.leader.claims import LOOK_PERIOD
from asw.platforms.kubernetes.leader.lease import Lease
from asw.platforms.kubernetes.notices.notices import Notices
from asw.platforms.kubernetes.pools.manager import PoolManager
from asw.platforms.kubernetes.port.platform import KubernetesPlatform
from asw.platforms.kubernetes.retention.retirement import Retirement
from asw.platforms.kubernetes.retention.sweeper import Sweeper
from asw.platforms.kubernetes.tasks.settings import ResultServer
from asw.platforms.kubernetes.watch.definitions import Definitions
from asw.platforms.kubernetes.watch.echo_filter import EchoFilter, expired_as_event, whole_or_broken
from asw.platforms.kubernetes.watch.feed import Feed
from asw.platforms.kubernetes.watch.following import FOLLOWED, follow
from asw.platforms.kubernetes.watch.listing import fill_cache
from asw.platforms.kubernetes.watch.taking_over import Succession
from asw.reconciler.platform import PlatformError, Refused
from asw.reconciler.reconciler import Reconciler

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Operator:
    """All parts of a running operator. ``is_filled``: the caches show the whole cluster."""

    settings: OperatorSettings
    connection: Connection
    client: KubeClient
    platform: KubernetesPlatform
    pools: PoolManager
    reconciler: Reconciler
    lease: Lease
    succession: Succession
    territory: Territory
    feed: Feed
    notices: Notices
    definitions: Definitions
    sweeper: Sweeper
    retirement: Retirement
    vitals: Vitals
    supervisor: Supervisor
    keys: KeyRing
    callbacks: CallbackRing
    archive: Archiving | None = None
    reception: Reception | None = None
    health: HealthServer | None = None
    is_filled: bool = False

    @property
    def namespaces(self) -> tuple[str | None, ...]:
        """Where it watches; None means everywhere."""
        return self.settings.watch_namespaces or (None,)

    def may_act(self) -> bool:
        """Whether this replica may have effects, and its memory is complete."""
        return self.is_filled and self.succession.is_current and self.lease.may_act()

    def may_act_in(self, namespace: str) -> bool:
        """Whether it may also have effects in this namespace: no other installation has it."""
        return self.may_act() and self.territory.covers(namespace)

    async def run(self) -> str | None:
        """Work until told to stop; returns why it had to end if for another reason."""
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self._showing_life())
            await self.fill()
            await stack.enter_async_context(self._watches())
            await stack.enter_async_context(self._background())
            await stack.enter_async_context(self._results())
            await stack.enter_async_context(self._acting())
            logger.info("asw %s watches; waiting for the lease", __version__)
            await self.supervisor.stop.wait()
            logger.info("stopping")
        return self.supervisor.verdict

    @contextlib.asynccontextmanager
    async def _showing_life(self) -> AsyncIterator[None]:
        """Answer probes and metrics, and show that the event loop runs."""
        async with contextlib.AsyncExitStack() as stack:
            beat = self.supervisor.keeping("beat", lambda _: self.vitals.beat())
            await stack.enter_async_context(beat)
            if self.health is not None:
                await stack.enter_async_context(
                    self.supervisor.keeping(
                        "health",
                        self._answer_probes,
                        patience=rhythm.LONGEST_LOOK_SECONDS,
                        needs_server=False,
                    )
                )
            yield

    async def fill(self) -> None:
        """List what exists, as often as it takes."""
        while True:
            try:
                await fill_cache(self.client, self.feed, self.namespaces)
            except PlatformError as error:
                logger.warning("could not list: %s", error)
                await asyncio.sleep(rhythm.PAUSE_SECONDS)
            else:
                self.is_filled = True
                _settle_memory()
                return

    def answer(self, health: HealthServer) -> None:
        """Report this operator's health there from now on, and supervise the server."""
        self.health = health
        answers = health.answers
        sources = Sources(
            reconciler=self.reconciler,
            client=self.client,
            cache=self.feed.cache,
            lease=self.lease,
            vitals=self.vitals,
            supervisor=self.supervisor,
            claims=self.territory.claims,
            pools=self.platform.pools,
            teller=self.platform.teller,
            holder=None if self.reception is None else self.reception.holder,
            archive=self.archive,
        )
        answers.metrics = Metrics(sources).text
        answers.is_ready = lambda: self.is_filled
        answers.remarks = self.territory.claims.sentences
        answers.complaint = self._complaint

    def _complaint(self) -> str | None:
        since = self.lease.answering_since
        wrong = self.supervisor.complaint(since)
        if wrong is None and self.sweeper.is_blind:
            wrong = "watches are broken"
        return wrong or self.vitals.complaint(since)

    @contextlib.asynccontextmanager
    async def _background(self) -> AsyncIterator[None]:
        loops = (
            ("claims", LOOK_PERIOD, self._keep_claims, rhythm.LONGEST_ROUND_SECONDS),
            ("take-up", LOOK_PERIOD, self._take_up, rhythm.LONGEST_ROUND_SECONDS),
            ("tick", rhythm.TICK_SECONDS, self._tick, rhythm.LONGEST_ROUND_SECONDS),
            ("catch-up", rhythm.CATCH_UP_SECONDS, self._catch_up, rhythm.LONGEST_ROUND_SECONDS),
            ("losses", rhythm.LOSSES_SECONDS, self._remove_lost, rhythm.LONGEST_ROUND_SECONDS),
            ("sweep", rhythm.SWEEP_SECONDS, self._sweep, rhythm.LONGEST_ROUND_SECONDS),
            ("compare", rhythm.COMPARE_SECONDS, self._compare, rhythm.LONGEST_ROUND_SECONDS),
            ("retention", rhythm.RETIRE_SECONDS, self._retire, rhythm.LONGEST_ROUND_SECONDS),
            ("orphans", rhythm.ORPHAN_SECONDS, self._sweep_orphans, rhythm.LONGEST_ORPHANS_SECONDS),
            ("pools", rhythm.POOLS_SECONDS, self._keep_pools, rhythm.LONGEST_ROUND_SECONDS),
            ("archive", rhythm.ARCHIVE_SECONDS, self._archive, rhythm.LONGEST_ROUND_SECONDS),
            ("logs", rhythm.ARCHIVE_SECONDS, self._keep_logs, rhythm.LONGEST_ROUND_SECONDS),
            ("keys", rhythm.KEYS_SECONDS, self._look_at_keys, rhythm.LONGEST_ROUND_SECONDS),
        )
        async with contextlib.AsyncExitStack() as stack:
            for name, seconds, action, longest in loops:
                work = self.supervisor.repeated(name, seconds, action)
                keeping = self.supervisor.keeping(name, work, patience=seconds + longest)
                await stack.enter_async_context(keeping)
            endless_ones = {**self.feed.loops(), "events": self.notices.work}
            for name, endless in endless_ones.items():
                work = _round_by_round(endless)
                keeping = self.supervisor.keeping(name, work, patience=rhythm.LONGEST_LOOK_SECONDS)
                await stack.enter_async_context(keeping)
            long = rhythm.LONGEST_ROUND_SECONDS
            for resource in FOLLOWED:
                for namespace in self.namespaces:
                    name = f"changes of {resource.plural} in {namespace or 'all namespaces'}"
                    work = partial(self._follow, resource, namespace)
                    keeping = self.supervisor.keeping(name, work, patience=long)
                    await stack.enter_async_context(keeping)
            yield

    async def _follow(self, resource: Resource, namespace: str | None, loop: Loop) -> None:
        """Follow changes; if watching is forbidden, what is not ready is still polled."""
        while True:
            try:
                await follow(self.client, self.feed.cache, resource, namespace, loop.come_round)
            except Refused as error:
                logger.warning("%s", error)
                await asyncio.sleep(rhythm.LONGEST_ROUND_SECONDS / 2)

    @contextlib.asynccontextmanager
    async def _results(self) -> AsyncIterator[None]:
        """Serve results, with a certificate that is renewed long before it expires."""
        if self.reception is None:
            yield
            return
        keeping, seconds = self.supervisor.keeping, RENEWAL.total_seconds()
        renewal = self.supervisor.repeated("certificate", seconds, self.reception.certify)
        late, long = seconds + 3600, rhythm.LONGEST_LOOK_SECONDS
        often = rhythm.ADDRESS_SECONDS
        following = self.supervisor.repeated("address", often, self.reception.follow)
        await self.reception.certify()
        async with (
            contextlib.aclosing(self.reception),
            keeping("certificate", renewal, patience=late, needs_server=False),
            keeping("results", self._receive, patience=long, needs_server=False),
            keeping("address", following, patience=often + rhythm.LONGEST_ROUND_SECONDS),
        ):
            yield

    async def _receive(self, loop: Loop) -> None:
        assert self.reception is not None
        async with contextlib.AsyncExitStack() as stack:
            with listening(self.reception.port, "ASW_RESULT_SERVER_PORT"):
                site = await stack.enter_async_context(self.reception.open())
            await self.supervisor.mind(loop, site.is_serving)

    async def _renew_lease(self, loop: Loop) -> None:
        self.lease.start()
        await self.supervisor.mind(loop, self.lease.is_running, lambda: self.lease.rounds)

    async def _answer_probes(self, loop: Loop) -> None:
        assert self.health is not None
        self.health.start()
        health = self.health
        await self.supervisor.mind(loop, health.is_running, lambda: health.rounds)

    async def _keep_claims(self) -> None:
        if self.lease.may_act():
            await self.territory.keep()

    async def _take_up(self) -> None:
        if self.may_act() and await self.territory.take_up():
            await self.feed.take_over()
            await self.definitions.reconcile_all()

    async def _tick(self) -> None:
        if self.may_act():
            await self.sweeper.tick()

    async def _catch_up(self) -> None:
        if self.may_act():
            await self.definitions.catch_up()

    async def _remove_lost(self) -> None:
        if self.may_act():
            await self.platform.tasks.remove_lost()

    async def _sweep(self) -> None:
        if self.may_act():
            await self.sweeper.sweep()

    async def _sweep_orphans(self) -> None:
        if self.may_act():
            await self.sweeper.sweep_orphans()

    async def _keep_pools(self) -> None:
        if self.may_act():
            await self.pools.work()
            self.platform.jobs.work()

    def tell_address(self, server: ResultServer) -> None:
        """From now on tell pods this address of the result server."""
        self.platform.tasks.tell_address(server)
        self.pools.tell_address(server)

    async def _retire(self) -> None:
        if self.may_act():
            await self.retirement.retire()

    async def _archive(self) -> None:
        if self.archive is not None and self.may_act():
            await self.archive.work()

    async def _keep_logs(self) -> None:
        if self.archive is not None and self.may_act():
            await self.archive.tailing.work()

    async def _compare(self) -> None:
        await self.sweeper.compare()
        await self.feed.compare()
        if self.may_act():
            await self.sweeper.sweep_definitions()
            await self.definitions.reconcile_all()

    @contextlib.asynccontextmanager
    async def _watches(self) -> AsyncIterator[None]:
        """kopf, in this event loop. If part of it ends, the process ends: nothing restarts it."""
        root = urlsplit(self.connection.server).path.rstrip("/")
        self.vitals.expect(
            root + kind.path(namespace) for kind in WATCHED for namespace in self.namespaces
        )
        cache = self.feed.cache
        middlewares = (
            EchoFilter(cache.knows, cache.being_written),
            expired_as_event,
            whole_or_broken,
            self.vitals.listen,
        )
        async with kopf_tasks(
            registry=kopf_registry(
                self.connection, self.feed, self.definitions, self.definitions.turns, middlewares
            ),
            settings=kopf_settings(),
            identity=self.settings.identity,
            namespaces=self.settings.watch_namespaces,
            on_end=lambda: self.supervisor.give_up("kopf ended: nothing is watched any more"),
        ):
            # kopf took the signals; ours stop the reconciler first.
            for number in (signal.SIGTERM, signal.SIGINT):
                stop = self.supervisor.stop.set
                asyncio.get_running_loop().add_signal_handler(number, stop)
            yield

    @contextlib.asynccontextmanager
    async def _acting(self) -> AsyncIterator[None]:
        """Stand for the Lease; at the end, finish current work and release it."""
        renewal = self.supervisor.keeping(
            "lease", self._renew_lease, patience=rhythm.LONGEST_LOOK_SECONDS, needs_server=False
        )
        try:
            async with renewal:
                try:
                    yield
                finally:
                    await self.reconciler.stop()
                    if self.archive is not None:
                        await self.archive.close()
        finally:
            await asyncio.to_thread(self.territory.claims.release)
            await asyncio.to_thread(self.lease.release)

    async def take_over(self, come_round: Callable[[], None] = lambda: None) -> None:
        """The Lease is ours: look at everything that is not over.

        ``come_round`` is called while it waits for others, which may take days.
        """
        logger.info("holding the lease")
        self.succession.is_current = False  # an earlier try may have got that far
        await self._look_at_keys()  # the previous holder may have sealed by a new key
        await self.territory.claim(come_round)
        await self.pools.take_over()
        await self.succession.take_over()
        await self.feed.take_over()
        await self.definitions.reconcile_all()

    async def _look_at_keys(self) -> None:
        await self.keys.look()
        await self.callbacks.look()

    def stand_down(self) -> None:
        """The Lease is another replica's."""
        self.territory.leave()
        self.feed.stand_down()
        if self.archive is not None:
            self.archive.stand_down()
        self.platform.stand_down()
        self.pools.stand_down()
        logger.warning("not holding the lease any more")
        self.succession.stand_down()


def _round_by_round(endless: Callable[[Callable[[], None]], Awaitable[None]]) -> Work:
    """Endless work as a loop that shows each round."""
    return lambda loop: endless(loop.come_round)


def _settle_memory() -> None:
    """Freeze what exists now: it stays, so the garbage collector need not walk it again."""
    gc.collect()
    gc.freeze()


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)
