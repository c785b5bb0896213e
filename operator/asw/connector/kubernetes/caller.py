"""Makes calls of clusters: many at a time in one process, each with an end that has a name."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from asw.asl.errors import (
    ADDRESS_REFUSED,
    JOB_GONE,
    NO_CONNECTION,
    ROLLOUT_FAILED,
    WAITED_TOO_LONG,
)
from asw.asl.integrations import EKS, JOB_DELETE, JOB_END, KUBERNETES
from asw.asl.values import Json, to_text
from asw.connector.addresses import AddressRefused
from asw.connector.calls import Call, Done, Failed, Outcome
from asw.connector.kept import Kept
from asw.connector.kubernetes import calls, failures, jobs, objects
from asw.connector.kubernetes.access import ClusterAccess, NoCluster
from asw.connector.kubernetes.client import ClusterClient, Refused, Stranger
from asw.connector.kubernetes.containers import batch, ecs
from asw.connector.kubernetes.containers.jobs import NoTemplate
from asw.connector.kubernetes.following import Pauses
from asw.connector.kubernetes.kinds import Kinds
from asw.connector.kubernetes.objects import Cluster
from asw.connector.kubernetes.parameters import BadRequest, Parameters
from asw.connector.kubernetes.rollouts import Looks, RolloutFailed, rollout
from asw.connector.kubernetes.waits import Waited, wait
from asw.connector.sessions import NoAnswer, TooLarge

logger = logging.getLogger(__name__)

MOST_RESULT: Final = 262_144
"""AWS: bytes of a result."""
_Verb = Callable[[Cluster, Parameters], Awaitable[Json]]
_VERBS: Final[dict[tuple[str, str], _Verb]] = {
    ("eks", "call"): calls.call,
    (KUBERNETES, "apply"): objects.apply,
    (KUBERNETES, "get"): objects.get,
    (KUBERNETES, "patch"): objects.patch,
    (KUBERNETES, "delete"): objects.delete,
}
_ContainerVerb = Callable[[Cluster, Parameters, Call], Awaitable[Json]]
_CONTAINER_VERBS: Final[dict[tuple[str, str], _ContainerVerb]] = {
    ("ecs", "runTask"): ecs.run_task,
    ("ecs", "describeTasks"): ecs.describe_tasks,
    ("ecs", "stopTask"): ecs.stop_task,
    ("batch", "submitJob"): batch.submit_job,
    ("batch", "describeJobs"): batch.describe_jobs,
    ("batch", "terminateJob"): batch.terminate_job,
}
"""What other services do, done here; some of it only whoever follows a job may ask."""
_OF_JOBS: Final[dict[tuple[str, str], _Verb]] = {
    (EKS, JOB_END): jobs.end,
    (EKS, JOB_DELETE): jobs.delete,
}
"""Questions about a Job, whose parameters are ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How often is looked and tried again."""

    pauses: Pauses = field(default_factory=Pauses)
    looks: Looks = field(default_factory=Looks)


class KubernetesCaller:
    """Calls clusters. Use as an async context manager."""

    def __init__(self, timing: Timing | None = None) -> None:
        self._timing = timing or Timing()
        self._clusters: Kept[ClusterAccess, Cluster] = Kept(_opened, _closed)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; calls that are under way fail."""
        await self._clusters.close()

    async def make(self, call: Call, access: ClusterAccess) -> Outcome:
        """Make the call. What goes wrong is an outcome, too."""
        async with self._clusters.use(access) as cluster:
            try:
                output = await self._made(cluster, call)
                is_too_large = len(to_text(output).encode("utf-8", "replace")) > MOST_RESULT
            except NoTemplate as error:
                return failures.no_definition(call, str(error))
            except Exception as error:  # noqa: BLE001 (translated here, at the border)
                return _failure(call, cluster, error)
        return failures.too_large(call) if is_too_large else Done(output=output)

    async def _made(self, cluster: Cluster, call: Call) -> Json:
        key = (call.service, call.action)
        if (instead := _CONTAINER_VERBS.get(key)) is not None:
            return await instead(cluster, Parameters.unchecked(call), call)
        if (question := _OF_JOBS.get(key)) is not None:
            return await question(cluster, Parameters.unchecked(call))
        given, verb = Parameters.of(call), _VERBS.get(key)
        if verb is not None:
            return await verb(cluster, given)
        if call.action == "wait":
            return await wait(cluster, given, self._timing.pauses)
        if call.action == "rollout":
            return await rollout(cluster, given, self._timing.pauses, self._timing.looks)
        return await calls.run_job(cluster, given, call.task_id)


def _opened(access: ClusterAccess) -> Cluster:
    client = ClusterClient(access)
    return Cluster(client, Kinds(client))


async def _closed(cluster: Cluster) -> None:
    await cluster.client.close()


def may_repeat(action: str, parameters: Json) -> bool:
    """Whether a call may be made again as the same task, if nobody knows whether it was made."""
    given = parameters if isinstance(parameters, dict) else {}
    match action:
        case "call":
            return calls.is_reading(given)
        case "patch":
            return bool(given.get("Type", "merge") != "json")
        case "delete":
            return bool(given.get("IgnoreNotFound"))
    return True


def _failure(call: Call, cluster: Cluster, error: Exception) -> Failed:
    """The failure for what a verb raised; a server may send anything that makes no sense."""
    name = _NAMES.get(type(error))
    if name is not None:
        return Failed(error=name, cause=str(error))
    match error:
        case BadRequest():
            return failures.unfit(call, str(error))
        case Refused():
            return failures.refused(call, error.answer)
        case TooLarge():
            return failures.too_large(call)
        case TimeoutError():
            return failures.timed_out(call, cluster.client.access.call_seconds)
        case NoAnswer() | Stranger():
            why = str(error)
        case _:
            logger.warning("%s:%s: %s", call.resource_type, call.action, type(error).__name__)
            why = f"the answer cannot be read ({type(error).__name__})"
    return failures.no_answer(call, why)


_NAMES: Final[Mapping[type[Exception], str]] = {
    AddressRefused: ADDRESS_REFUSED,
    NoCluster: NO_CONNECTION,
    Waited: WAITED_TOO_LONG,
    RolloutFailed: ROLLOUT_FAILED,
    jobs.JobGone: JOB_GONE,
}
"""Errors whose text is the cause."""
