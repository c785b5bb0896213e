"""Pods that the Job controller adopts for their labels are nobody's witnesses."""

from datetime import timedelta

from asw.engine.facts import TaskStarted, TaskSucceeded, TaskVanished
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.lineage import Lineage
from asw.platforms.kubernetes.tasks.observations import job_observation, pod_observation
from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.platforms.kubernetes.tasks.settings import Spans
from tests.support.kube_objects import (
    KEY,
    NOW,
    UID,
    Object,
    a_job,
    a_pod,
    a_ring,
    running,
    terminated,
)

FORGED = terminated(0, '{"output": "forged"}')


def shown(*pods: Object) -> list[object]:
    """Outputs and starts that the task shows after its Job and these pods were seen."""
    cache = Cache(Spans(), lambda: NOW, lineage=Lineage(a_ring()))
    job = job_observation(a_job())
    assert job is not None
    cache.put_job(job)
    for item in pods:
        pod = pod_observation(item)
        assert pod is not None
        cache.put_pod(pod)
    facts = cache.facts(KEY, TaskId(UID, 1)) or ()
    return [
        fact.output if isinstance(fact, TaskSucceeded) else "started"
        for fact in facts
        if isinstance(fact, TaskSucceeded | TaskStarted)
    ]


def test_the_first_pod_alone_counts() -> None:
    """A Job makes one pod; one that comes later decides nothing, though the Job owns it."""
    assert shown(a_pod(running()), a_pod(FORGED, uid="pod-2")) == ["started"]


def test_an_older_pod_of_the_list_is_the_first() -> None:
    """When a restart finds both, the older one is the Job's own."""
    late = a_pod(FORGED, uid="pod-2")
    late["metadata"]["creationTimestamp"] = "2026-01-01T12:00:05Z"
    own = a_pod(terminated(0, '{"output": "real"}'))
    assert shown(late, own) == ["started", "real"]


def test_pod_that_is_gone_is_not_replaced() -> None:
    """An adopted pod that ends first makes the Job end the real one: that is no outcome."""
    now = [NOW]
    cache = Cache(Spans(), lambda: now[0], lineage=Lineage(a_ring()))
    task = TaskId(UID, 1)
    for item in (a_pod(running()), a_pod(FORGED, uid="pod-2")):
        pod = pod_observation(item)
        assert pod is not None
        cache.put_pod(pod)
    job = job_observation(a_job(failed="BackoffLimitExceeded"))
    assert job is not None
    cache.put_job(job)
    cache.drop_pod(TaskKey.of(KEY, task), "pod-1")
    now[0] += timedelta(seconds=35)  # by then its kubelet has ended it
    cache.refresh()
    started, end = cache.facts(KEY, task) or ()
    assert isinstance(started, TaskStarted)
    assert isinstance(end, TaskVanished)


def test_pod_that_is_seen_before_its_job_is_news_later() -> None:
    """A watch may be faster than the answer to our own request: nobody sleeps over it."""
    cache = Cache(Spans(), lambda: NOW, lineage=Lineage(a_ring()))
    job, pod = job_observation(a_job()), pod_observation(a_pod(terminated(0, '{"output": 1}')))
    assert job is not None
    assert pod is not None
    assert not cache.put_pod(pod)
    cache.add_job(job)
    assert cache.refresh() == [TaskKey.of(KEY, TaskId(UID, 1))]


def test_end_outlives_its_pod() -> None:
    """How a task ended is known until its Job is gone."""
    cache = Cache(Spans(), lambda: NOW, lineage=Lineage(a_ring()))
    task = TaskId(UID, 1)
    job, pod = job_observation(a_job()), pod_observation(a_pod(terminated(0, '{"output": 1}')))
    assert job is not None
    assert pod is not None
    cache.put_job(job)
    cache.put_pod(pod)
    before = cache.facts(KEY, task)
    assert not cache.drop_pod(TaskKey.of(KEY, task), "pod-1")
    assert cache.facts(KEY, task) == before
