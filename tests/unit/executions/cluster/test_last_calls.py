"""The newest task of each Function, from the Jobs that a cluster keeps."""

from datetime import UTC, datetime

from asw.api.function import CodeMap
from asw.executions.cluster.access import Access
from asw.executions.cluster.connecting import ClusterContext
from asw.executions.cluster.last_calls import last_calls
from asw.executions.patience import Patience
from asw.executions.port import LastCall
from asw.platforms.kubernetes.tasks.code import CodeSource
from asw.platforms.kubernetes.tasks.jobs import job as rendered
from tests.support.kube_api import collection, kube_api
from tests.support.kube_objects import a_plan

JOBS = collection("batch/v1", "shop", "jobs")
PLACE = ClusterContext(context="dev", namespace="shop", server="https://dev.example:6443")


def a_job(name, function, minute, end=None, *, maps=()):
    """A Job of a task, created at that minute, with the condition of its end."""
    at = f"2026-01-01T12:{minute:02}:30Z"
    conditions = [] if end is None else [{"type": end, "status": "True", "lastTransitionTime": at}]
    labels = {"asw.dev/kind": "task", "asw.dev/function": function, "asw.dev/execution": name}
    source = {"configMapKeyRef": {"name": f"0-c-{name}", "key": "code"}}
    pod = {"containers": [{"env": [{"name": "X"}, {"name": "ASW_CODE", "valueFrom": source}]}]}
    if maps:
        code = CodeSource.of([CodeMap(name=it) for it in maps])
        pod = rendered(a_plan(code=code))["spec"]["template"]["spec"]
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": f"2026-01-01T12:{minute:02}:00Z",
            "labels": labels,
        },
        "spec": {"template": {"spec": pod}},
        "status": {"conditions": conditions},
    }


def at(minute, second):
    """An instant of that hour."""
    return datetime(2026, 1, 1, 12, minute, second, tzinfo=UTC)


async def test_the_newest_job_of_each_counts():
    """By the time of its start; how it ended is the Job's condition."""
    async with kube_api() as (api, client):
        api.put(JOBS, a_job("b", "f", 2, "Failed"))
        api.put(JOBS, a_job("a", "f", 1, "Complete"))
        api.put(JOBS, a_job("c", "g", 3))
        api.put(JOBS, a_job("d", "h", 4, "Complete", maps=["big"]))
        api.put(JOBS, a_job("f", "i", 5, "Complete", maps=["part-1", "part-2"]))
        api.put(JOBS, a_job("e", "other", 5))
        access = Access(client, PLACE, Patience("it"))
        assert await last_calls(access, ["f", "g", "h", "i", "none"]) == {
            "f": LastCall(execution="b", phase="Failed", at=at(2, 30), code="0-c-b"),
            "g": LastCall(execution="c", phase="Running", at=at(3, 0), code="0-c-c"),
            "h": LastCall(execution="d", phase="Succeeded", at=at(4, 30), code="big"),
            "i": LastCall(execution="f", phase="Succeeded", at=at(5, 30), code="part-1"),
        }


async def test_of_one_function_only_its_jobs_are_read():
    """The selector names it, so that those of others cost nothing."""
    async with kube_api() as (api, client):
        access = Access(client, PLACE, Patience("it"))
        await last_calls(access, ["f"])
        assert api.queries[-1]["labelSelector"] == "asw.dev/kind=task,asw.dev/function=f"
