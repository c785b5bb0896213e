"""Containers that somebody injected beside a task: whom they fail, what ends their pod."""

import pytest
from aiohttp import web

from asw.engine.facts import TaskFailed, TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.tasks.observations import (
    TaskObservation,
    job_observation,
    pod_observation,
)
from asw.platforms.kubernetes.tasks.outcomes import facts_of
from asw.platforms.kubernetes.tasks.settings import Spans
from asw.platforms.kubernetes.tasks.sidecars import ending_deadline, is_lingering
from tests.support.kube_objects import (
    KEY,
    NOW,
    UID,
    a_job,
    a_plan,
    a_pod,
    an_image,
    execution_object,
    function_object,
    running,
    terminated,
    waiting,
    workflow_object,
)
from tests.support.kube_world import PATHS, Build, kube_world

TASK = TaskId(UID, 1)
TOOK = "2026-01-01T12:00:00Z"
"""When the node took the pod; the task's container ends two seconds later."""


def with_sidecar(task, sidecar, **fields):
    """A pod with a proxy before the task's container, as webhooks inject it."""
    pod = a_pod(task, startTime=TOOK, **fields)
    pod["status"].setdefault("containerStatuses", []).insert(0, {"name": "proxy", "state": sidecar})
    return pod


def ended(pod, deadline):
    """The pod after the kubelet ended it at its deadline."""
    status = {**pod["status"], "phase": "Failed", "reason": "DeadlineExceeded"}
    return {**pod, "spec": {**pod["spec"], "activeDeadlineSeconds": deadline}, "status": status}


def end(pod, job=None):
    """How the task ended, as far as its pod shows."""
    observation = TaskObservation(
        job=job_observation(job or a_job()), pod=pod_observation(pod), is_fresh=True
    )
    facts = facts_of(observation, Spans(), NOW + Spans().start_timeout)
    return next((it for it in facts if isinstance(it, TaskFailed | TaskSucceeded)), None)


TROUBLES = {
    "ended": terminated(1),
    "out of memory": terminated(137, reason="OOMKilled"),
    "without an image": waiting("ImagePullBackOff", "m:1"),
    "misspelt": waiting("InvalidImageName"),
    "not created": waiting("CreateContainerError"),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
@pytest.mark.parametrize("phase", ["Pending", "Running"])
def test_trouble_of_a_sidecar_fails_no_task(trouble, phase):
    """The task's own container runs: nothing else ends it, whatever the pod's phase is."""
    assert end(with_sidecar(running(), trouble, phase=phase)) is None


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
def test_the_tasks_own_container_is_judged(trouble):
    """A task that ended well has succeeded in a pod that failed for its sidecar."""
    pod = with_sidecar(terminated(0, '{"output": 1}'), trouble, phase="Failed")
    assert end(pod, a_job(failed="BackoffLimitExceeded")).output == 1


def test_a_sidecar_that_ended_well_hides_no_failure():
    """Nor does the order of containers count: it is the name that does."""
    pod = with_sidecar(terminated(3), terminated(0), phase="Failed")
    assert end(pod).error == "Asw.TaskCrashed"


LINGERING = {
    "sidecar runs": (with_sidecar(terminated(), running()), True),
    "sidecar never started": (with_sidecar(terminated(), waiting("ImagePullBackOff")), True),
    "task runs": (with_sidecar(running(), running()), False),
    "sidecar ended too": (with_sidecar(terminated(), terminated()), False),
    "no sidecar": (a_pod(terminated()), False),
    "native sidecar": (
        a_pod(terminated(), initContainerStatuses=[{"name": "proxy", "state": running()}]),
        False,
    ),
    "pod is over": (with_sidecar(terminated(), running(), phase="Failed"), False),
    "pod is deleted": (with_sidecar(terminated(), running(), deleted_at=TOOK), False),
}


@pytest.mark.parametrize(("pod", "lingers"), LINGERING.values(), ids=LINGERING.keys())
def test_who_lingers(pod, lingers):
    """Only a pod whose task has ended, and that a plain container alone keeps."""
    assert is_lingering(pod_observation(pod)) is lingers


@pytest.mark.parametrize(
    ("deadline", "set_to"),
    [(None, 3), (600, 3), (3, None), (1, None)],
    ids=["none", "later", "the same", "sooner"],
)
def test_the_deadline_is_right_behind_the_end(deadline, set_to):
    """It may be set once and lowered, as the API server has it, and is never 0."""
    pod = with_sidecar(terminated(), running())
    if deadline is not None:
        pod["spec"]["activeDeadlineSeconds"] = deadline
    assert ending_deadline(pod_observation(pod)) == set_to


def test_a_pod_that_never_says_when_it_began_is_left_alone():
    """Without its instants there is no deadline to set; it goes with its Job."""
    pod = with_sidecar(terminated(), running())
    del pod["status"]["startTime"]
    assert ending_deadline(pod_observation(pod)) is None


def test_the_deadline_of_a_sidecar_is_not_the_tasks():
    """An image that ended well without a word has, though its pod was ended later."""
    job = a_job(a_plan(an_image()), failed="BackoffLimitExceeded")
    pod = with_sidecar(terminated(0), terminated(143))
    deadline = ending_deadline(pod_observation(with_sidecar(terminated(0), running())))
    assert isinstance(end(ended(pod, deadline), job), TaskSucceeded)


def test_a_task_that_its_pods_deadline_ended_says_so():
    """A deadline that somebody else gave the pod counts as ever."""
    pod = ended(with_sidecar(terminated(143), terminated(143)), 2)
    assert end(pod).error == "Asw.DeadlineExceeded"


async def begun(world):
    """An execution whose task has ended beside a sidecar that runs on; its pod."""
    await world.apply("function", function_object())
    await world.apply("workflow", workflow_object())
    await world.apply("execution", execution_object())
    await world.until(lambda: world.feed.cache.facts(KEY, TASK) is not None)
    (job,) = world.api.named("/jobs/")
    pod = with_sidecar(terminated(0, '{"output": 1}'), running(), phase="Running")
    owner = {**pod["metadata"]["ownerReferences"][0], "uid": job["metadata"]["uid"]}
    pod["metadata"]["ownerReferences"] = [owner]
    return await world.apply("pod", pod)


def deadline_of(world, pod):
    """The deadline of the pod, as the server holds it."""
    return world.stored("pod", pod["metadata"]["name"])["spec"].get("activeDeadlineSeconds")


async def test_the_result_counts_at_once():
    """Nobody waits for the sidecar, nor for what ends it."""
    async with kube_world() as world:
        await begun(world)
        await world.until(lambda: world.status["phase"] == "Succeeded")


async def test_a_pod_that_lingers_is_ended():
    """After a grace in which the sidecar may end by itself; pod and Job, and so logs, stay."""
    async with kube_world() as world:
        pod = await begun(world)
        await world.sweeper.tick()
        world.time.pass_(4)
        await world.sweeper.tick()
        assert deadline_of(world, pod) is None
        world.time.pass_(1)
        await world.sweeper.tick()
        assert deadline_of(world, pod) == 3
        assert len(world.api.named("/jobs/")) == 1


async def test_a_pod_is_ended_once():
    """A sidecar that does not end costs no write each second; the sweep takes its Job."""
    async with kube_world() as world:
        await begun(world)
        for _ in range(5):
            await world.sweeper.tick()
            world.time.pass_(5)
        assert [path for method, path in world.api.writes() if "/pods/" in path] == [
            f"{PATHS['pod']}/order-1-0b2bd0a47c0c-1-abcde"
        ]
        await world.until(lambda: world.status["phase"] == "Succeeded")
        await world.swept(lambda: not world.api.named("/jobs/"), every=60)


async def test_an_operator_without_the_right_goes_on(caplog):
    """Roles of earlier versions do not grant it: told once, and the sweep takes the Job."""
    async with kube_world() as world:
        await begun(world)
        refusal = web.json_response({"message": "pods is forbidden"}, status=403)
        world.api.fail("PATCH", "/pods/", refusal)
        for _ in range(3):
            await world.sweeper.tick()
            world.time.pass_(5)
        (line,) = (it for it in caplog.messages if "sidecars" in it)
        assert "pods is forbidden" in line


async def test_a_pod_of_another_installations_namespace_is_left_alone():
    """Where the operator may not act, it ends nothing."""
    theirs = set[str]()
    async with kube_world(Build(may_act=lambda namespace: namespace not in theirs)) as world:
        pod = await begun(world)
        theirs.add(KEY.namespace)
        for _ in range(3):
            await world.sweeper.tick()
            world.time.pass_(5)
        assert deadline_of(world, pod) is None
