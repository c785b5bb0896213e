"""TaskDefaults of a namespace: asked for now and then, and between Workflow and operator."""

import pytest
from aiohttp import web

from asw.api.workflow import TaskTemplate
from asw.platforms.kubernetes.cache.remembered import REMEMBERED_SECONDS
from asw.platforms.kubernetes.cache.task_defaults import NO_DEFAULTS, DefaultsOfNamespaces
from asw.reconciler.platform import TaskRefused
from tests.support.kube_api import collection, kube_api
from tests.support.kube_objects import execution_object, function_object, workflow_object
from tests.support.kube_world import Time, kube_world

PLACE = collection("asw.dev/v1alpha1", "shop", "taskdefaults")


def task_defaults(**spec):
    return {"metadata": {"name": "default", "namespace": "shop"}, "spec": spec}


async def test_a_namespace_is_asked_about_once_in_a_while():
    """A namespace without them has none; news are noticed."""
    time = Time()
    async with kube_api() as (api, client):
        defaults = DefaultsOfNamespaces(client, time.monotonic)
        assert await defaults.of("shop") == NO_DEFAULTS
        api.put(PLACE, task_defaults(priorityClassName="low"))
        assert await defaults.of("shop") == NO_DEFAULTS
        assert len(api.requests) == 1
        time.pass_(REMEMBERED_SECONDS)
        assert await defaults.of("shop") == TaskTemplate(priority_class_name="low")


async def test_who_may_not_read_them_has_none():
    """A Role of an earlier version stops no task."""
    async with kube_api() as (api, client):
        api.fail("GET", "taskdefaults", web.json_response({"message": "forbidden"}, status=403))
        assert await DefaultsOfNamespaces(client, Time().monotonic).of("shop") == NO_DEFAULTS


async def test_broken_ones_are_named():
    """An object that went round its schema fails tasks with its name, not the operator."""
    async with kube_api() as (api, client):
        api.put(PLACE, task_defaults(priorityClassName=7))
        with pytest.raises(TaskRefused, match=r"TaskDefaults 'default'.*priorityClassName"):
            await DefaultsOfNamespaces(client, Time().monotonic).of("shop")


async def a_job(world, **template):
    """The Job of a task whose Workflow says that."""
    await world.apply("function", function_object(nodeSelector={"zone": "b"}))
    await world.apply("workflow", workflow_object(taskTemplate=template))
    await world.apply("execution", execution_object())
    await world.until(lambda: world.api.named("/jobs/"))
    (job,) = world.api.named("/jobs/")
    return job


async def test_they_are_below_workflow_and_function():
    """Function before Workflow before namespace before operator."""
    async with kube_world() as world:
        world.api.put(
            PLACE,
            task_defaults(
                nodeSelector={"zone": "a", "disk": "ssd"},
                priorityClassName="low",
                startTimeoutSeconds=60,
                resources={"limits": {"memory": "1Gi"}},
                tolerations=[{"key": "batch", "operator": "Exists"}],
                imagePullSecrets=[{"name": "registry"}],
            ),
        )
        job = await a_job(world, priorityClassName="high", startTimeoutSeconds=90)
    spec = job["spec"]["template"]["spec"]
    assert spec["nodeSelector"] == {"zone": "b", "disk": "ssd"}
    assert spec["priorityClassName"] == "high"
    assert spec["tolerations"] == [{"key": "batch", "operator": "Exists"}]
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert spec["containers"][0]["resources"]["limits"]["memory"] == "1Gi"
    assert spec["containers"][0]["resources"]["requests"]["cpu"] == "10m"
    assert job["metadata"]["annotations"]["asw.dev/start-timeout"] == "90"


async def test_they_may_ask_for_no_more_than_others():
    """What was written before the rules, or without the policy, reaches no Job."""
    async with kube_world() as world:
        world.api.put(PLACE, task_defaults(priorityClassName="system-node-critical"))
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object())
        await world.apply("execution", execution_object())
        await world.until(lambda: world.status.get("phase") == "Failed")
        assert world.status["error"] == "Asw.NotAllowed"
        assert "TaskDefaults default: spec.priorityClassName" in world.status["cause"]
        assert not world.api.named("/jobs/")
