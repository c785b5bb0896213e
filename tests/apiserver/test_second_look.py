"""What a real API server answers where a task seems to have no pod, or to be past its time."""

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from asw.engine.facts import TaskFailed, TaskStarted, TaskVanished
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.lineage import Lineage
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import connect
from asw.platforms.kubernetes.client.resources import JOBS, PODS
from asw.platforms.kubernetes.client.watching import watch
from asw.platforms.kubernetes.tasks.jobs import job
from asw.platforms.kubernetes.tasks.observations import job_observation
from asw.platforms.kubernetes.tasks.settings import Spans
from asw.platforms.kubernetes.watch.second_look import SecondLook
from asw.reconciler.platform import ExecutionKey
from tests.support.kube_objects import a_plan, a_ring, a_task

pytestmark = [pytest.mark.cluster, pytest.mark.alone]


class Listener:
    """Who is told of what a look finds."""

    def __init__(self, cache):
        self.cache = cache

    def wake(self, task_id):
        """See Feed."""

    def forget_job(self, place, uid):
        """See Feed."""
        self.cache.drop_job(place, uid)


@pytest.fixture
async def client(kubernetes_api):
    """A client of the real API server."""
    async with KubeClient(connect(str(kubernetes_api.kubeconfig))) as made:
        yield made


@pytest.fixture
def execution(kubernetes_api, namespace):
    """An Execution that nobody works on, to own Jobs: they would be collected without."""
    item = {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Execution",
        "metadata": {"name": "order-1"},
        "spec": {"workflowRef": {"name": "nothing"}, "suspend": True},
    }
    words = ("create", f"-n={namespace}", "-o", "json", "-f", "-")
    made = json.loads(kubernetes_api.kubectl(*words, stdin=json.dumps(item)).stdout)
    return ExecutionKey(namespace, "order-1", made["metadata"]["uid"])


async def a_job_that_no_node_takes(client, key):
    """The Job of the execution's first task, and the pod that Kubernetes made for it."""
    task = replace(a_task(), task_id=TaskId(key.uid, 1))
    manifest = job(replace(a_plan(task=task), key=key))
    manifest["spec"]["template"]["spec"]["nodeSelector"] = {"asw.dev/nowhere": "1"}
    made = await client.create(JOBS, key.namespace, manifest)
    observation = job_observation({**manifest, "metadata": made["metadata"]})
    async with asyncio.timeout(60), aclosing(watch(client, PODS, key.namespace, {})) as changes:
        async for change in changes:
            if change.item["status"].get("conditions"):  # the scheduler has looked at it
                return observation, change.item
    raise AssertionError("a watch has no end")


async def looked_at(client, observation):
    """What is known of a task of which no pod was seen, eleven minutes later."""
    late = timedelta(minutes=11)
    cache = Cache(Spans(), lambda: datetime.now(UTC) + late, lineage=Lineage(a_ring()))
    cache.put_job(observation)
    listener = Listener(cache)
    await SecondLook(client=client, cache=cache, feed=listener).look()
    owner = ExecutionKey(observation.namespace, "", observation.owner_uid)
    return cache.facts(owner, observation.task_id)


async def test_pods_are_asked_for_before_time_is_up(kubernetes_api, client, execution):
    """The pod of a Job is found by its labels, and what it says counts."""
    observation, pod = await a_job_that_no_node_takes(client, execution)
    name = pod["metadata"]["name"]
    (end,) = await looked_at(client, observation)
    assert isinstance(end, TaskFailed)
    assert (end.error, name in end.cause) == ("Asw.Unschedulable", True)

    shown = {"name": "task", "image": "x", "imageID": "", "ready": True, "restartCount": 0}
    shown["state"] = {"running": {"startedAt": "2026-01-01T12:00:01Z"}}
    status = json.dumps({"status": {"containerStatuses": [shown]}})
    words = ("patch", "pod", name, f"-n={execution.namespace}", "--subresource=status")
    kubernetes_api.kubectl(*words, f"--patch={status}")
    assert [type(fact) for fact in await looked_at(client, observation)] == [TaskStarted]


async def test_a_job_that_is_gone_is_found_to_be(client, execution):
    """The API server's 404 is what says so."""
    observation, _ = await a_job_that_no_node_takes(client, execution)
    await client.delete(JOBS, execution.namespace, observation.name)
    (end,) = await looked_at(client, observation)
    assert isinstance(end, TaskVanished)
    assert end.error == "Asw.TaskDeleted"
