"""How a Job of ``eks:runJob.sync`` is, its logs at its end, and its end before its time.

AWS: "Create and manage Amazon EKS clusters with Step Functions", RunJob. A Job is known by
namespace, name and uid: another one of its name is a stranger. Logs are bounded in bytes and time,
whatever the Job has written.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from asw.asl.errors import DATA_LIMIT_EXCEEDED
from asw.asl.values import Json, JsonObject, from_text, is_too_deep
from asw.connector.kubernetes.client import ClusterClient, Refused, Request, Stranger
from asw.connector.kubernetes.objects import Cluster, deletion
from asw.connector.kubernetes.parameters import BadRequest, Parameters, segment
from asw.connector.sessions import NoAnswer, TooLarge

MOST_LOGS: Final = 262_144
"""Bytes of all logs together, which are more than a result has room for."""
MOST_LOGS_OF_A_FAILURE: Final = 16_384
"""The same of a Job that failed: a cause has at most 32,768 characters, and the Job goes first."""
PODS_AT_A_TIME: Final = 100
_NO_ANSWER: Final = "EKS.SdkClientException"
_NOT_FOUND: Final = 404

State: TypeAlias = Literal["Active", "Complete", "Failed"]


class JobGone(Exception):
    """The Job is not there any more; the message says what is there instead."""


async def end(cluster: Cluster, given: Parameters) -> Json:
    """Its state; once it is over, the Job as well, with the logs that LogOptions ask for.

    Raises JobGone, and TooLarge if the logs of a Job that is complete have no room in a result.
    """
    name, uid = given.name("Name"), given.text("Uid")
    request = Request(method="GET", path=_path(given))
    answer = await cluster.client.send(request, "repeatable")
    if answer.status == _NOT_FOUND:
        raise JobGone(f"Job {name} was deleted before it was over")
    if answer.status >= 300:
        raise Refused(answer)
    job = answer.body
    found = _object(_object(job).get("metadata")).get("uid")
    if not found:
        raise Stranger("the answer is no Job")
    if found != uid:
        raise JobGone(f"Job {name} was deleted, and another one has its name now")
    state = state_of(job)
    if state == "Active":
        return {"State": state}
    options = Parameters(given.fields.get("LogOptions") or {})
    if options.flag("RetrieveLogs"):
        most = MOST_LOGS if state == "Complete" else MOST_LOGS_OF_A_FAILURE
        logs = _Logs(cluster.client, given.name("Namespace"), options, most)
        job = {**job, "logs": await logs.of(job, uid)}
        if state == "Complete" and logs.is_over:
            raise TooLarge
    return {"State": state, "Job": job}


async def delete(cluster: Cluster, given: Parameters) -> Json:
    """Delete the Job and its pods, unless another one has its name by now."""
    request = deletion(_path(given), uid=given.text("Uid"))
    await cluster.client.ask(request, "repeatable")
    return None


def state_of(job: JsonObject) -> State:
    """Kubernetes: a Job is over with Complete or Failed, and not with what announces them.

    SuccessCriteriaMet and FailureTarget are there while pods still end.
    """
    for condition in _list(_object(job.get("status")).get("conditions")):
        kind = _object(condition).get("type")
        if kind in ("Complete", "Failed") and condition.get("status") == "True":
            return "Complete" if kind == "Complete" else "Failed"
    return "Active"


def log_of(data: bytes, *, is_raw: bool) -> Json:
    """AWS: a log is the value that it spells in JSON, else a text; ``is_raw`` always gives it."""
    text = data.decode(errors="replace")
    if is_raw:
        return text
    try:
        value = from_text(text)
    except ValueError:
        return text
    # what no state could have in its data, inside of the Job, stays a text
    return text if is_too_deep([[[[[[[[value]]]]]]]], f"{'[' * 8}{text}") else value


@dataclass(slots=True)
class _Logs:
    """Reads logs of containers as long as there is room; best effort, as at AWS."""

    client: ClusterClient
    namespace: str
    options: Parameters
    room: int
    is_over: bool = False
    """Whether a log had no room."""
    pods: dict[str, Json] = field(default_factory=dict)

    async def of(self, job: JsonObject, uid: str) -> Json:
        """The logs of the Job's pods, by pod and container; why there are no more, if they fail."""
        is_raw = self.options.flag("RawLogs")
        try:
            async with asyncio.timeout(self.client.access.call_seconds):
                async for pod in self._pods_of(job, uid):
                    containers: dict[str, Json] = {}
                    self.pods[pod["metadata"]["name"]] = {"containers": containers}
                    for container in _list(_object(pod.get("spec")).get("containers")):
                        containers[container["name"]] = await self._log(
                            pod, container, is_raw=is_raw
                        )
                        if self.is_over:
                            return {"pods": self.pods}
        except Exception as error:  # noqa: BLE001 -- a server may send anything
            return {"pods": self.pods, **_told(error)}
        return {"pods": self.pods}

    async def _pods_of(self, job: JsonObject, uid: str) -> AsyncIterator[JsonObject]:
        """The pods that the Job owns, a page at a time."""
        selector = _object(_object(job.get("spec")).get("selector")).get("matchLabels")
        labels = ",".join(f"{name}={value}" for name, value in _object(selector).items())
        asked = [("labelSelector", labels), ("limit", str(PODS_AT_A_TIME))]
        page = ""
        while True:
            query = (*asked, *([("continue", page)] if page else []))
            path = f"/api/v1/namespaces/{self.namespace}/pods"
            request = Request(method="GET", path=path, query=query)
            body = _object((await self.client.ask(request, "repeatable")).body)
            for pod in _list(body.get("items")):
                owners = _list(_object(pod.get("metadata")).get("ownerReferences"))
                if any(_object(owner).get("uid") == uid for owner in owners):
                    yield pod
            page = _object(body.get("metadata")).get("continue") or ""
            if not page:
                return

    async def _log(self, pod: JsonObject, container: JsonObject, *, is_raw: bool) -> Json:
        named = segment("the name of a pod", pod["metadata"]["name"])
        request = Request(
            method="GET",
            path=f"/api/v1/namespaces/{self.namespace}/pods/{named}/log",
            query=self._query(container["name"]),
        )
        try:
            data = (await self.client.ask(request, "repeatable")).data
        except TooLarge:
            data = bytes(self.room + 1)
        except (Refused, NoAnswer) as error:
            return _told(error)
        self.room -= len(data)
        if self.room < 0:
            self.is_over = True
            return {"error": DATA_LIMIT_EXCEEDED, "cause": "the log has no room: set tailLines"}
        return {"log": log_of(data, is_raw=is_raw)}

    def _query(self, container: str) -> tuple[tuple[str, str], ...]:
        """What LogParameters ask for; no more bytes than there is room for is sent."""
        given = [it for it in self.options.lists("LogParameters") if it[0] != "container"]
        given = [("follow", "false") if it[0] == "follow" else it for it in given]
        if not any(name == "limitBytes" for name, _ in given):
            given.append(("limitBytes", str(self.room + 1)))
        return (*given, ("container", container))


def _path(given: Parameters) -> str:
    return f"/apis/batch/v1/namespaces/{given.name('Namespace')}/jobs/{given.name('Name')}"


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _told(error: Exception) -> dict[str, Json]:
    """AWS: the fields that stand in the place of a log that could not be read."""
    match error:
        case Refused():
            return {"error": f"EKS.{error.answer.status}", "cause": error.answer.message}
        case NoAnswer() | BadRequest():
            return {"error": _NO_ANSWER, "cause": str(error)}
        case TimeoutError():
            return {"error": _NO_ANSWER, "cause": "the logs did not come in time"}
    cause = f"the answer cannot be read ({type(error).__name__})"
    return {"error": _NO_ANSWER, "cause": cause}
