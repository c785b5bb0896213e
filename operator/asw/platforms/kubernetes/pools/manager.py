"""Keeps a Deployment for each revision of a warm Function that is in use. Only effects.

It makes Deployments, changes how many pods they want, and deletes those of revisions that are out
of use. What is decided is decided elsewhere: what a Deployment looks like, how many pods, who runs
what.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from asw.api.function import Function
from asw.api.names import KIND_POOL, LABEL_KIND
from asw.api.warm import WarmStatus
from asw.api.workflow import TaskTemplate
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import AlreadyExists, NotFound
from asw.platforms.kubernetes.client.resources import DEPLOYMENTS, PODS, SECRETS
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.pools.deployments import (
    Deployed,
    PoolPlan,
    as_deployed,
    deployed,
    template_of,
)
from asw.platforms.kubernetes.pools.pods import seen_pod
from asw.platforms.kubernetes.pools.pool import NO_CONNECTOR, NO_POD, PoolKey, Route
from asw.platforms.kubernetes.pools.pools import Pools
from asw.platforms.kubernetes.pools.reports import Reports
from asw.platforms.kubernetes.pools.scaling import Scaler, Signal
from asw.platforms.kubernetes.tasks.pods import FunctionPod
from asw.platforms.kubernetes.tasks.settings import ResultServer, TaskSettings
from asw.platforms.kubernetes.workflows.connectors import Connector, Connectors, built_in_of
from asw.platforms.kubernetes.workflows.functions import Functions
from asw.reconciler.platform import (
    Conflict,
    NotActingError,
    PlatformError,
    Refused,
    TaskRefused,
)

RELIST_SECONDS: Final = 60.0
"""How often Deployments are compared with what is known: somebody may have deleted one."""
LOOK_SECONDS: Final = 10.0
"""How often it is looked at what a pod depends on besides its Function, such as a ConfigMap."""
REFUSED_SECONDS: Final = 30.0
AT_A_TIME: Final = 8
"""Functions that are looked at side by side: a slow answer delays seven others, not all."""

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False, kw_only=True)
class _Served:
    """A warm Function, and what is kept of it between two rounds: most change nothing.

    ``manifest`` is its Deployment but for the number of pods.
    """

    generation: int
    plan: PoolPlan
    key: PoolKey
    manifest: Mapping[str, Any]
    scaler: Scaler
    planned_at: float
    keys_used: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trouble:
    """Why a Function's pods could not be looked after, and when that is tried again."""

    text: str
    generation: int
    until: float


@dataclass(slots=True, eq=False, kw_only=True)
class PoolManager:
    """The Deployments of all warm Functions. ``namespaces`` are watched; None means all.

    ``surroundings`` says what a namespace adds to pods, and which resources it speaks of.
    """

    client: KubeClient
    cache: Cache
    functions: Functions
    pools: Pools
    settings: TaskSettings
    ring: KeyRing
    namespaces: Sequence[str | None]
    surroundings: Callable[[str], Awaitable[tuple[TaskTemplate, frozenset[str]]]]
    may_act: Callable[[str], bool]
    deployments: dict[PoolKey, Deployed] = field(default_factory=dict)
    reports: Reports = field(init=False)
    _connectors: Connectors = field(default_factory=Connectors)
    _all: Sequence[Function] = ()
    """The Functions of users, and connectors, as of the latest round."""
    _served: dict[str, _Served] = field(default_factory=dict)
    _troubles: dict[str, _Trouble] = field(default_factory=dict)
    _listed_at: float | None = None

    def __post_init__(self) -> None:
        self.reports = Reports(cache=self.cache)

    def tell_address(self, server: ResultServer) -> None:
        """From now on tell warm pods this address of the operator."""
        self.settings = replace(self.settings, result_server=server)
        for served in self._served.values():
            served.generation = -1

    def stand_down(self) -> None:
        """Another replica acts: hold nothing."""
        self.pools.clear()
        self.pools.routes.clear()
        self._served.clear()
        self._troubles.clear()
        self.reports.clear()
        self._listed_at = None

    async def take_over(self) -> None:
        """Learn what exists.

        Until that succeeds nothing is warm, no pod counts as gone, and calls get Jobs: without the
        right to see Deployments, for ever.
        """
        try:
            await self._list()
        except PlatformError as error:
            log.warning("no function is kept warm: %s", error)

    async def work(self) -> None:
        """One round: look at every warm Function, and at what time decides."""
        now = self.cache.clock()
        self.pools.look()
        if self._listed_at is None or now >= self._listed_at + RELIST_SECONDS:
            await self.take_over()
            if self._listed_at is None:
                return
        connectors = self._connectors.of(self.cache.connections.values(), self.settings)
        self._all = [*self.cache.functions.values(), *connectors]
        warm = [it for it in self._all if self._is_warm(it)]
        self._forget_all_but({it.metadata.uid for it in warm})
        places = asyncio.Semaphore(AT_A_TIME)
        await asyncio.gather(*(self._look_at(function, places) for function in warm))
        await self._retire({served.key for served in self._served.values()})

    def _is_warm(self, function: Function) -> bool:
        return (
            function.spec.mode == "Warm"
            and self.settings.result_server is not None
            and self.may_act(function.metadata.namespace)
        )

    # One Function

    async def _look_at(self, function: Function, places: asyncio.Semaphore) -> None:
        async with places:
            uid, now = function.metadata.uid, self.cache.clock()
            before = self._troubles.get(uid)
            is_same = before is not None and before.generation == function.metadata.generation
            if before is not None and is_same and before.until > now:
                return
            try:
                await self._keep(function, await self._planned(function, self._served.get(uid)))
            except NotActingError:
                return
            except (Refused, TaskRefused) as error:
                self._note(function, str(error), REFUSED_SECONDS)
            except PlatformError as error:
                self._note(function, str(error), 1.0)
            else:
                self._troubles.pop(uid, None)
            self._tell(function)

    def _note(self, function: Function, text: str, seconds: float) -> None:
        metadata = function.metadata
        before = self._troubles.get(metadata.uid)
        if before is None or before.text != text:
            place = f"{metadata.namespace}/{metadata.name}"
            log.warning("warm pods of function %s: %s", place, text)
        self._troubles[metadata.uid] = _Trouble(
            text=text, generation=metadata.generation, until=self.cache.clock() + seconds
        )

    async def _planned(self, function: Function, served: _Served | None) -> _Served:
        """The Function with its pool; worked out again if it, its code or the keys changed."""
        now, generation = self.cache.clock(), function.metadata.generation
        keys = self.ring.keys.current.id
        if served is not None and now < served.planned_at + LOOK_SECONDS:
            made_of = (served.generation, served.keys_used)
            if made_of == (generation, keys):
                return served
        defaults, limited = await self.surroundings(function.metadata.namespace)
        self.functions.require_allowed(function, TaskTemplate(), defaults)
        code = await self.functions.code(function)
        assert self.settings.result_server is not None
        plan = PoolPlan(
            pod=FunctionPod(
                function=function,
                code=code,
                template=defaults,
                settings=self.settings,
                limited=limited,
                built_in=built_in_of(function),
            ),
            server=self.settings.result_server,
            ring=self.ring,
            result_wait=self.settings.result_wait.total_seconds(),
        )
        key = plan.key
        scaler = Scaler(warm=plan.warm)
        if served is not None:
            scaler = served.scaler
            scaler.warm = plan.warm
        elif (known := self.deployments.get(key)) is not None:
            scaler.pods = known.replicas
        made = _Served(
            generation=generation,
            plan=plan,
            key=key,
            manifest=plan.deployment(),
            scaler=scaler,
            planned_at=now,
            keys_used=keys,
        )
        self._served[function.metadata.uid] = made
        return made

    async def _keep(self, function: Function, served: _Served) -> None:
        """Have as many pods as are wanted, and calls served by whichever revision can."""
        key = served.key
        wanted = served.scaler.wanted(self._signal(key, function))
        self._serve(function, served)
        known = self.deployments.get(key)
        if known is None and wanted:
            await self._create(served, wanted)
        elif known is not None:
            await self._adjust(served, known, wanted)

    def _serve(self, function: Function, served: _Served) -> None:
        """Calls go to the current revision once it serves, until then to the one before."""
        place = (function.metadata.namespace, function.public_name)
        before, warm = self.pools.routes.get(place), served.plan.warm
        pool = self.pools.pools.get(served.key)
        key = served.key
        if before is not None and before.pool != key and (pool is None or not pool.serves):
            older = self.pools.pools.get(before.pool)
            if older is not None and older.serves:
                key = before.pool
        wait = float(warm.queue_timeout_seconds) if warm.cold_start == "Wait" else None
        lack = NO_CONNECTOR if isinstance(function, Connector) else NO_POD
        self.pools.routes[place] = Route(
            pool=key, on_lost=function.spec.on_lost, queue_seconds=wait, lack=lack
        )

    def _signal(self, key: PoolKey, function: Function) -> Signal:
        """Demand for the Function, on whichever revision it falls."""
        place = (function.metadata.namespace, function.public_name)
        call = self.pools.routes.get(place)
        used = [self.pools.pools.get(it) for it in {key, call.pool if call else key}]
        pools = [it for it in used if it is not None]
        since = [it.waiting.since for it in pools if it.waiting.since is not None]
        return Signal(
            at=self.cache.clock(),
            demand=sum(it.demand for it in pools),
            waiting_since=min(since, default=None),
            fell_back=[at for it in pools for at in it.fell_back],
            busy_at=max((it.busy_at for it in pools), default=0.0),
        )

    def _tell(self, function: Function) -> None:
        """Have the status written if something that people see changed."""
        uid = function.metadata.uid
        trouble, served = self._troubles.get(uid), self._served.get(uid)
        troubles = [] if trouble is None else [trouble.text]
        pool = None
        if served is not None:
            pool, known = self.pools.pools.get(served.key), self.deployments.get(served.key)
            troubles += [known.trouble] if known else []
            troubles += (it.trouble for it in self.pools.presence.of(served.key))
        report = WarmStatus(
            revision=None if served is None else served.key.digest,
            wanted=0 if served is None else served.scaler.pods,
            ready=0 if pool is None else pool.served_by,
            trouble=next((it[:1024] for it in troubles if it), None),
        )
        if pool is not None:
            pool.trouble = report.trouble or ""
        self.reports.take(function, report, () if pool is None else pool.pods.values())

    # Objects

    async def _adjust(self, served: _Served, known: Deployed, wanted: int) -> None:
        """Write what differs from what was last seen or written, if anything does."""
        manifest, change = served.manifest, dict[str, object]()
        template = template_of(manifest)
        if known.replicas != wanted:
            change["spec"] = {"replicas": wanted}
        if known.template != template:
            await self._ensure_secret(served.plan)
            change = {"metadata": {"annotations": manifest["metadata"]["annotations"]}}
            change["spec"] = {"replicas": wanted, "template": manifest["spec"]["template"]}
        if change:
            await self._change(served.key, known, change)
            self.deployments[served.key] = replace(known, replicas=wanted, template=template)

    async def _create(self, served: _Served, replicas: int) -> None:
        plan, namespace = served.plan, served.key.namespace
        await self._ensure_secret(plan)
        spec = {**served.manifest["spec"], "replicas": replicas}
        manifest = {**served.manifest, "spec": spec}
        try:
            made = await self.client.create(DEPLOYMENTS, namespace, manifest)
        except AlreadyExists:
            found = await self.client.get(DEPLOYMENTS, namespace, manifest["metadata"]["name"])
            if deployed(found) != plan.key:
                name = manifest["metadata"]["name"]
                raise Refused(
                    f"Deployment {namespace}/{name} was made by somebody else; delete it"
                ) from None
            self.deployments[plan.key] = as_deployed(found)
            return
        self.deployments[plan.key] = Deployed(
            name=made["metadata"]["name"],
            uid=made["metadata"]["uid"],
            replicas=replicas,
            template=template_of(manifest),
        )

    async def _ensure_secret(self, plan: PoolPlan) -> None:
        """Its name says who signed it, for which pool: one that exists holds the same token."""
        with suppress(AlreadyExists):
            await self.client.create(SECRETS, plan.key.namespace, plan.secret())

    async def _change(self, key: PoolKey, known: Deployed, change: dict[str, object]) -> None:
        try:
            await self.client.merge(DEPLOYMENTS, key.namespace, known.name, change)
        except NotFound:
            self.deployments.pop(key, None)

    async def _retire(self, current: Iterable[PoolKey]) -> None:
        """Delete the Deployments of revisions that serve no calls; pods finish what they have."""
        used = {*current, *(call.pool for call in self.pools.routes.values())}
        not_yet = {
            it.metadata.uid
            for it in self._all
            if it.spec.mode == "Warm" and it.metadata.uid not in self._served
        }
        for key, found in list(self.deployments.items()):
            if key in used or key.function_uid in not_yet or not self.may_act(key.namespace):
                continue
            with suppress(NotFound, Conflict):
                await self.client.delete(DEPLOYMENTS, key.namespace, found.name, uid=found.uid)
            self.deployments.pop(key, None)
        for key in [it for it, pool in self.pools.pools.items() if not pool.pods]:
            if key not in used and self.pools.pools[key].is_idle:
                del self.pools.pools[key]

    def _forget_all_but(self, warm: set[str]) -> None:
        """Route no calls of Functions that are not warm any more."""
        for uid in self._served.keys() - warm:
            served = self._served.pop(uid)
            place = (served.key.namespace, served.plan.function.public_name)
            self.pools.routes.pop(place, None)
        for uid in self._troubles.keys() - warm:
            del self._troubles[uid]
        self.reports.forget_all_but(warm)

    async def _list(self) -> None:
        """Take all Deployments and pods of pools as they are."""
        labels, started = f"{LABEL_KIND}={KIND_POOL}", self.cache.clock()
        found: dict[PoolKey, Deployed] = {}
        pods: set[str] = set()
        before = set(self.pools.presence.seen)
        for namespace in self.namespaces:
            async for item in self.client.list(DEPLOYMENTS, namespace, labels=labels):
                if (key := deployed(item)) is not None:
                    found[key] = as_deployed(item)
            async for item in self.client.list(PODS, namespace, labels=labels):
                if (pod := seen_pod(item)) is not None:
                    pods.add(pod.uid)
                    self.pools.see(pod, pod.uid)
        for uid in before - pods:
            self.pools.see(None, uid)
        self.deployments, self._listed_at = found, started
        self.pools.presence.is_filled = True
