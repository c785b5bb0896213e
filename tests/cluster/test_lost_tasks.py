"""What is lost on a real cluster: results whose server moved, pods that somebody tore away."""

import json
import subprocess

import pytest

from tests.support.cluster import Cluster, tool
from tests.support.installation import SYSTEM, install
from tests.support.pulses import Pulses, pulses
from tests.support.space import (
    Object,
    Space,
    call,
    events,
    execution,
    function,
    one_task,
    workflow,
)

pytestmark = pytest.mark.cluster

TORN_AWAY = {"Asw.TaskDeleted", "Asw.TaskLost"}
"""By whichever is seen first: that the pod is gone, or that its Job gave up for that."""
LATE = "import time\ndef main_handler(event, context):\n    time.sleep(20)\n    return 'x' * 9000\n"
"""Runs for long enough to lose its server meanwhile, and returns more than a message holds."""


def running_pod(space: Space, name: str) -> str:
    """The name of the pod in which the execution's task runs, once it does."""

    def running() -> str | None:
        pods = space.all("pods", f"--selector=asw.dev/execution={name}")
        return next(
            (it["metadata"]["name"] for it in pods if it["status"].get("phase") == "Running"), None
        )

    found: str = space.until("a running pod", running)
    return found


def begin_late(space: Space) -> None:
    """An execution whose task has begun, and returns its large result later."""
    space.apply(function("late", LATE), workflow("late", one_task("late")))
    space.apply(execution("late-1", "late"))
    running_pod(space, "late-1")


def assert_arrived(space: Space) -> None:
    """The result of the first try is there."""
    status = space.finished("late-1", limit=600)["status"]
    assert (status["phase"], status.get("error")) == ("Succeeded", None)
    assert len(space.jobs("late-1")) == 1


def cluster_ip(cluster: Cluster) -> str:
    """The address of the Service in front of the result server."""
    words = ("--namespace", SYSTEM, "get", "service", "asw-results")
    return cluster.kubectl(*words, "--output=jsonpath={.spec.clusterIP}").stdout


@pytest.mark.alone
def test_a_result_arrives_though_its_service_was_made_anew(space: Space) -> None:
    """A task knows an address that nobody has any more, and its outcome fits no message."""
    system = ("--namespace", SYSTEM)
    begin_late(space)
    old = cluster_ip(space.cluster)
    found = json.loads(
        space.cluster.kubectl(*system, "get", "service", "asw-results", "--output=json").stdout
    )
    for name in ("clusterIP", "clusterIPs"):
        del found["spec"][name]
    for name in ("uid", "resourceVersion", "creationTimestamp"):
        del found["metadata"][name]
    space.cluster.kubectl(*system, "delete", "service", "asw-results")
    space.cluster.kubectl(*system, "create", "--filename=-", stdin=json.dumps(found))
    assert cluster_ip(space.cluster) != old
    assert_arrived(space)


@pytest.mark.alone
def test_a_task_that_starts_later_is_told_the_new_address(space: Space) -> None:
    """The operator notices that its Service was made anew."""
    space.apply(function("quick", LATE.replace("20", "0")), workflow("quick", one_task("quick")))
    address = cluster_ip(space.cluster)
    numbers = iter(range(1, 1000))

    def told() -> str:
        name = f"quick-{next(numbers)}"
        assert space.run(name, "quick")["phase"] == "Succeeded"
        (container,) = space.jobs(name)[0]["spec"]["template"]["spec"]["containers"]
        url = next(it["value"] for it in container["env"] if it["name"] == "ASW_RESULT_URL")
        return str(url)

    space.until("a task that knows the address", lambda: f"//{address}:" in told())


@pytest.mark.alone
def test_a_result_outlives_a_new_installation(space: Space) -> None:
    """Uninstalled and installed again while a task runs: its large outcome arrives, once."""
    begin_late(space)
    helm = tool("helm")
    assert helm is not None
    words = [helm, "uninstall", "asw", f"--namespace={SYSTEM}", "--wait"]
    subprocess.run(words, check=True, capture_output=True)
    install()
    assert_arrived(space)


def by_force(space: Space, pod: str) -> None:
    """Free a pod that does not go, in one way that is in use."""
    strip = json.dumps({"metadata": {"finalizers": None}})
    space.kubectl("patch", "pod", pod, "--type=merge", f"--patch={strip}")
    space.kubectl("delete", "pod", pod, "--force", "--grace-period=0", check=False)


def after_asking(space: Space, pod: str) -> None:
    """Free it in the usual order: what was told to end, and does not, loses its finalizers."""
    space.kubectl("delete", "pod", pod, "--wait=false")
    by_force(space, pod)


def begin(space: Space, heard: Pulses, definition: Object | None = None, **spec: object) -> str:
    """An execution whose task runs; its pod."""
    space.apply(function("f", heard.source, **spec))
    space.apply(workflow("f", definition or one_task("f")), execution("f-1", "f"))
    pod = running_pod(space, "f-1")
    space.until("a sign of life", lambda: heard.spans)
    return pod


def tries_side_by_side(heard: Pulses) -> list[tuple[str, str]]:
    """Processes of different tries that ran at the same time.

    The Job controller may be faster than a busy operator, and replace a pod by another of its Job.
    """
    return [
        (one, other)
        for one, other in heard.side_by_side()
        if one.partition("/")[0] != other.partition("/")[0]
    ]


@pytest.mark.parametrize("tear_away", [by_force, after_asking])
def test_a_task_never_runs_beside_what_is_left_of_it(space: Space, tear_away) -> None:
    """After a pod was torn away from its Job, the next try begins once all of the first ended."""
    with pulses(space.cluster) as heard:
        tear_away(space, begin(space, heard))
        status = space.finished("f-1")["status"]
    assert status["output"] == 2
    (lost,) = events(status, "LambdaFunctionFailed")
    assert lost["error"] in TORN_AWAY
    assert {process.partition("/")[0] for process in heard.spans} == {"1", "2"}
    assert tries_side_by_side(heard) == []


def test_a_deleted_job_leaves_its_pod_to_end_first(space: Space) -> None:
    """The pod of a Job that somebody deleted has its grace period, and the next try waits."""
    with pulses(space.cluster) as heard:
        begin(space, heard)
        (job,) = space.jobs("f-1")
        space.kubectl("delete", "job", job["metadata"]["name"], "--wait=false")
        status = space.finished("f-1")["status"]
    assert status["output"] == 2
    assert heard.side_by_side() == []


def test_what_must_not_repeat_is_not_started_again(space: Space) -> None:
    """With onLost: Fail a loss goes to Catch by its name, and no other process ever began."""
    catch = [{"ErrorEquals": sorted(TORN_AWAY), "Next": "caught"}]
    states = {
        "task": call("f", Catch=catch, Next="missed"),
        "caught": {"Type": "Pass", "InputPath": "$.Error", "End": True},
        "missed": {"Type": "Fail", "Error": "NotCaught"},
    }
    with pulses(space.cluster) as heard:
        pod = begin(space, heard, {"StartAt": "task", "States": states}, onLost="Fail")
        by_force(space, pod)
        status = space.finished("f-1")["status"]
    assert status["output"] in TORN_AWAY
    assert f"1/{pod}" in heard.spans
    assert {process.partition("/")[0] for process in heard.spans} == {"1"}
    assert len(events(status, "LambdaFunctionScheduled")) == 1
