"""Whether Task states may call a Function: its code, what it names, and the Job it would make.

The API server is asked whether it would accept that Job (``dryRun=All``), because only it knows its
validation and the admission policies of the cluster. For lack of permission, two things are not
asked: whether a Secret exists (the operator reads none), and what admission says of pods, such as
Pod Security and LimitRanges (it creates none). Those show when a task starts.

An answer holds until the Function or something that it names changes, or it is time to look again:
after an hour if it is ready, after half a minute and then ever longer if it is not.
"""

import itertools
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from asw.api import names
from asw.api.function import Function
from asw.api.function_policy import function_problems, told
from asw.api.warm import WarmStatus
from asw.api.workflow import TaskTemplate
from asw.asl.resources import FunctionInvocation
from asw.engine.commands import StartTask
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.references import Named
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS, FUNCTIONS, JOBS, SERVICE_ACCOUNTS
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.notices.notice import Tell, tell_nobody
from asw.platforms.kubernetes.notices.occasions import of_function
from asw.platforms.kubernetes.packages import installer as packages
from asw.platforms.kubernetes.storage.status import conditions_plain
from asw.platforms.kubernetes.tasks.code import CodeSource
from asw.platforms.kubernetes.tasks.jobs import TaskPlan, job
from asw.platforms.kubernetes.tasks.pods import FunctionPod
from asw.platforms.kubernetes.tasks.quotas import is_over_quota
from asw.platforms.kubernetes.tasks.settings import TaskSettings
from asw.platforms.kubernetes.workflows.functions import Functions, MissingReference
from asw.platforms.kubernetes.workflows.judgements import (
    READY,
    Judgement,
    Words,
    conditions_of,
    grace_left,
    tell,
)
from asw.platforms.kubernetes.workflows.referred import NamedAccount, NamedMap, referred
from asw.reconciler.platform import ExecutionKey, Refused, TaskRefused

HOLDS_SECONDS: Final = 3600.0
"""How long the API server's answer that it would accept the Job counts."""
FIRST_PAUSE_SECONDS: Final = 30.0
LONGEST_PAUSE_SECONDS: Final = 600.0
"""Before a Function that is not ready is looked at again without a visible change."""
MOST_MAPS: Final = 8
"""Most ConfigMaps that are read: they may be large, and many."""
TRIAL: Final = "asw-trial-"
"""Start of the name of a Job that is never created."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """What a look at one generation of a Function found; its Job is not tried ``tried_until``."""

    generation: int
    judgement: Judgement
    code: CodeSource | None
    holds_until: float
    tried_until: float
    failures: int = 0


class Readiness:
    """Decides whether tasks may call a Function, and writes that to its status."""

    def __init__(
        self,
        client: KubeClient,
        cache: Cache,
        functions: Functions,
        settings: TaskSettings,
        ring: KeyRing,
    ) -> None:
        self._client = client
        self._cache = cache
        self._functions = functions
        self._settings = settings
        self._ring = ring
        self._known: dict[str, _Verdict] = {}
        self._looks: dict[str, int] = {}
        """The number of the latest look at each, under way or done."""
        self._numbers = itertools.count(1)
        self.tell: Tell = tell_nobody
        """Takes notices about what was judged."""
        self.warm: Callable[[str], WarmStatus | None] = lambda _: None
        """What is known of a Function's warm pods, by its uid."""

    async def reconcile(self, function: Function, *, is_due: bool = False) -> None:
        """Write to the Function whether tasks may call it; ``is_due``: look, whatever is known.

        Raises Unavailable, and Refused if the status is refused.
        """
        metadata, now = function.metadata, self._cache.now()
        this = Named.function(metadata.namespace, function.public_name)
        self._cache.references.put(this, references_of(function))
        known = self._known.get(metadata.uid)
        is_new = known is None or known.generation != metadata.generation
        if known is None or is_new or is_due or known.holds_until <= self._cache.clock():
            number = self._looks[metadata.uid] = next(self._numbers)
            known = await self._look(function, None if is_new else known)
            if self._looks.get(metadata.uid) != number:
                return  # a later look decides, or it is gone
            self._known[metadata.uid] = known
        grace = self._settings.function_wait
        warm = self.warm(metadata.uid)
        also = {} if warm is None else {names.CONDITION_WARM: _words_of(function, warm)}
        conditions = conditions_of(function, known.judgement, now, grace, also)
        status: dict[str, Any] = {
            "observedGeneration": metadata.generation,
            "conditions": conditions_plain(conditions),
            **_in_use(function, known),
        }
        if warm is not None:
            status["warm"] = warm.model_dump(mode="json", by_alias=True, exclude_none=True)
        again = known.holds_until - self._cache.clock()
        if (left := grace_left(conditions, now, grace)) is not None:
            again = min(again, left.total_seconds())
        self._cache.again.add(this, max(again, 1.0))
        if await tell(self._client, FUNCTIONS, function, status):
            is_at_work = known.judgement.is_at_work
            for notice in of_function(function, conditions, is_at_work=is_at_work):
                self.tell(notice)

    def forget(self, uid: str) -> None:
        """Hold nothing of a Function that is gone."""
        self._known.pop(uid, None)
        self._looks.pop(uid, None)

    def stand_down(self) -> None:
        """Forget what was found: another replica looks from now on, and this grows stale."""
        self._known.clear()
        self._looks.clear()
        self._functions.stand_down()

    async def _look(self, function: Function, before: _Verdict | None) -> _Verdict:
        clock, code = self._cache.clock(), None
        tried_until = 0.0 if before is None else before.tried_until
        if before is None and function.is_said_to_be("True"):  # as it was at the last look
            tried_until = clock + HOLDS_SECONDS * _spread(function)
        try:
            code = await self._functions.code(function)
            judgement = await self._judge(function)
        except packages.PackagesMissing as error:
            is_at_work = error.until is not None
            judgement = Judgement(error.reason, error.cause, is_at_work=is_at_work)
        except MissingReference as error:
            judgement = Judgement(names.REASON_CONFIG_MAP_NOT_FOUND, error.cause, may_pass=True)
        except (TaskRefused, Refused) as error:
            judgement = Judgement(names.REASON_INVALID_FUNCTION, str(error))
        if judgement.is_ready and tried_until <= clock:
            judgement = await self._try(function, code)
            tried_until = clock + HOLDS_SECONDS if judgement.is_ready else 0.0
        failures, pause = 0, tried_until - clock
        if function.spec.packages is not None:
            pause = min(pause, packages.HOLDS_SECONDS)
        if judgement.is_at_work:
            pause = packages.LOOK_SECONDS
        elif not judgement.is_ready:
            failures = 1 if before is None else before.failures + 1
            longer = FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 10)
            pause = min(longer, LONGEST_PAUSE_SECONDS) * (0.5 + _spread(function) / 2)
        return _Verdict(
            generation=function.metadata.generation,
            judgement=judgement,
            code=code,
            holds_until=clock + pause,
            tried_until=tried_until,
            failures=failures,
        )

    async def _judge(self, function: Function) -> Judgement:
        """Judge by the operator's rules, and by what the Function names."""
        rules = self._settings.policy.rules(function.metadata.namespace)
        if problems := function_problems(function.spec, rules):
            return Judgement(names.REASON_NOT_ALLOWED, told(problems))
        name = function.spec.service_account_name
        account = None if name is None else NamedAccount(name, "spec.serviceAccountName")
        namespace = function.metadata.namespace
        return await referred(self._client, namespace, _maps_of(function), account)

    async def _try(self, function: Function, code: CodeSource | None) -> Judgement:
        """What the API server says about the Job; a full quota is not the Function's fault."""
        manifest = trial_job(function, code, self._settings, self._ring)
        try:
            found = await self._client.dry_run(JOBS, function.metadata.namespace, manifest)
            message = "; ".join(": ".join(filter(None, (it.field, it.message))) for it in found)
        except Refused as error:
            message = str(error)
        if not message or is_over_quota(message):
            return READY
        return Judgement(
            names.REASON_JOB_REFUSED, f"the API server would refuse its tasks' Jobs: {message}"
        )


def _in_use(function: Function, known: _Verdict) -> dict[str, str]:
    """The code and the packages that tasks use: the old ones while new packages are installed."""
    if known.code is not None:
        used, installed = {"codeRef": known.code.config_map}, known.code.packages
        return used if installed is None else {**used, "packagesRef": installed.environment}
    if known.judgement.reason not in names.REASONS_PACKAGES:
        return {}
    status = function.status
    found = {"codeRef": status.code_ref, "packagesRef": status.packages_ref}
    return {name: value for name, value in found.items() if value is not None}


def _words_of(function: Function, warm: WarmStatus) -> Words:
    """The condition that says whether a Function's warm pods are there."""
    if warm.trouble is not None:
        waits = function.spec.warm is not None and function.spec.warm.cold_start == "Wait"
        meanwhile = "calls wait for them" if waits else "calls get Jobs meanwhile"
        if warm.ready:
            meanwhile = f"{warm.ready} pods ask for calls meanwhile"
        return "False", names.REASON_PODS_FAIL, f"{warm.trouble}; {meanwhile}"
    if warm.ready < warm.wanted:
        return "False", names.REASON_PODS_COME, f"{warm.ready} of {warm.wanted} pods ask for calls"
    return "True", names.REASON_PODS_ASK, f"{warm.ready} pods ask for calls"


def references_of(function: Function) -> Iterator[Named]:
    """The objects that the Function names and the operator may read."""
    namespace, spec = function.metadata.namespace, function.spec
    for each in () if spec.code is None else spec.code.maps:
        yield Named(CONFIG_MAPS.plural, namespace, each.name)
    for named in _maps_of(function):
        yield Named(CONFIG_MAPS.plural, namespace, named.name)
    if spec.service_account_name is not None:
        yield Named(SERVICE_ACCOUNTS.plural, namespace, spec.service_account_name)


def trial_job(
    function: Function, code: CodeSource | None, settings: TaskSettings, ring: KeyRing
) -> dict[str, Any]:
    """The Job of a task that calls the Function, without a name: only for a dry run."""
    namespace, uid = function.metadata.namespace, function.metadata.uid
    plan = TaskPlan(
        key=ExecutionKey(namespace, TRIAL.rstrip("-"), uid),
        workflow="",
        task=StartTask(
            task_id=TaskId(uid, 0),
            invocation=FunctionInvocation(name=function.public_name),
            payload={},
            state="",
            frame=0,
            attempt=0,
        ),
        pod=FunctionPod(function=function, code=code, template=TaskTemplate(), settings=settings),
        ring=ring,
        token_key=ring.keys.current.id,
    )
    made = job(plan)
    kept = {name: value for name, value in made["metadata"].items() if name != "name"}
    return {**made, "metadata": {**kept, "generateName": TRIAL}}


def _maps_of(function: Function) -> list[NamedMap]:
    """The first few ConfigMaps that pods need, with the keys they must have."""
    spec = function.spec
    found: dict[tuple[str, str], set[str]] = {}
    for variable in spec.env:
        source = None if variable.value_from is None else variable.value_from.config_map_key_ref
        if source is not None and not source.optional:
            found.setdefault(("spec.env", source.name), set()).add(source.key)
    for each in spec.env_from:
        if each.config_map_ref is not None and not each.config_map_ref.optional:
            found.setdefault(("spec.envFrom", each.config_map_ref.name), set())
    pod = None if spec.pod_template is None else spec.pod_template.spec
    for volume in () if pod is None else pod.volumes:
        shown = volume.config_map
        if shown is not None and not shown.optional:
            keys = found.setdefault(("spec.podTemplate", shown.name), set())
            keys.update(item.key for item in shown.items)
    made = (NamedMap(name, field, frozenset(keys)) for (field, name), keys in found.items())
    return list(itertools.islice(made, MOST_MAPS))


def _spread(function: Function) -> float:
    """From 0 to 1, by uid, so that those looked at together are spread later."""
    return zlib.crc32(function.metadata.uid.encode()) / 2**32
