"""Functions by the name that definitions know, with their code pinned; and their status.

A task finds its Function in memory; one that is not there is asked for once more, since
``kubectl apply -f dir/`` may have created it a moment ago. Code is pinned when a Function is
reconciled, so that its first task need not wait for that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asw.api import names
from asw.api.conditions import Condition, set_condition
from asw.api.function import Function
from asw.api.function_policy import (
    DEFAULT_POLICY,
    FunctionPolicy,
    function_problems,
    template_problems,
    told,
)
from asw.api.objects import InvalidObject
from asw.api.workflow import TaskTemplate
from asw.asl.errors import FUNCTION_NOT_FOUND, NOT_ALLOWED, PERMISSIONS, START_FAILED
from asw.asl.resources import FunctionInvocation
from asw.kubernetes.cache import Cache
from asw.kubernetes.client import KubeClient
from asw.kubernetes.code import CodeSource, PinnedCode, pinned_config_map, pinned_inline
from asw.kubernetes.ensure import ensure
from asw.kubernetes.errors import NotFound
from asw.kubernetes.resources import CONFIG_MAPS, FUNCTIONS
from asw.kubernetes.status import conditions_plain, status_patch
from asw.reconciler.platform import Conflict, Refused, TaskRefused

_VALID = (names.REASON_VALID, "")


@dataclass(frozen=True, slots=True)
class _Pinned:
    generation: int
    code: PinnedCode


class Functions:
    """See the module."""

    def __init__(
        self,
        client: KubeClient,
        cache: Cache,
        now: Callable[[], datetime],
        policy: FunctionPolicy = DEFAULT_POLICY,
    ) -> None:
        self._now = now
        self._policy = policy
        self._client = client
        self._cache = cache
        self._pinned: dict[str, _Pinned] = {}

    async def find(self, namespace: str, invocation: FunctionInvocation) -> Function:
        """The Function that a task calls. Raises TaskRefused by AWS's names where there is none."""
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
        return known or await self._look_again(namespace, invocation.name)

    def require_allowed(self, function: Function, template: TaskTemplate) -> None:
        """Raise TaskRefused where a task would be given more than the policy allows."""
        rules = self._policy.rules(function.metadata.namespace)
        problems = (*function_problems(function.spec, rules), *template_problems(template, rules))
        if problems:
            raise TaskRefused(NOT_ALLOWED, told(problems))

    async def code(self, function: Function) -> CodeSource | None:
        """Where pods find the Function's code, made to exist; None for an image."""
        spec, metadata = function.spec, function.metadata
        if spec.code is None:
            return None
        known = self._pinned.get(metadata.uid)
        if known is not None and known.generation == metadata.generation and spec.code.inline:
            return known.code.source
        pinned = await self._pin(function)
        if pinned.manifest is not None and (known is None or known.code != pinned):
            await ensure(self._client, CONFIG_MAPS, metadata.namespace, pinned.manifest)
        self._pinned[metadata.uid] = _Pinned(metadata.generation, pinned)
        return pinned.source

    async def reconcile(self, function: Function) -> None:
        """Pin the code and say whether tasks may call the Function."""
        now = self._now()
        rules = self._policy.rules(function.metadata.namespace)
        try:
            code = await self.code(function)
        except (TaskRefused, Refused) as error:
            reason = (names.REASON_INVALID_FUNCTION, str(error))
            status = _status(function, "False", reason, None, now)
        else:
            problems = function_problems(function.spec, rules)
            reason = (names.REASON_NOT_ALLOWED, told(problems)) if problems else _VALID
            status = _status(function, "False" if problems else "True", reason, code, now)
        metadata = function.metadata
        old = function.status.model_dump(mode="json", by_alias=True, exclude_none=True)
        if {**old, "conditions": conditions_plain(function.status.conditions)} == status:
            return
        patch = status_patch(metadata.resource_version, status)
        try:
            await self._client.patch_status(FUNCTIONS, metadata.namespace, metadata.name, patch)
        except (Conflict, NotFound):
            return  # it changed or went meanwhile, which is an event of its own

    def forget(self, uid: str) -> None:
        """Hold nothing of a Function that is gone."""
        self._pinned.pop(uid, None)

    async def _look_again(self, namespace: str, name: str) -> Function:
        async for item in self._client.list(FUNCTIONS, namespace):
            made = self._cache.put_function(item)
            if not isinstance(made, InvalidObject) and made.public_name == name:
                return made
        raise TaskRefused(
            FUNCTION_NOT_FOUND, f"Function {name!r} does not exist in namespace {namespace!r}"
        )

    async def _pin(self, function: Function) -> PinnedCode:
        code = function.spec.code
        assert code is not None
        if code.inline is not None:
            return pinned_inline(function, code.inline)
        assert code.config_map_ref is not None
        return pinned_config_map(
            function, await self._config_map(function, code.config_map_ref.name)
        )

    async def _config_map(self, function: Function, name: str) -> Mapping[str, Any]:
        try:
            return await self._client.get(CONFIG_MAPS, function.metadata.namespace, name)
        except NotFound:
            raise TaskRefused(
                START_FAILED,
                f"ConfigMap {name!r} with the code of Function {function.public_name!r} does not "
                "exist: create it",
            ) from None


def _status(
    function: Function,
    ready: str,
    reason: tuple[str, str],
    code: CodeSource | None,
    now: datetime,
) -> dict[str, Any]:
    generation = function.metadata.generation
    conditions = ready_conditions(function.status.conditions, ready, reason, generation, now)
    status = {"observedGeneration": generation, "conditions": conditions_plain(conditions)}
    return status | ({"codeRef": code.config_map} if code is not None else {})


def ready_conditions(
    old: tuple[Condition, ...],
    ready: str,
    reason: tuple[str, str],
    generation: int,
    now: datetime,
) -> tuple[Condition, ...]:
    """Ready, and Stalled where it is not: nothing will change unless somebody acts."""
    wanted = {names.CONDITION_READY: ready}
    wanted |= {names.CONDITION_STALLED: "True"} if ready == "False" else {}
    made = tuple(each for each in old if each.type in wanted)
    for kind, status in wanted.items():
        new = Condition.model_validate(
            {
                "type": kind,
                "status": status,
                "reason": reason[0],
                "message": reason[1],
                "observedGeneration": generation,
            }
        )
        made = set_condition(made, new, now)
    return made
