"""Functions by the name that definitions use, with their code pinned; and who waits for them.

A task finds its Function in memory. A missing one is looked up once more, because
``kubectl apply -f dir/`` may have created it a moment ago. Code is pinned when a Function is
reconciled, so that its first task need not wait for that.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeAlias

from asw.api.function import Function
from asw.api.function_policy import connection_problems, function_problems, template_problems, told
from asw.api.objects import InvalidObject
from asw.api.workflow import TaskTemplate
from asw.asl.errors import FUNCTION_NOT_FOUND, NOT_ALLOWED, PERMISSIONS, START_FAILED
from asw.asl.resources import FunctionInvocation
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.whole import slim, whole
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.ensure import ensure
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS, FUNCTIONS
from asw.platforms.kubernetes.packages.installer import Installer, PackagesMissing
from asw.platforms.kubernetes.tasks.code import (
    CodeSource,
    PinnedCode,
    UnusableCode,
    pinned_inline,
    pinned_maps,
)
from asw.platforms.kubernetes.tasks.settings import TaskSettings
from asw.platforms.kubernetes.workflows.connectors import Connector
from asw.reconciler.platform import ExecutionKey, NotYet, TaskRefused

LIST_GAP_SECONDS: Final = 10.0
"""Between two lists of a namespace's Functions in search of one that no watch reported."""

_Place: TypeAlias = tuple[str, str]
"""The namespace of a Function, and the name that definitions use."""


class MissingReference(TaskRefused):
    """What the Function names does not exist; somebody may still create it."""


@dataclass(frozen=True, slots=True)
class _Pinned:
    """Pinned code without the files, which may be large."""

    generation: int
    source: CodeSource


class Functions:
    """Finds Functions, pins their code, and knows who waits for them."""

    def __init__(self, client: KubeClient, cache: Cache, settings: TaskSettings) -> None:
        self._policy = settings.policy
        self._patience = settings.function_wait
        self._client = client
        self._cache = cache
        self._pinned: dict[str, _Pinned] = {}
        self._installer = Installer(client, cache, settings)
        self._latest: dict[str, tuple[Function, CodeSource]] = {}
        """By uid: Functions whose packages are installed, as they were then."""
        self._listed_at: dict[str, float] = {}
        self._awaited: defaultdict[_Place, set[ExecutionKey]] = defaultdict(set)
        self._waiting: defaultdict[str, set[tuple[_Place, ExecutionKey]]] = defaultdict(set)
        """The same by the uid of the waiting execution."""

    async def find(
        self, namespace: str, invocation: FunctionInvocation, *, is_last_look: bool = True
    ) -> Function:
        """The Function that a task calls. Raises TaskRefused with AWS's names if there is none.

        If it ``is_last_look``, the API server is asked in any case before that.
        """
        if invocation.namespace not in (None, namespace):
            raise TaskRefused(
                PERMISSIONS,
                f"Function {invocation.name!r} of namespace {invocation.namespace!r} may not be "
                f"called from namespace {namespace!r}",
            )
        if invocation.qualifier is not None:
            raise TaskRefused(
                FUNCTION_NOT_FOUND,
                f"Function {invocation.name!r} has no version or alias {invocation.qualifier!r}; "
                "leave it out for the current code",
            )
        known = self._cache.functions.get((namespace, invocation.name))
        if known is not None:
            return known
        asked_at, now = self._listed_at.get(namespace), self._cache.clock()
        if is_last_look or asked_at is None or now >= asked_at + LIST_GAP_SECONDS:
            self._listed_at[namespace] = now
            return await self._look_again(namespace, invocation.name)
        raise _not_found(namespace, invocation.name)

    def require_allowed(
        self, function: Function, template: TaskTemplate, defaults: TaskTemplate
    ) -> None:
        """Raise TaskRefused if the task would get more than the policy allows."""
        rules = self._policy.rules(function.metadata.namespace)
        asked = (
            connection_problems(function.connection.spec, rules)
            if isinstance(function, Connector)
            else function_problems(function.spec, rules)
        )
        problems = (
            *asked,
            *template_problems(template, rules),
            *template_problems(defaults, rules, "TaskDefaults default: spec"),
        )
        if problems:
            raise TaskRefused(NOT_ALLOWED, told(problems))

    async def runnable(self, function: Function) -> tuple[Function, CodeSource | None]:
        """What a task runs: the Function, and where pods find its code; None for an image.

        Until the packages of a changed lock are installed it is the Function as it was before, as
        far as this process knows that. Raises what ``code`` raises.
        """
        try:
            return function, await self.code(function)
        except PackagesMissing:
            before = self._latest.get(function.metadata.uid)
            if before is None:
                raise
            return before

    async def code(self, function: Function) -> CodeSource | None:
        """Make sure that the Function's code is pinned and its packages are installed.

        Returns where pods find them, None for an image. Raises TaskRefused: PackagesMissing while
        packages are not there.
        """
        if function.spec.packages is None:
            self._latest.pop(function.metadata.uid, None)
            return await self._code(function)
        if not self._installer.knows(function):
            function = await self._whole(function)
        source = await self._code(function)
        assert source is not None  # by the model: no image has packages
        made = replace(source, packages=await self._installer.packages(function))
        self._latest[function.metadata.uid] = slim(function), made
        return made

    async def _code(self, function: Function) -> CodeSource | None:
        code, metadata = function.spec.code, function.metadata
        if code is None:
            return None
        known = self._pinned.get(metadata.uid)
        is_its_own = not code.maps
        if known is not None and known.generation == metadata.generation and is_its_own:
            return known.source
        pinned = await self._pin(await self._whole(function))
        if pinned.manifest is not None and (known is None or known.source != pinned.source):
            await ensure(self._client, CONFIG_MAPS, metadata.namespace, pinned.manifest)
        self._pinned[metadata.uid] = _Pinned(metadata.generation, pinned.source)
        return pinned.source

    def wait(self, key: ExecutionKey, name: str) -> None:
        """Tell the execution once tasks may call the Function."""
        place = (key.namespace, name)
        self._awaited[place].add(key)
        self._waiting[key.uid].add((place, key))

    def not_yet(self, key: ExecutionKey, name: str, why: str, ends_at: datetime) -> NotYet:
        """A task waits for what it calls by this name, until then at most."""
        self.wait(key, name)
        span = self._patience.total_seconds()
        return NotYet(
            f"{why}; the task starts once that is fixed, and fails {span:g} s after the Execution "
            "was created",
            ends_at,
        )

    def grace_ends_at(self, key: ExecutionKey) -> datetime | None:
        """How long a task waits for a Function that is missing or not ready; None: no longer.

        Objects that are applied together may arrive in any order. So the wait counts from the
        creation of the Execution (of the first one, for children), like the wait for the
        Workflow. A Function that goes missing later fails its tasks at once, as at AWS.
        """
        created_at = self._cache.family_created_at(key.root.uid)
        if created_at is None:
            return None
        ends_at = created_at + self._patience
        return ends_at if self._cache.now() < ends_at else None

    def arrived(self, namespace: str, name: str) -> Collection[ExecutionKey]:
        """Tasks may call the Function: the executions that waited for it, each returned once."""
        place = (namespace, name)
        keys = self._awaited.pop(place, set())
        for key in keys:
            self._waiting[key.uid].discard((place, key))
        return keys

    def stop_waiting(self, uid: str) -> None:
        """Note that the execution, which is over or gone, waits no more."""
        for place, key in self._waiting.pop(uid, ()):
            keys = self._awaited[place]
            keys.discard(key)
            if not keys:
                del self._awaited[place]

    def forget(self, uid: str) -> None:
        """Hold nothing of a Function that is gone."""
        self._pinned.pop(uid, None)
        self._latest.pop(uid, None)
        self._installer.forget(uid)

    def stand_down(self) -> None:
        """Another replica acts from now on: what is known of packages grows stale."""
        self._installer.stand_down()
        self._latest.clear()

    async def _look_again(self, namespace: str, name: str) -> Function:
        async for item in self._client.list(FUNCTIONS, namespace):
            made = self._cache.put_function(item)
            if not isinstance(made, InvalidObject) and made.public_name == name:
                return made
        raise _not_found(namespace, name)

    async def _whole(self, function: Function) -> Function:
        try:
            return await whole(self._client, function)
        except NotFound:
            raise _not_found(function.metadata.namespace, function.public_name) from None

    async def _pin(self, function: Function) -> PinnedCode:
        code = function.spec.code
        assert code is not None
        if code.inline is not None:
            return pinned_inline(function, code.inline)
        found = {each.name: await self._config_map(function, each.name) for each in code.maps}
        try:
            return pinned_maps(function, code.maps, found)
        except UnusableCode as error:
            raise TaskRefused(START_FAILED, str(error)) from error

    async def _config_map(self, function: Function, name: str) -> Mapping[str, Any]:
        try:
            return await self._client.get(CONFIG_MAPS, function.metadata.namespace, name)
        except NotFound:
            raise MissingReference(
                START_FAILED,
                f"ConfigMap {name!r} with the code of Function {function.public_name!r} does not "
                "exist: create it",
            ) from None


def _not_found(namespace: str, name: str) -> TaskRefused:
    sentence = f"Function {name!r} does not exist in namespace {namespace!r}"
    return TaskRefused(FUNCTION_NOT_FOUND, sentence)
