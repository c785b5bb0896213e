"""The platform on Kubernetes over the API server in memory, with the real reconciler on top.

Nothing watches: ``show`` hands an object to the feed as a watch event would.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from aiohttp import web

from asw.api.arns import Location
from asw.engine.record import Header
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.lineage import Lineage
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.pools.admission import Admission
from asw.platforms.kubernetes.pools.manager import PoolManager
from asw.platforms.kubernetes.pools.pools import Pools
from asw.platforms.kubernetes.pools.questions import Questions
from asw.platforms.kubernetes.port.asking import Asking
from asw.platforms.kubernetes.port.callbacks import SigningStep
from asw.platforms.kubernetes.port.calls import Calls
from asw.platforms.kubernetes.port.children import Children
from asw.platforms.kubernetes.port.jobs import Jobs
from asw.platforms.kubernetes.port.nested import Nested
from asw.platforms.kubernetes.port.objects import Objects
from asw.platforms.kubernetes.port.platform import KubernetesPlatform
from asw.platforms.kubernetes.port.tasks import Tasks
from asw.platforms.kubernetes.port.telling import Teller
from asw.platforms.kubernetes.port.workers import Workers
from asw.platforms.kubernetes.results.activities import ActivityServer
from asw.platforms.kubernetes.results.approvals import ApprovalServer
from asw.platforms.kubernetes.results.bodies import Incoming
from asw.platforms.kubernetes.results.callbacks import CallbackServer
from asw.platforms.kubernetes.results.inbox import Inbox
from asw.platforms.kubernetes.results.results import Reply, ResultServer
from asw.platforms.kubernetes.results.warm import WarmServer
from asw.platforms.kubernetes.retention.pace import Pace
from asw.platforms.kubernetes.retention.retirement import Retirement
from asw.platforms.kubernetes.retention.sweeper import Sweeper
from asw.platforms.kubernetes.schedules.clockwork import Clockwork
from asw.platforms.kubernetes.schedules.place import Place
from asw.platforms.kubernetes.storage.executions import Executions
from asw.platforms.kubernetes.storage.storage import Storage
from asw.platforms.kubernetes.tasks.settings import Spans, TaskSettings
from asw.platforms.kubernetes.triggers.dispatcher import Dispatcher
from asw.platforms.kubernetes.watch.definitions import Definitions
from asw.platforms.kubernetes.watch.feed import Feed
from asw.platforms.kubernetes.watch.listing import fill_cache
from asw.platforms.kubernetes.watch.taking_over import Succession
from asw.platforms.kubernetes.workflows.connections import Connections
from asw.platforms.kubernetes.workflows.functions import Functions
from asw.platforms.kubernetes.workflows.readiness import Readiness
from asw.platforms.kubernetes.workflows.workflows import Workflows
from asw.reconciler.platform import Stored, Unavailable
from asw.reconciler.reconciler import Reconciler
from asw.reconciler.settings import Settings
from asw.reconciler.turns import Turns
from asw.triggers.judge import judged
from tests.support.kube_api import KubeApi, collection, kube_api
from tests.support.kube_objects import KEY, NOW, SETTINGS, Object, a_callback_ring, a_ring

PATHS = {
    "execution": collection("asw.dev/v1alpha1", "shop", "executions"),
    "workflow": collection("asw.dev/v1alpha1", "shop", "workflows"),
    "function": collection("asw.dev/v1alpha1", "shop", "functions"),
    "connection": collection("asw.dev/v1alpha1", "shop", "connections"),
    "schedule": collection("asw.dev/v1alpha1", "shop", "schedules"),
    "trigger": collection("asw.dev/v1alpha1", "shop", "triggers"),
    "activity": collection("asw.dev/v1alpha1", "shop", "activities"),
    "job": collection("batch/v1", "shop", "jobs"),
    "pod": collection("v1", "shop", "pods"),
}
DEFINED = ("workflow", "function", "connection")
"""Whose status says what they are worth."""


@dataclass(slots=True)
class Time:
    """Both clocks of the operator, owned by the test."""

    now: datetime = NOW

    def pass_(self, seconds: float) -> None:
        """Let time go by."""
        self.now += timedelta(seconds=seconds)

    def read(self) -> datetime:
        """The instant."""
        return self.now

    def monotonic(self) -> float:
        """The other clock."""
        return self.now.timestamp()


class Clock(Protocol):
    """Both clocks of the operator."""

    def read(self) -> datetime:
        """The instant."""

    def monotonic(self) -> float:
        """Seconds that nobody sets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How a process is put together; with classes of its own where a part is to be a broken one."""

    settings: Settings = field(default_factory=Settings)
    tasks: TaskSettings = SETTINGS
    may_act: Callable[[str], bool] = lambda _: True
    turns: Turns | None = None
    executions: type[Executions] = Executions
    succession: type[Succession] = Succession


DEFAULT = Build()


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeWorld:
    """See the module."""

    api: KubeApi
    client: KubeClient
    build: Build
    time: Any
    platform: KubernetesPlatform
    reconciler: Reconciler
    feed: Feed
    inbox: Inbox
    definitions: Definitions
    ring: KeyRing
    sweeper: Sweeper
    retirement: Retirement
    succession: Succession
    pools: PoolManager
    warm: WarmServer
    callbacks: CallbackServer
    results: ResultServer

    async def begin(self) -> None:
        """What a process does that starts anew and wins the Lease; before that it may not act."""
        self.succession.is_current = False
        await self.pools.take_over()
        await fill_cache(self.client, self.feed, self.succession.namespaces)
        await self.succession.take_over()
        await self.feed.take_over()

    async def apply(self, kind: str, item: Object) -> Object:
        """Put an object on the server and show it."""
        stored = self.api.put(PATHS[kind], item)
        await self.show(kind, stored)
        if kind in DEFINED:  # the watch tells what was written, too
            getattr(self.feed, kind)("MODIFIED", self.stored(kind, item["metadata"]["name"]))
        return stored

    async def catch_up(self) -> None:
        """Look again at what is due, and be done with it."""
        await self.definitions.catch_up()
        await asyncio.gather(*self.definitions.busy.values())
        self.definitions.busy.clear()

    async def show(self, kind: str, item: Object, event: str | None = "MODIFIED") -> None:
        """What a watch would tell."""
        made = getattr(self.feed, kind)(event, item)
        if kind in DEFINED:
            await self.definitions.reconcile(made)

    def stored(self, kind: str, name: str = KEY.name) -> Object:
        """An object as the server holds it."""
        return self.api.objects[f"{PATHS[kind]}/{name}"]

    @property
    def status(self) -> dict[str, Any]:
        """The status of the Execution."""
        found: dict[str, Any] = self.stored("execution")["status"]
        return found

    def earlier(self, name: str, part: str) -> dict[str, Any]:
        """The first status of an Execution whose record, as it was written, holds this."""
        saves = [
            json.loads(body)["status"]
            for (method, path), body in zip(self.api.requests, self.api.bodies, strict=True)
            if method == "PUT" and path.endswith(f"/{name}/status")
        ]
        return next(it for it in saves if part in it["record"])

    async def until(self, condition: Callable[[], object], *, within: float = 60) -> None:
        """Let the workers work until it holds."""
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110  workers tell nobody when they rest
                await asyncio.sleep(0.001)

    async def swept(self, condition: Callable[[], object], *, every: float = 0) -> None:
        """Sweep every so many seconds until it holds: what is stored reaches the cache later."""
        async with asyncio.timeout(60):
            while not condition():
                await self.sweeper.sweep()
                self.time.pass_(every)
                await asyncio.sleep(0.001)


@asynccontextmanager
async def kube_world(build: Build = DEFAULT) -> AsyncIterator[KubeWorld]:
    """A world in which nothing has been applied yet."""
    async with kube_api() as (api, client):
        world = a_process(api, client, Time(), build)
        world.succession.is_current = True
        try:
            yield world
        finally:
            await world.reconciler.stop()


@asynccontextmanager
async def again(world: KubeWorld) -> AsyncIterator[KubeWorld]:
    """Another process over the same server, which acts: the first one is gone."""
    await world.reconciler.stop()
    async with beside(world) as successor:
        successor.succession.is_current = True
        yield successor


@asynccontextmanager
async def beside(world: KubeWorld) -> AsyncIterator[KubeWorld]:
    """Another process over the same server, which waits; the first one goes on."""
    successor = a_process(world.api, world.client, Time(world.time.now), world.build)
    try:
        yield successor
    finally:
        await successor.reconciler.stop()


def a_process(api: KubeApi, client: KubeClient, time: Clock, build: Build) -> KubeWorld:
    """One operator over the server, as ``asw.operator.operator`` puts it together.

    It acts once it took over, until it stands down.
    """

    def may_act(namespace: str) -> bool:
        return succession.is_current and build.may_act(namespace)

    ring, storage = a_ring(), Storage(client)
    callback_ring = a_callback_ring(time.read)
    cache = Cache(Spans(), time.read, lineage=Lineage(ring), clock=time.monotonic)
    functions = Functions(client, cache, build.tasks)
    executions = build.executions(client, cache, storage)
    warm_pools = Pools(time.read, time.monotonic)
    calls = Calls(cache, functions, warm_pools, build.tasks)
    questions = Questions(pools=warm_pools)
    platform = KubernetesPlatform(
        cache=cache,
        executions=executions,
        workflows=Workflows(client, cache, build.tasks),
        functions=functions,
        readiness=Readiness(client, cache, functions, build.tasks, ring),
        connections=Connections(client, cache, build.tasks),
        tasks=Tasks(client, cache, functions, build.tasks, ring),
        children=(children := Children(client, cache, executions)),
        nested=Nested(
            client=client, cache=cache, children=children, patience=build.tasks.spans.start_timeout
        ),
        calls=calls,
        jobs=Jobs(cache=cache, calls=calls, questions=questions),
        objects=Objects(cache=cache, calls=calls, functions=functions, questions=questions),
        workers=Workers(cache, functions),
        asking=Asking(clock=time.read, is_held=build.tasks.has_policies),
        pools=warm_pools,
        teller=Teller(cache),
        clock=time.read,
    )
    reconciler = Reconciler(
        platform,
        build.settings,
        describe=_describe,
        may_act=may_act,
        turns=build.turns,
        step=SigningStep(callback_ring, cache),
    )
    platform.connect(reconciler, reconciler.deliver)
    pools = PoolManager(
        client=client,
        cache=cache,
        functions=functions,
        pools=platform.pools,
        settings=build.tasks,
        ring=ring,
        namespaces=(None,),
        surroundings=platform.tasks.surroundings,
        may_act=may_act,
    )
    platform.readiness.warm = pools.reports.of_function
    platform.connections.pods = pools.reports.of_connection
    inbox = Inbox(cache=cache, executions=platform.executions, reconciler=reconciler)
    warm = WarmServer(
        keys=ring,
        inbox=inbox,
        holder=_Here(may_act),
        pools=platform.pools,
        admission=Admission(client=client, manager=pools, clock=time.monotonic),
        now=time.read,
        clock=time.monotonic,
    )
    callbacks = CallbackServer(
        keys=callback_ring, inbox=inbox, holder=_Here(may_act), now=time.read
    )
    activities = ActivityServer.of(platform, reconciler, callback_ring, _Here(may_act))
    approvals = ApprovalServer(
        keys=callback_ring, inbox=inbox, holder=_Here(may_act), now=time.read, pause=_at_once
    )
    place = Place(may_act=may_act, grace=build.tasks.function_wait)
    feed = Feed(
        cache=cache,
        platform=platform,
        reconciler=reconciler,
        schedules=Clockwork(client, cache, place),
        triggers=Dispatcher(client, cache, place, partial(judged, None)),
    )
    succession = build.succession(
        client=client, feed=feed, reconciler=reconciler, namespaces=(None,)
    )
    return KubeWorld(
        api=api,
        client=client,
        build=build,
        time=time,
        platform=platform,
        reconciler=reconciler,
        feed=feed,
        inbox=inbox,
        pools=pools,
        warm=warm,
        callbacks=callbacks,
        results=ResultServer(
            keys=ring,
            inbox=inbox,
            holder=_Here(may_act),
            now=time.read,
            further=(warm.add_to, callbacks.add_to, activities.add_to, approvals.add_to),
        ),
        definitions=Definitions(cache=cache, platform=platform, may_act=may_act),
        ring=ring,
        sweeper=Sweeper(
            client=client,
            cache=cache,
            platform=platform,
            storage=storage,
            feed=feed,
            namespaces=(None,),
            may_act=may_act,
            clock=time.monotonic,
        ),
        retirement=Retirement(
            client=client,
            cache=cache,
            executions=platform.executions,
            pace=Pace(10),
            may_act=may_act,
            clock=time.monotonic,
        ),
        succession=succession,
    )


@dataclass(frozen=True, slots=True)
class _Here:
    """Whoever may act holds the Lease."""

    may_act: Callable[[str], bool]

    def is_here(self) -> bool:
        """Whether that is this process."""
        return self.may_act("shop")

    def elsewhere(self) -> str | None:
        """Nowhere."""
        return None

    async def forward(self, request: web.Request, body: Incoming) -> Reply:
        """Nobody else holds it."""
        raise Unavailable(f"nobody holds the lease: {request.path}")


def _describe(stored: Stored, now: datetime) -> Header:
    return Location().header(
        uid=stored.key.uid,
        workflow=stored.workflow_name,
        name=stored.execution_name,
        started_at=now,
    )


async def _at_once(_: float) -> None:
    """No pause."""
