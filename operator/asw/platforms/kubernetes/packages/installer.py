"""Has the packages of Functions installed: a claim for each namespace, a Job for each environment.

One Job at a time runs in a namespace, because it also removes what is no longer used. A Job that
succeeded is the record that its environment is there: it is deleted before its environment may
be, and goes with the claim. So neither an operator nor a Job that dies half-way leaves anything
that counts as installed.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from weakref import WeakValueDictionary

from asw.api.function import Function
from asw.api.names import REASON_PACKAGES_FAILED, REASON_PACKAGES_INSTALLING
from asw.asl.errors import START_FAILED
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.task_defaults import DefaultsOfNamespaces
from asw.platforms.kubernetes.cache.whole import whole
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import AlreadyExists, NotFound
from asw.platforms.kubernetes.client.resources import CLAIMS, JOBS, PODS
from asw.platforms.kubernetes.packages.environment import Environment, environment_of
from asw.platforms.kubernetes.packages.manifests import (
    SELECTOR,
    Installation,
    claim,
    install_job,
)
from asw.platforms.kubernetes.packages.progress import (
    Failed,
    Installed,
    Installing,
    Progress,
    is_active,
    is_of_claim,
    progress_of,
)
from asw.platforms.kubernetes.tasks.packages import InstalledPackages
from asw.platforms.kubernetes.tasks.settings import TaskSettings
from asw.reconciler.platform import Conflict, Refused, TaskRefused

HOLDS_SECONDS: Final = 300.0
"""How long it counts that an environment is there: then claim and Job are looked at again."""
LOOK_SECONDS: Final = 2.0
"""Between two looks at an installation, however many Functions wait for it."""
RETRY: Final = timedelta(minutes=10)
"""After it, what failed is tried again: an index may have been down."""
GRACE: Final = timedelta(minutes=1)
"""Beyond a Job's own limit: until its end shows."""


class PackagesMissing(TaskRefused):
    """The packages are not there yet, or cannot be had.

    ``until`` is when the installation ends at the latest; None if it failed.
    """

    def __init__(self, cause: str, until: datetime | None) -> None:
        super().__init__(START_FAILED, cause)
        self.until = until

    @property
    def reason(self) -> str:
        """Of the Function's condition."""
        return REASON_PACKAGES_FAILED if self.until is None else REASON_PACKAGES_INSTALLING


class _Place(NamedTuple):
    namespace: str
    environment: str


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look showed, and until when that counts."""

    progress: Progress
    until: float


@dataclass(frozen=True, slots=True)
class _Named:
    """The environment of one generation of a Function."""

    generation: int
    environment: Environment


class Installer:
    """See the module."""

    def __init__(self, client: KubeClient, cache: Cache, settings: TaskSettings) -> None:
        self._client = client
        self._cache = cache
        self._settings = settings
        self._defaults = DefaultsOfNamespaces(client, cache.clock)
        self._named: dict[str, _Named] = {}
        """By uid of the Function."""
        self._looks: dict[_Place, _Look] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """By namespace, as long as somebody waits."""

    def knows(self, function: Function) -> bool:
        """Whether the environment of this generation is known: then a slim Function is enough."""
        named = self._named.get(function.metadata.uid)
        return named is not None and named.generation == function.metadata.generation

    async def packages(self, function: Function) -> InstalledPackages:
        """The Function's packages, installed. ``function`` is whole unless it is known.

        Raises PackagesMissing if they are not there, TaskRefused if they never can be.
        """
        if not self.knows(function):
            made = self._environment_of(function)
            generation = function.metadata.generation
            self._named[function.metadata.uid] = _Named(generation, made)
        environment = self._named[function.metadata.uid].environment
        match await self._looked(environment, function):
            case Installed():
                return environment.installed
            case Installing(why, until):
                raise PackagesMissing(why, until + GRACE)
            case Failed(why):
                raise PackagesMissing(f"its packages cannot be installed: {why}", None)

    def _environment_of(self, function: Function) -> Environment:
        settings = self._settings
        return environment_of(function, settings.package_index, settings.architecture)

    def forget(self, uid: str) -> None:
        """Hold nothing of a Function that is gone."""
        named = self._named.pop(uid, None)
        if named is not None:
            environment = named.environment
            self._looks.pop(_Place(environment.namespace, environment.name), None)

    def stand_down(self) -> None:
        """Another replica acts, and may remove what was there."""
        self._looks.clear()

    async def _looked(self, environment: Environment, function: Function) -> Progress:
        place = _Place(environment.namespace, environment.name)
        if (known := self._fresh(place)) is not None:
            return known
        turn = self._turns.setdefault(place.namespace, asyncio.Lock())
        async with turn:
            if (known := self._fresh(place)) is not None:
                return known
            try:
                progress = await self._look(environment, function)
            except Refused as error:
                progress = Failed(str(error), self._cache.now())
            holds = HOLDS_SECONDS if isinstance(progress, Installed) else LOOK_SECONDS
            self._looks[place] = _Look(progress, self._cache.clock() + holds)
        return progress

    def _fresh(self, place: _Place) -> Progress | None:
        """What a look showed a moment ago."""
        known = self._looks.get(place)
        if known is None or self._cache.clock() >= known.until:
            return None
        return known.progress

    async def _look(self, environment: Environment, function: Function) -> Progress:
        there = await self._claim(environment)
        uid = there["metadata"]["uid"]
        if there["metadata"].get("deletionTimestamp"):
            return self._waiting(f"PersistentVolumeClaim {environment.claim!r} is being deleted")
        try:
            job = await self._client.get(JOBS, environment.namespace, environment.job)
        except NotFound:
            return await self._begin(environment, function, uid)
        if job["metadata"].get("deletionTimestamp"):
            return self._waiting("an earlier installation is being removed")
        if not is_of_claim(job, uid):
            await self._remove(job)
            return self._waiting("its volume was replaced")
        return await self._progress(environment, job)

    async def _progress(self, environment: Environment, job: dict[str, Any]) -> Progress:
        found = progress_of(job, (), self._limit)
        if isinstance(found, Installed):
            return found
        selector = f"job-name={environment.job}"
        listed = self._client.list(PODS, environment.namespace, labels=selector)
        found = progress_of(job, [pod async for pod in listed], self._limit)
        if isinstance(found, Failed) and self._cache.now() >= found.since + RETRY:
            await self._remove(job)
            return self._waiting(f"it is tried again, because it failed: {found.why}")
        return found

    async def _begin(self, environment: Environment, function: Function, uid: str) -> Progress:
        """Create the Job, unless another one runs in the namespace."""
        try:
            function = await whole(self._client, function)
        except NotFound:
            return self._waiting("its Function is gone")
        if self._environment_of(function).name != environment.name:
            return self._waiting("its lock was changed meanwhile")
        kept, gone = self._kept(environment.namespace), []
        async for job in self._jobs(environment.namespace):
            if is_active(job):
                name = job["metadata"]["name"]
                return self._waiting(f"other packages are being installed (Job {name!r})")
            if self._name_of(job) not in kept:
                gone.append(job)
        for job in gone:
            self._looks.pop(_Place(environment.namespace, self._name_of(job)), None)
            await self._remove(job)
        manifest = install_job(
            Installation(
                environment=environment,
                function=function,
                settings=self._settings,
                kept=kept,
                claim_uid=uid,
                defaults=await self._defaults.of(environment.namespace),
            )
        )
        with suppress(AlreadyExists):  # it shows at the next look
            await self._client.create(JOBS, environment.namespace, manifest)
        return self._waiting("its packages are being installed")

    def _jobs(self, namespace: str) -> AsyncIterator[dict[str, Any]]:
        return self._client.list(JOBS, namespace, labels=SELECTOR)

    def _kept(self, namespace: str) -> frozenset[str]:
        """The environments that Functions of the namespace name, or that their tasks still use."""
        functions = [it for (place, _), it in self._cache.functions.items() if place == namespace]
        named = (self._named.get(it.metadata.uid) for it in functions)
        used = (it.status.packages_ref for it in functions)
        return frozenset(
            {*(it.environment.name for it in named if it is not None), *filter(None, used)}
        )

    def _name_of(self, job: dict[str, Any]) -> str:
        return str(job["metadata"]["name"]).rpartition("-")[2]

    async def _claim(self, environment: Environment) -> dict[str, Any]:
        """The claim, made if there is none."""
        place = (CLAIMS, environment.namespace)
        try:
            return await self._client.get(*place, environment.claim)
        except NotFound:
            pass
        try:
            return await self._client.create(*place, claim(self._settings.package_index))
        except AlreadyExists:
            return await self._client.get(*place, environment.claim)

    async def _remove(self, job: dict[str, Any]) -> None:
        metadata = job["metadata"]
        with suppress(NotFound, Conflict):
            await self._client.delete(
                JOBS, metadata["namespace"], metadata["name"], uid=metadata["uid"]
            )

    def _waiting(self, why: str) -> Installing:
        return Installing(why, self._cache.now() + self._limit)

    @property
    def _limit(self) -> timedelta:
        return timedelta(seconds=self._settings.package_index.timeout_seconds)
