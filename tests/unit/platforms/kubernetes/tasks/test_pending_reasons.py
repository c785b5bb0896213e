"""Why a task that is there does not run yet: told, long before it fails."""

import pytest

from asw.platforms.kubernetes.tasks.observations import (
    TaskObservation,
    job_observation,
    pod_observation,
)
from asw.platforms.kubernetes.tasks.pending_reasons import LONGEST, pending_reason_of
from asw.platforms.kubernetes.tasks.places import TaskKey
from tests.support.kube_objects import (
    KEY,
    a_job,
    a_pod,
    execution_object,
    function_object,
    running,
    terminated,
    waiting,
    workflow_object,
)
from tests.support.kube_world import kube_world

NO_NODE = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": "0/1 nodes are available",
}
LATE = "failed to sync configmap cache: timed out waiting for the condition"


def told(pod=None, trouble=None):
    seen = None if pod is None else pod_observation(pod)
    return pending_reason_of(
        TaskObservation(job=job_observation(a_job()), pod=seen, trouble=trouble)
    )


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ({"kueue.x-k8s.io/queue-name": "team"}, "it waits for Kueue, in queue team"),
        ({}, "its Job is suspended"),
    ],
    ids=["by Kueue", "by somebody"],
)
def test_a_suspended_job_says_what_it_waits_for(labels, words):
    """Kueue by its queue; without one somebody else suspended it."""
    made = a_job()
    made["spec"]["suspend"] = True
    made["metadata"]["labels"] = {**made["metadata"]["labels"], **labels}
    assert words in pending_reason_of(TaskObservation(job=job_observation(made)))


@pytest.mark.parametrize(
    ("pod", "trouble", "pending_reason"),
    [
        pytest.param(None, None, None, id="no pod yet"),
        pytest.param(None, "exceeded quota: q", "exceeded quota: q", id="no room"),
        pytest.param(
            a_pod(conditions=[NO_NODE]),
            None,
            "no node takes its pod: 0/1 nodes are available",
            id="no node",
        ),
        pytest.param(a_pod(), None, None, id="nothing known"),
        pytest.param(a_pod(waiting("ContainerCreating")), None, None, id="being created"),
        pytest.param(
            a_pod(waiting("CreateContainerConfigError", LATE)), None, None, id="kubelet is late"
        ),
        pytest.param(
            a_pod(waiting("ErrImagePull", "no such image")),
            None,
            "ErrImagePull: no such image",
            id="no image",
        ),
        pytest.param(
            a_pod(
                waiting("PodInitializing"),
                initContainerStatuses=[{"name": "mesh", "state": waiting("ErrImagePull")}],
            ),
            None,
            "container mesh: ErrImagePull",
            id="injected container",
        ),
        pytest.param(a_pod(running()), None, None, id="running"),
        pytest.param(a_pod(terminated()), None, None, id="ended"),
    ],
)
def test_pending_reasons(pod, trouble, pending_reason):
    """What does not pass by itself in a moment is a pending reason, in the words of Kubernetes."""
    assert told(pod, trouble) == pending_reason


def test_long_words_are_cut():
    """They go into a condition, beside others."""
    cut = told(trouble="x" * 1000)
    assert len(cut) == LONGEST
    assert cut.endswith("…")


def passing(world):
    """A second goes by, and somebody looks."""
    world.time.pass_(1)
    world.reconciler.wake(KEY)
    return True


def message(world):
    return world.status["conditions"][0]["message"]


async def test_a_pod_that_no_node_takes_is_told():
    """Ten seconds later the status says so, by one write; once the pod runs it is over."""
    async with kube_world() as world:
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object())
        await world.apply("execution", execution_object())
        await world.until(lambda: list(world.feed.cache.active_tasks()))
        ((_, task_id),) = world.feed.cache.active_tasks()
        job = world.feed.cache.tasks[TaskKey.of(KEY, task_id)].job
        pod = a_pod(conditions=[NO_NODE])
        pod["metadata"]["ownerReferences"][0]["uid"] = job.uid
        passes = world.reconciler.counters.passes
        await world.show("pod", pod)
        await world.until(lambda: world.reconciler.counters.passes > passes)
        sentence = "1 task waits to start: no node takes its pod: 0/1 nodes are available"
        await world.until(lambda: passing(world) and sentence in message(world))
        pod["status"] = a_pod(running())["status"]
        await world.show("pod", pod)
        await world.until(lambda: passing(world) and sentence not in message(world))
