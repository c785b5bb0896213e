"""What the cluster does to tasks: each plight has its name, its remedy and its free retries."""

import json
from typing import Any

import pytest

from tests.support.job_watch import watched_jobs
from tests.support.space import Object, Space, call, events, execution, function, one_task, workflow

pytestmark = pytest.mark.cluster

OK = "def main_handler(event, context):\n    return 1\n"
FIRST_HANGS = """
import os, time
def main_handler(event, context):
    start = os.environ["ASW_TASK_ID"].rsplit("-", 1)[1]
    if start == "1":
        time.sleep(600)
    return start
"""
"""Returns the number of its start, but for the first one, which runs until somebody ends it."""
HUNGRY = """
def main_handler(event, context):
    held = [b"x" * 2**20 for _ in range(400)]
    return len(held)
"""
FIRST_LAST = """
import time
def main_handler(event, context):
    time.sleep(15 if event < 4 else 0)
    return event
"""
"""The first four of a Map run until a second execution waits."""


def caught(error: str, name: str = "f", **fields: Any) -> Object:
    """A definition that catches one error of the function, and no other."""
    catch = [{"ErrorEquals": [error], "Next": "caught"}]
    states = {
        "task": call(name, Catch=catch, Next="missed", **fields),
        "caught": {"Type": "Pass", "InputPath": "$.Cause", "End": True},
        "missed": {"Type": "Fail", "Error": "NotCaught"},
    }
    return {"StartAt": "task", "States": states}


def quota(**hard: str) -> Object:
    """A ResourceQuota named tiny."""
    metadata = {"name": "tiny"}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": metadata,
        "spec": {"hard": {name.replace("_", "/"): value for name, value in hard.items()}},
    }


def pod_of(space: Space, name: str) -> str:
    """The name of the pod in which the execution's task runs, once it does."""

    def running() -> str | None:
        pods = space.all("pods", f"--selector=asw.dev/execution={name}")
        states = [it for it in pods if it["status"].get("phase") == "Running"]
        return states[0]["metadata"]["name"] if states else None

    found: str = space.until("a running pod", running)
    return found


def losses(status: Object) -> list[tuple[str, str]]:
    """Error and cause of each call that failed."""
    failed = events(status, "LambdaFunctionFailed")
    return [(event["error"], event["cause"]) for event in failed]


@pytest.mark.parametrize("resource", ["count_pods", "count_jobs.batch"])
def test_a_full_quota_is_waited_for(space: Space, resource: str) -> None:
    """A task waits while a quota leaves no room for its Job or pod, and says so."""
    space.apply(quota(**{resource: "0"}), function("f", OK), workflow("f", one_task("f")))
    space.until("the quota", lambda: space.get("resourcequota", "tiny").get("status"))
    space.apply(execution("f-1", "f"))
    if resource == "count_jobs.batch":
        space.until("the reason", lambda: "exceeded quota: tiny" in reason(space, "f-1"))
    else:
        space.until("the Job", lambda: space.jobs("f-1"))
    space.apply(quota(**{resource: "9"}))
    status = space.finished("f-1")["status"]
    assert status["phase"] == "Succeeded"
    assert losses(status) == []


def reason(space: Space, name: str) -> str:
    """All that the conditions of the execution say."""
    return json.dumps(space.get("execution", name).get("status", {}).get("conditions", []))


def test_a_full_quota_is_caught_by_its_name(space: Space) -> None:
    """After startTimeoutSeconds without room the task fails, and the cause says what to do."""
    space.apply(quota(count_pods="0"), function("f", OK))
    space.until("the quota", lambda: space.get("resourcequota", "tiny").get("status"))
    space.apply(workflow("f", caught("Asw.QuotaExceeded")))
    status = space.run("f-1", "f")
    assert "exceeded quota: tiny" in status["output"]
    assert "raise its count/pods" in status["output"]
    assert len(events(status, "LambdaFunctionScheduled")) == 1


def test_no_node_for_a_task(space: Space) -> None:
    """A pod that no node takes is told of, and fails by that name with the scheduler's reason."""
    space.apply(function("f", OK, nodeSelector={"nowhere": "true"}))
    space.apply(workflow("f", caught("Asw.Unschedulable")), execution("f-1", "f"))
    space.until("the reason", lambda: "no node takes its pod" in reason(space, "f-1"))
    status = space.finished("f-1")["status"]
    assert "didn't match" in status["output"]
    assert "nodeSelector" in status["output"]
    assert len(events(status, "LambdaFunctionScheduled")) == 1


def test_no_image_for_a_task(space: Space) -> None:
    """An image that cannot be had is not tried again for free."""
    image = "registry.invalid/nobody/nothing:1"
    space.apply(function("f", "", runtime="image", image=image))
    space.apply(workflow("f", caught("Asw.ImagePullFailed")))
    status = space.run("f-1", "f")
    assert image in status["output"]
    assert "spec.image" in status["output"]
    assert len(events(status, "LambdaFunctionScheduled")) == 1


def test_no_program_for_a_task(space: Space) -> None:
    """A container whose program is not there has not started, whatever its state's time-out."""
    space.apply(function("ok", OK), workflow("ok", one_task("ok")))
    space.run("ok-1", "ok")
    image = space.all("pods")[0]["spec"]["containers"][0]["image"]
    space.apply(function("f", "", runtime="image", image=image, command=["/bin/nosuch"]))
    space.apply(workflow("f", caught("Asw.StartFailed", TimeoutSeconds=600)))
    status = space.run("f-1", "f")
    assert status["phase"] == "Succeeded", status.get("error")
    assert "/bin/nosuch" in status["output"]
    assert not events(status, "LambdaFunctionStarted")


def test_more_memory_than_the_limit(space: Space) -> None:
    """A task that is killed for its memory says so, and is not tried again for free."""
    limits = {"limits": {"memory": "64Mi"}}
    space.apply(function("f", HUNGRY, resources=limits), workflow("f", one_task("f")))
    status = space.run("f-1", "f")
    if status["phase"] == "Succeeded":
        pytest.skip("this node lets a container have more memory than its limit")
    ((error, cause),) = losses(status)
    if error == "Asw.TaskCrashed":
        assert "signal 9" in cause
        pytest.skip("this node kills for memory and does not say so")
    assert error == "Asw.OutOfMemory"
    assert "spec.resources.limits.memory" in cause
    assert len(events(status, "LambdaFunctionScheduled")) == 1


def test_a_pod_that_somebody_deletes(space: Space) -> None:
    """The task starts anew under another id; the loss is told, and no Retrier is asked."""
    space.apply(function("f", FIRST_HANGS), workflow("f", one_task("f")), execution("f-1", "f"))
    pod = pod_of(space, "f-1")
    space.kubectl("delete", "pod", pod, "--wait=false")
    status = space.finished("f-1")["status"]
    assert status["output"] == "2"
    assert len(events(status, "LambdaFunctionScheduled")) == 2
    ((error, cause),) = losses(status)
    assert error == "Asw.TaskDeleted"
    assert pod in cause


def test_an_evicted_pod(space: Space) -> None:
    """A task that is evicted, as in a drain, starts anew; the loss names pod and node."""
    space.apply(function("f", FIRST_HANGS), workflow("f", one_task("f")), execution("f-1", "f"))
    pod = pod_of(space, "f-1")
    node = space.get("pod", pod)["spec"]["nodeName"]
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": space.namespace},
    }
    path = f"/api/v1/namespaces/{space.namespace}/pods/{pod}/eviction"
    space.kubectl("create", f"--raw={path}", "--filename=-", stdin=json.dumps(eviction))
    status = space.finished("f-1")["status"]
    assert status["output"] == "2"
    assert len(events(status, "LambdaFunctionScheduled")) == 2
    ((error, cause),) = losses(status)
    assert error == "Asw.TaskEvicted"
    assert f"pod {pod} on node {node}" in cause
    assert "PodDisruptionBudget" in cause


def test_the_deadline_of_a_job(space: Space) -> None:
    """A Job that Kubernetes ends at its deadline fails its task, and that needs a human."""
    space.apply(function("f", FIRST_HANGS), workflow("f", caught("Asw.DeadlineExceeded")))
    space.apply(execution("f-1", "f"))
    pod_of(space, "f-1")
    (job,) = space.jobs("f-1")
    patch = json.dumps({"spec": {"activeDeadlineSeconds": 1}})
    space.kubectl("patch", "job", job["metadata"]["name"], "--type=merge", f"--patch={patch}")
    status = space.finished("f-1")["status"]
    assert "activeDeadlineSeconds" in status["output"]
    assert len(events(status, "LambdaFunctionScheduled")) == 1


def test_a_map_of_forty_does_not_starve_a_run_of_one(space: Space) -> None:
    """spec.maxActiveTasks holds for a Workflow, and its executions take turns at the slots."""
    each = {"Type": "Map", "ItemProcessor": one_task("f"), "End": True}
    definition = {"StartAt": "each", "States": {"each": each}}
    space.apply(function("f", FIRST_LAST), workflow("f", definition, maxActiveTasks=4))
    with watched_jobs(space) as seen:
        space.apply(execution("many", "f", list(range(40))))
        space.until("the first Jobs", lambda: len(seen.uids) >= 4)
        space.apply(execution("one", "f", [40]))
        many = space.finished("many")["status"]
        one = space.finished("one")["status"]
    order = [name.split("-")[0] for name in seen.uids]
    assert order.count("many") == 40
    assert order.index("one") < 20
    assert many["output"] == list(range(40))
    assert one["output"] == [40]
