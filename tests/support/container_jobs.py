"""Tasks of ECS and jobs of Batch as Jobs of an API server that answers by a script."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from asw.connector.calls import Call, Done, Outcome
from asw.connector.job_kinds import JOB_KINDS
from asw.connector.jobs import Handle, handle_of, question, stops, verdict
from asw.connector.kubernetes.caller import KubernetesCaller
from asw.connector.kubernetes.calls import mark_of
from tests.support import scripted_cluster as sc
from tests.support.scripted_cluster import Reply, ScriptedCluster

JOBS = "/apis/batch/v1/namespaces/lab/jobs"
TEMPLATE = "/apis/batch/v1/namespaces/lab/cronjobs/resize"
MARK = mark_of("uid-1")
NAME = f"resize-{MARK[:12]}"
ORIGIN = ("arn:execution", "arn:aws:states:eu-west-1:111111111111:stateMachine:flow")
PODS = "/api/v1/namespaces/lab/pods"


def a_template(**container: Any) -> Any:
    """A CronJob."""
    main = {"name": "main", "image": "tools:1", **container}
    pod = {"spec": {"restartPolicy": "Never", "containers": [main]}}
    metadata = {"name": "resize", "namespace": "lab"}
    return {"metadata": metadata, "spec": {"jobTemplate": {"spec": {"template": pod}}}}


def a_job(made: Any, *, mark: str = MARK, **status: Any) -> Any:
    """The Job that was created, as the server has it then."""
    job = json.loads(json.dumps(made))
    job["metadata"].update(uid="job-1", creationTimestamp="2026-01-01T00:00:00Z")
    job["metadata"]["annotations"]["asw.dev/task"] = mark
    return {**job, "status": status}


def ended(kind: str, **told: Any) -> Any:
    """What a Job's status has once it is over."""
    at = {"lastTransitionTime": "2026-01-01T00:00:09Z"}
    return {"conditions": [{"type": kind, "status": "True", **at, **told}]}


def a_pod(code: int, *, owner: str = "job-1", **terminated: Any) -> Any:
    """A pod of the Job that ended."""
    state = {"terminated": {"exitCode": code, **terminated}}
    return {
        "metadata": {"name": "p", "ownerReferences": [{"uid": owner}]},
        "status": {
            "phase": "Failed" if code else "Succeeded",
            "containerStatuses": [{"name": "main", "state": state}],
        },
    }


def a_call(request: str, **parameters: Any) -> Call:
    """The call that starts it."""
    service, action = request.split(":")
    return Call(
        service=service,
        action=action,
        sdk=False,
        parameters=parameters,
        task_id="uid-1",
        origin=ORIGIN,
        is_job=True,
    )


@dataclass(slots=True)
class Containers:
    """The API server, which has the template, and whoever calls it."""

    cluster: ScriptedCluster
    caller: KubernetesCaller

    async def make(self, call: Call) -> Outcome:
        """Make the call."""
        return await self.caller.make(call, self.cluster.access())

    async def start(self, request: str, **parameters: Any) -> "Started":
        """Make the call that starts it, by an API server that takes every Job."""
        made: list[Any] = []
        self.cluster.on(f"POST {JOBS}", echoed(made))
        call = a_call(request, **parameters)
        outcome = await self.make(call)
        assert isinstance(outcome, Done), outcome
        handle = handle_of(JOB_KINDS[request], parameters, outcome.output)
        return Started(self, call, made, handle, outcome.output)


@dataclass(slots=True)
class Started:
    """The Jobs that a call has created, and the names of what it started."""

    where: Containers
    call: Call
    jobs: list[Any]
    handle: Handle
    answer: Any

    @property
    def job(self) -> Any:
        """The only Job."""
        [job] = self.jobs
        return job

    def shows(self, *pods: Any, mark: str = MARK, **status: Any) -> None:
        """Its Job is so from now on, and has these pods."""
        cluster = self.where.cluster
        cluster.on(f"GET {JOBS}/{NAME}", sc.one(a_job(self.jobs[0], mark=mark, **status)))
        cluster.on(f"GET {PODS}", sc.listed(*pods))

    async def verdict(self) -> Any:
        """How it is, by one question."""
        kind = JOB_KINDS[f"{self.call.service}:{self.call.action}"]
        outcome = await self.where.make(question(self.call, kind, self.handle))
        return verdict(kind, self.handle, outcome)

    async def stop(self) -> None:
        """Nobody awaits it any more."""
        kind = JOB_KINDS[f"{self.call.service}:{self.call.action}"]
        for call in stops(self.call, kind, self.handle):
            assert isinstance(await self.where.make(call), Done)


@asynccontextmanager
async def containers() -> AsyncIterator[Containers]:
    """An API server with the template, until the block ends."""
    async with sc.scripted_cluster() as cluster, KubernetesCaller(sc.QUICK) as caller:
        cluster.on(f"GET {TEMPLATE}", sc.one(a_template()))
        cluster.on(f"GET {PODS}", sc.listed())
        yield Containers(cluster, caller)


def echoed(made: list[Any]) -> Reply:
    """It creates the Job."""

    async def reply(request: web.Request) -> web.StreamResponse:
        made.append(await request.json())
        return await sc.one(a_job(made[-1]), 201)(request)

    return reply
