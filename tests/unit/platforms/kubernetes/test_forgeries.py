"""What a tenant makes up, in a namespace of theirs or beside a run, stands in for nothing."""

import asyncio
import json
from copy import deepcopy

import pytest

from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache import lineage
from asw.platforms.kubernetes.watch.listing import fill_cache
from tests.support.kube_api import collection
from tests.support.kube_objects import (
    KEY,
    KEYS,
    UID,
    a_job,
    a_plan,
    a_pod,
    a_task,
    execution_object,
    function_object,
    terminated,
    workflow_object,
)
from tests.support.kube_world import PATHS, again, kube_world

EVIL = "evil"
PASS = {"Type": "Pass", "End": True}
WAIT = {"Type": "Wait", "Seconds": 3600, "End": True}
FIRST = "0b2bd0a47c0c-c-2"
"""Name of the first child of a Map over something: ordinal 1 is the Map Run's."""
ENDS = {
    "job": {
        "conditions": [
            {"type": "Complete", "status": "True", "lastTransitionTime": "2026-01-01T12:00:00Z"}
        ]
    },
    "execution": {"phase": "Succeeded", "completionTime": "2026-01-01T12:00:01Z", "output": 666},
}


def a_map(state):
    """A distributed Map, whose children have this one state."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Each",
        "States": {"Each": state},
    }
    mapped = {"Type": "Map", "ItemProcessor": processor, "End": True}
    return {"StartAt": "All", "States": {"All": mapped}}


def path_of(kind, namespace):
    return PATHS[kind].replace("/shop/", f"/{namespace}/")


async def forge(world, kind, item, namespace=EVIL):
    """Somebody makes the object, as far as an API server lets them, and watches tell of it."""
    metadata = {**item["metadata"], "namespace": namespace}
    stored = world.api.put(path_of(kind, namespace), {**deepcopy(item), "metadata": metadata})
    await world.show(kind, stored, "ADDED")
    return stored


def forged_child(state="All", ordinal=2, **spec):
    """An Execution that says of itself to be a child of the run."""
    parent = {
        "name": KEY.name, "uid": UID, "ordinal": ordinal, "state": state, "executionArn": "a",
        "workflowName": "b", "workflowArn": "c", "roleArn": "d",
    }  # fmt: skip
    item = execution_object(inputText="1", parent=parent, **spec)
    item["metadata"] |= {
        "name": f"0b2bd0a47c0c-c-{ordinal}",
        "uid": "forged",
        "ownerReferences": [
            {"kind": "Execution", "name": KEY.name, "uid": UID, "controller": True}
        ],
    }
    return item


def sealed_child(item):
    """The same as if the operator had made it."""
    claim = lineage.claim(item["metadata"]["namespace"], item)
    annotations = {"asw.dev/seal": KEYS.seal(claim)}
    return {**item, "metadata": {**item["metadata"], "annotations": annotations}}


def forged_pod(job, output):
    """A Pod of the Job that has left this outcome."""
    pod = a_pod(terminated(0, json.dumps({"output": output})), phase="Succeeded")
    pod["metadata"]["ownerReferences"][0] |= {
        "name": job["metadata"]["name"], "uid": job["metadata"]["uid"],
    }  # fmt: skip
    pod["metadata"] |= {"uid": "forged-pod", "labels": job["metadata"]["labels"]}
    return pod


async def a_task_runs(world):
    """The run of one task, its Job there."""
    await world.apply("function", function_object())
    await world.apply("workflow", workflow_object())
    await world.apply("execution", execution_object())
    await world.until(lambda: world.feed.cache.facts(KEY, TaskId(UID, 1)) is not None)
    job = world.stored("job", "order-1-0b2bd0a47c0c-1")
    await world.show("job", job)
    return job


async def settled(world):
    """Nobody has anything left to do, as far as five looks tell."""
    for _ in range(5):
        await asyncio.sleep(0.002)


async def test_a_job_of_another_namespace_is_nobodys_task():
    """With the labels, owner and name of a running task it ends nothing; the real one does."""
    async with kube_world() as world:
        job = await a_task_runs(world)
        fake = await forge(world, "job", {**a_job(uid="forged"), "status": ENDS["job"]})
        await forge(world, "pod", forged_pod(fake, 666))
        await settled(world)
        assert world.status["phase"] == "Running"
        await world.apply("pod", forged_pod(job, "real"))
        await world.until(lambda: world.status["phase"] == "Succeeded")
        assert world.status["output"] == "real"


@pytest.mark.parametrize("is_first", [True, False], ids=["before", "after"])
async def test_an_execution_of_another_namespace_is_nobodys_child(is_first):
    """A Map waits for its own child, whatever another namespace runs in its name."""
    async with kube_world() as world:
        mine = workflow_object(definition=a_map(PASS))
        mine["metadata"] |= {"uid": "mine"}
        await forge(world, "workflow", mine)
        (revision,) = world.api.named(f"/{EVIL}/controllerrevisions/")
        child = forged_child()
        child["spec"]["workflowRef"]["revision"] = revision["metadata"]["name"]
        if is_first:
            await forge(world, "execution", child)
        await world.apply("workflow", workflow_object(definition=a_map(WAIT)))
        await world.apply("execution", execution_object(input=[1]))
        await world.until(lambda: world.api.named(f"/{KEY.namespace}/executions/{FIRST}"))
        if not is_first:
            await forge(world, "execution", child)
        forged = f"{path_of('execution', EVIL)}/{FIRST}"
        await world.until(lambda: world.api.objects[forged]["status"].get("phase"))
        await settled(world)
        assert world.status["phase"] == "Running"
        assert "set by the operator alone" in world.api.objects[forged]["status"]["cause"]


async def test_a_run_is_not_forged_after_a_restart_either():
    """Whoever takes over, from lists, finds the same tasks, whatever came first in them."""
    async with kube_world() as world:
        await a_task_runs(world)
        fake = await forge(world, "job", {**a_job(uid="forged"), "status": ENDS["job"]})
        await forge(world, "pod", forged_pod(fake, 666))
        async with again(world) as second:
            await fill_cache(second.client, second.feed, (None,))
            second.reconciler.resume_all(second.feed.cache.unfinished())
            await second.until(lambda: second.platform.executions.record(UID))
            await settled(second)
            assert second.status["phase"] == "Running"
            assert list(second.feed.cache.active_tasks()) == [(KEY, TaskId(UID, 1))]


async def test_a_job_that_came_before_its_task_is_refused():
    """Whoever may make Jobs beside a run cannot make one in advance that is taken for its task."""
    async with kube_world() as world:
        early = deepcopy(a_job(uid="forged"))
        early["metadata"]["annotations"]["asw.dev/seal"] = "k.guess"
        await forge(world, "job", {**early, "status": ENDS["job"]}, KEY.namespace)
        await forge(world, "pod", forged_pod(early, 666), KEY.namespace)
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object())
        await world.apply("execution", execution_object())
        await world.until(lambda: world.status.get("phase") == "Failed")
        assert world.status["error"] == "Asw.StartFailed"
        assert "was made by somebody else; delete it" in world.status["cause"]


async def test_a_job_made_anew_is_not_the_task():
    """Who deletes a Job and makes a namesake, seal and all, has deleted it, and no more."""
    async with kube_world() as world:
        job = await a_task_runs(world)
        anew = deepcopy(job)
        anew["metadata"]["uid"] = "forged"
        await forge(world, "job", {**anew, "status": ENDS["job"]}, KEY.namespace)
        await forge(world, "pod", forged_pod(anew, 666), KEY.namespace)
        await world.until(lambda: "Asw.TaskDeleted" in str(world.status["history"]))
        assert "666" not in str(world.status)


async def test_a_job_of_another_run_is_no_task_by_its_child_label():
    """The uid of an express child counts for the execution alone that the Job belongs to."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object())
        other = execution_object()
        other["metadata"] |= {"name": "other", "uid": "other"}
        await world.apply("execution", other)
        claim = a_job(a_plan(task=a_task(1)), uid="forged")
        claim["metadata"]["labels"] |= {
            "asw.dev/execution-uid": "other", "asw.dev/child-uid": UID,
        }  # fmt: skip
        claim["metadata"]["ownerReferences"][0] |= {"uid": "other", "name": "other"}
        claim["metadata"]["name"] = "other-0b2bd0a47c0c-1"
        await forge(world, "job", {**claim, "status": ENDS["job"]}, KEY.namespace)
        await a_task_runs(world)
        done = TaskSucceeded(task_id=TaskId(UID, 1), at=world.time.now, output="real")
        await world.inbox.deliver(done)
        assert world.status["output"] == "real"


async def test_a_child_made_before_its_parent_made_it_is_refused():
    """In the parent's own namespace too, with all that can be known of the child to come."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object(definition=a_map(PASS)))
        await forge(world, "execution", forged_child(), KEY.namespace)
        await world.until(lambda: world.stored("execution", FIRST)["status"].get("phase"))
        assert "set by the operator alone" in world.stored("execution", FIRST)["status"]["cause"]
        await world.apply("execution", execution_object(input=[1]))
        await world.until(lambda: world.reconciler.counters.refused)
        assert world.status["phase"] == "Running"


async def test_a_child_whose_spec_is_another_is_none():
    """The seal of a real child is good for what that child does, and for nothing else."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object(definition=a_map(WAIT)))
        await world.apply("execution", execution_object(input=[1]))
        await world.until(lambda: world.api.named(f"/executions/{FIRST}"))
        child = deepcopy(world.stored("execution", FIRST))
        child["metadata"] |= {"uid": "forged"}
        child["status"] = {}
        assert world.feed.cache.lineage.parent_of(child) is not None
        for where, text in ((KEY.namespace, "666"), (EVIL, child["spec"]["inputText"])):
            copy = {**child, "spec": {**child["spec"], "inputText": text}}
            copy["metadata"] = {**child["metadata"], "namespace": where}
            assert world.feed.cache.lineage.parent_of(copy) is None


@pytest.mark.parametrize("state", ["Nowhere", "One"], ids=["missing", "no distributed Map"])
async def test_a_child_of_no_map_fails_by_name(state, caplog):
    """A revision that lacks the Map, or has another state there, ends the child with a sentence."""
    async with kube_world() as world:
        definition = a_map(WAIT)
        definition["StartAt"] = "One"
        definition["States"]["One"] = {"Type": "Pass", "Next": "All"}
        await world.apply("workflow", workflow_object(definition=definition))
        await world.apply("execution", execution_object(input=[1]))
        await world.until(lambda: world.api.named(f"/executions/{FIRST}"))
        child = forged_child(state=state, ordinal=99)
        child["metadata"]["namespace"] = KEY.namespace
        child["spec"]["workflowRef"]["revision"] = world.status["revision"]
        await world.apply("execution", sealed_child(child))
        name = child["metadata"]["name"]
        await world.until(lambda: world.stored("execution", name)["status"].get("phase"))
        status = world.stored("execution", name)["status"]
        assert (status["phase"], status["error"]) == ("Failed", "Asw.InvalidDefinition")
        assert f"no distributed Map '{state}'" in status["cause"]
        await settled(world)
        assert "AssertionError" not in caplog.text


async def test_pages_of_another_namespace_are_nothing_of_this_one():
    """An object that claims a run as its owner has no namesake of it removed where the run is."""
    async with kube_world() as world:
        await a_task_runs(world)
        innocent = {"metadata": {"name": "config", "labels": {}}, "data": {}}
        world.api.put(collection("v1", KEY.namespace, "configmaps"), innocent)
        labels = {"asw.dev/execution-uid": UID, "asw.dev/kind": "page"}
        claim = {"metadata": {"name": "config", "labels": labels}, "data": {}}
        world.api.put(collection("v1", EVIL, "configmaps"), claim)
        world.time.pass_(3600)
        await world.sweeper.sweep_orphans()
        await world.sweeper.sweep()
        assert world.api.named(f"/{KEY.namespace}/configmaps/config")


async def test_revisions_of_another_namespace_push_none_out():
    """A Workflow keeps its newest unused revisions, whoever has newer ones in its name."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object())
        for generation in (2, 3):
            item = workflow_object(defaultInput=generation)
            item["metadata"]["generation"] = generation
            await world.apply("workflow", item)
        (mine, *_) = world.api.named("controllerrevisions")
        for number in range(12):
            metadata = {
                "name": f"r{number}", "labels": mine["metadata"]["labels"],
                "creationTimestamp": "2026-01-01T12:00:01Z",
            }  # fmt: skip
            place = collection("apps/v1", EVIL, "controllerrevisions")
            world.api.put(place, {"metadata": metadata, "data": {}})
        world.time.pass_(3600)
        await world.sweeper.compare()
        await world.sweeper.sweep_definitions()
        assert mine in world.api.named(f"/{KEY.namespace}/controllerrevisions")
