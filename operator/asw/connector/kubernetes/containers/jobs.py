"""Creates, reads and deletes the Jobs that stand for tasks of ECS and jobs of Batch."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from asw.asl.values import Json, JsonObject
from asw.connector.kubernetes.calls import TASK_ANNOTATION, created
from asw.connector.kubernetes.client import Answer, Refused, Request, Stranger
from asw.connector.kubernetes.containers.stuck import (
    Stopped,
    may_be_stuck,
    stopped_of,
    stuck_in,
)
from asw.connector.kubernetes.containers.templates import REQUEST_ANNOTATION, containers_of
from asw.connector.kubernetes.objects import PATCHES, Cluster, deletion
from asw.connector.kubernetes.parameters import body_of, segment
from asw.connector.sessions import NoAnswer, TooLarge

_BATCH: Final = "/apis/batch/v1/namespaces"
_JOB_NAME: Final = "batch.kubernetes.io/job-name"
_MOST_PODS: Final = "50"
_UNFINISHED: Final = ("fieldSelector", "status.phase!=Succeeded,status.phase!=Failed")
_CHANGED: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
"""The Job went, or is another one or another version by now."""


class NoTemplate(Exception):
    """The namespace has no CronJob of that name."""


@dataclass(frozen=True, slots=True)
class Run:
    """A Job, and once it is over the pod that decided: the one that succeeded, or the last."""

    job: JsonObject
    pod: JsonObject | None = None

    @property
    def name(self) -> str:
        """Its metadata.name, by which it is asked for."""
        return str(self.job["metadata"]["name"])

    @property
    def request(self) -> Mapping[str, Json]:
        """What was asked for by name."""
        found: Mapping[str, Json] = json.loads(_annotation(self.job, REQUEST_ANNOTATION) or "{}")
        return found

    @property
    def status(self) -> JsonObject:
        """What the Job's controller says."""
        return self.job.get("status") or {}

    @property
    def end(self) -> JsonObject | None:
        """The condition that says that it is over, and how."""
        return next(
            (
                it
                for it in self.status.get("conditions") or ()
                if it.get("type") in ("Complete", "Failed") and it.get("status") == "True"
            ),
            None,
        )

    @property
    def stopped(self) -> Stopped | None:
        """Why it was given up; None if it was not."""
        return stopped_of(self.job)

    @property
    def is_over(self) -> bool:
        """Whether it does not go on."""
        return self.end is not None or self.stopped is not None

    @property
    def has_succeeded(self) -> bool:
        """Whether it is over, and well."""
        return self.stopped is None and self.end is not None and self.end["type"] == "Complete"

    @property
    def why(self) -> str:
        """Why it failed: what kept it from starting, or the controller's words."""
        if self.stopped is not None:
            return self.stopped.reason
        end = self.end or {}
        return ": ".join(it for it in (end.get("reason"), end.get("message")) if it)

    def times(self) -> dict[str, int]:
        """When it was created, started and over, in milliseconds since 1970, as far as known."""
        end = None if self.end is None else self.end.get("lastTransitionTime")
        end = end if self.stopped is None else self.stopped.at
        known = {
            "CreatedAt": self.job["metadata"].get("creationTimestamp"),
            "StartedAt": self.status.get("startTime"),
            "StoppedAt": self.status.get("completionTime") or end,
        }
        return {name: _millis(it) for name, it in known.items() if it}

    def ended_containers(self) -> Mapping[str, JsonObject]:
        """How the containers of its pod ended (``state.terminated``), by name."""
        statuses = ((self.pod or {}).get("status") or {}).get("containerStatuses") or ()
        found = {it["name"]: (it.get("state") or {}).get("terminated") for it in statuses}
        return {name: it for name, it in found.items() if it}

    def images(self) -> list[tuple[str, str]]:
        """Names and images of its containers."""
        return [(it["name"], it.get("image", "")) for it in containers_of(self.job)]


async def template(cluster: Cluster, name: str) -> JsonObject:
    """The CronJob of that name. Raises NoTemplate and Refused."""
    path = f"{_BATCH}/{cluster.namespace}/cronjobs/{segment('the name', name)}"
    try:
        answer = await cluster.client.ask(Request(method="GET", path=path), "repeatable")
    except Refused as refused:
        if refused.answer.status == HTTPStatus.NOT_FOUND:
            raise NoTemplate(f"CronJob {cluster.namespace}/{name}") from None
        raise
    return _object(answer)


async def create(cluster: Cluster, job: Mapping[str, Any]) -> Run:
    """Create the Job, or find the one that the same task has made. Raises Refused."""
    return Run(_object(await created(cluster, cluster.namespace, job)))


async def create_all(cluster: Cluster, wanted: Sequence[Mapping[str, Any]]) -> list[Run]:
    """Create these Jobs of one task. If one fails, none of them stays. Raises as ``create``."""
    made: list[Run] = []
    try:
        for job in wanted:
            made.append(await create(cluster, job))  # noqa: PERF401 (what is made counts at once)
    except Exception:
        if made:  # the one that failed may be there, too
            await _withdraw(cluster, wanted[: len(made) + 1])
        raise
    return made


async def _withdraw(cluster: Cluster, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Delete those that there are, within the time of one call: its failure is what counts."""
    with suppress(TimeoutError):
        async with asyncio.timeout(cluster.client.access.call_seconds):
            for job in wanted:
                mark = str(_annotation(job, TASK_ANNOTATION))
                with suppress(Refused, NoAnswer, Stranger, TooLarge, TimeoutError):
                    await delete(cluster, job["metadata"]["name"], mark)


async def read(cluster: Cluster, name: str, mark: str) -> Run | None:
    """The Job as it is, if the task of this mark made it; None if there is none. Raises Refused.

    One that will never start is given up.
    """
    found = await _found(cluster, name, mark)
    if found is None or found.stopped is not None:
        return found
    if found.end is not None:
        return Run(found.job, await _deciding_pod(cluster, found))
    if may_be_stuck(found.status):
        return await _looked_after(cluster, found)
    return found


async def delete(cluster: Cluster, name: str, mark: str) -> None:
    """Delete the Job that the task of this mark made, and its pods. Raises Refused."""
    found = await _found(cluster, name, mark)
    if found is None or found.is_over:
        return
    request = deletion(_path(cluster, name), uid=found.job["metadata"]["uid"])
    answer = await cluster.client.send(request, "repeatable")
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES and answer.status not in _CHANGED:
        raise Refused(answer)


async def _found(cluster: Cluster, name: str, mark: str) -> Run | None:
    answer = await cluster.client.send(
        Request(method="GET", path=_path(cluster, name)), "repeatable"
    )
    if answer.status == HTTPStatus.NOT_FOUND:
        return None
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise Refused(answer)
    found = Run(_object(answer))
    return found if _annotation(found.job, TASK_ANNOTATION) == mark else None


async def _looked_after(cluster: Cluster, run: Run) -> Run:
    """The Job, given up if no pod of it will ever start."""
    stopped = stuck_in(await _pods(cluster, run, _UNFINISHED), datetime.now(UTC))
    if stopped is None:
        return run
    request = Request(
        method="PATCH",
        path=_path(cluster, run.name),
        body=body_of(stopped.change(run.job)),
        content_type=PATCHES["merge"],
    )
    answer = await cluster.client.send(request, "throttled")
    if answer.status in _CHANGED:
        return run
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise Refused(answer)
    return Run(_object(answer))


async def _deciding_pod(cluster: Cluster, run: Run) -> JsonObject | None:
    pods = await _pods(cluster, run)
    pods.sort(key=lambda it: it["metadata"].get("creationTimestamp") or "")
    good = [it for it in pods if (it.get("status") or {}).get("phase") == "Succeeded"]
    decided = good if run.has_succeeded and good else pods
    return decided[-1] if decided else None


async def _pods(cluster: Cluster, run: Run, *query: tuple[str, str]) -> list[JsonObject]:
    """Pods that the Job owns; of very many, some."""
    query = (("labelSelector", f"{_JOB_NAME}={run.name}"), ("limit", _MOST_PODS), *query)
    path = f"/api/v1/namespaces/{cluster.namespace}/pods"
    listed = await cluster.client.ask(Request(method="GET", path=path, query=query), "repeatable")
    uid = run.job["metadata"]["uid"]
    return [it for it in _object(listed).get("items") or () if _is_of(it, uid)]


def _is_of(pod: JsonObject, uid: str) -> bool:
    owners = (pod.get("metadata") or {}).get("ownerReferences") or ()
    return any(it.get("uid") == uid for it in owners)


def _path(cluster: Cluster, name: str) -> str:
    return f"{_BATCH}/{cluster.namespace}/jobs/{segment('the name', name)}"


def _annotation(item: Mapping[str, Any], name: str) -> str | None:
    found: str | None = (item["metadata"].get("annotations") or {}).get(name)
    return found


def _object(answer: Answer) -> dict[str, Any]:
    body = answer.body
    if not isinstance(body, dict) or not isinstance(body.get("metadata"), dict):
        raise Stranger("the answer is no object")
    return body


def _millis(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp() * 1000)
