"""What people are told by Kubernetes Events, and that no run depends on it."""

import json
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp import web

from asw.engine.facts import TaskFailed, TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.client.resources import EXECUTIONS
from asw.platforms.kubernetes.notices.book import Level
from asw.platforms.kubernetes.notices.notice import Notice, Subject
from asw.reconciler.settings import Settings
from tests.support.kube_api import collection
from tests.support.kube_objects import (
    KEY,
    UID,
    a_pod,
    execution_object,
    function_object,
    waiting,
    workflow_object,
)
from tests.support.kube_world import Build, kube_world
from tests.support.telling import events_of, told_of

WORD = "open-sesame"
TASK = TaskId(UID, 1)
EVENTS_OF_SHOP = collection("v1", "shop", "events")
DONE = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}


@asynccontextmanager
async def a_world(level=Level.NORMAL, **settings):
    """A world whose platform tells people what happens; ``told`` is what it did."""
    async with kube_world(Build(settings=Settings(**settings))) as world, told_of(world, level):
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object())
        yield world


async def begun(world, value=None):
    """The Execution runs, and its task is known."""
    await world.apply("execution", execution_object(input=value))
    await world.until(lambda: world.feed.cache.facts(KEY, TASK) is not None)


async def ended(world, fact):
    """The task ended like this, and with it the Execution."""
    await world.inbox.deliver(fact)
    await world.until(lambda: not world.reconciler.live)


def a_notice():
    """A warning about the Execution."""
    about = Subject(resource=EXECUTIONS, namespace=KEY.namespace, name=KEY.name, uid=UID)
    return Notice(about=about, reason="Why", message="it does", is_warning=True)


async def shown(world, count, name=KEY.name):
    """The same, once there are so many."""
    await world.until(lambda: len(events_of(world, name)) >= count)
    return events_of(world, name)


async def test_a_run_shows_its_start_and_its_end():
    """With the revision, and how long it took; kubectl describe finds them by the object's uid."""
    async with a_world() as world:
        await begun(world)
        world.time.pass_(3)
        await ended(world, TaskSucceeded(task_id=TASK, at=world.time.now, output=1))
        revision = world.status["revision"]
        assert await shown(world, 2) == [
            ("Normal", "Started", f"it runs revision {revision}"),
            ("Normal", "Succeeded", "it ended after 3.0 s"),
        ]
        (first, _) = [it for it in world.api.named("/events/") if "Execution" in str(it)]
        assert first["involvedObject"] == {
            "apiVersion": "asw.dev/v1alpha1",
            "kind": "Execution",
            "namespace": "shop",
            "name": KEY.name,
            "uid": UID,
        }
        assert (first["count"], first["source"]) == (1, {"component": "asw"})
        assert first["firstTimestamp"] == first["lastTimestamp"] == "2026-01-01T12:00:00Z"


async def test_a_failure_names_its_error_and_no_payload():
    """Neither input nor cause, which often is one, nor output."""
    async with a_world() as world:
        await begun(world, {"secret": WORD})
        failed = TaskFailed(task_id=TASK, at=world.time.now, error="Broken", cause=f"no {WORD}")
        await ended(world, failed)
        (_, told) = await shown(world, 2)
        assert told == ("Warning", "Failed", f"Broken after 0.0 s; asw why {KEY.name} tells more")
        assert WORD in json.dumps(world.status)
        assert WORD not in json.dumps(world.api.named("/events/"))


async def test_the_output_is_in_no_event():
    """However short it is."""
    async with a_world() as world:
        await begun(world)
        await ended(world, TaskSucceeded(task_id=TASK, at=world.time.now, output=WORD))
        await shown(world, 2)
        assert WORD not in json.dumps(world.api.named("/events/"))


async def test_one_that_waits_for_its_workflow_says_so():
    """A warning, because somebody must make the Workflow."""
    async with a_world(Level.WARNING, workflow_grace=timedelta(0)) as world:
        await world.apply("execution", execution_object(workflowRef={"name": "absent"}))
        ((kind, reason, message),) = await shown(world, 1)
        assert (kind, reason) == ("Warning", "WorkflowNotFound")
        assert "absent" in message


async def test_one_whose_task_cannot_start_says_why():
    """In the words of Kubernetes, once, however often the status is written meanwhile."""
    async with a_world(Level.WARNING, wait_patience=timedelta(0)) as world:
        await begun(world)
        pod = a_pod(waiting("ImagePullBackOff", "no such image"))
        (job,) = world.api.named("/jobs/")
        pod["metadata"]["ownerReferences"][0]["uid"] = job["metadata"]["uid"]
        await world.apply("pod", pod)
        told = [("Warning", "TasksWait", "ImagePullBackOff: no such image")]
        assert await shown(world, 1) == told
        world.reconciler.wake(KEY)
        await world.until(lambda: "no such image" in str(world.status["conditions"]))
        assert events_of(world, KEY.name) == told


async def test_one_that_was_stopped_is_no_warning():
    """Somebody wanted it."""
    async with a_world() as world:
        await begun(world)
        item = world.stored("execution")
        stopped = {**item, "spec": {**item["spec"], "stop": {"error": "Enough"}}}
        stopped["metadata"] = {**item["metadata"], "generation": 2}
        await world.apply("execution", stopped)
        await world.until(lambda: not world.reconciler.live)
        (_, told) = await shown(world, 2)
        assert told == ("Normal", "Aborted", f"Enough after 0.0 s; asw why {KEY.name} tells more")


async def test_a_run_that_only_passes_shows_its_end_alone():
    """It begins and ends in one write."""
    async with a_world() as world:
        await world.apply("workflow", workflow_object(definition=DONE))
        await world.apply("execution", execution_object())
        assert await shown(world, 1) == [("Normal", "Succeeded", "it ended after 0.0 s")]


async def test_a_workflow_tells_what_became_of_its_definition():
    """Accepted with the name of its revision, or rejected with the first problem."""
    async with a_world() as world:
        (accepted,) = [it for it in await shown(world, 1, "orders") if it[1] == "Accepted"]
        revision = world.stored("workflow", "orders")["status"]["revision"]
        assert accepted == ("Normal", "Accepted", f"new executions run revision {revision}")
        broken = workflow_object(definition={"StartAt": "Nowhere", "States": DONE["States"]})
        broken["metadata"]["generation"] = 2
        await world.apply("workflow", broken)
        (*_, (kind, reason, message)) = await shown(world, 2, "orders")
        assert (kind, reason) == ("Warning", "Rejected")
        assert message.startswith("InvalidDefinition: ")
        assert "Nowhere" in message


async def test_a_workflow_tells_what_it_lacks():
    """By the reason of its condition, once."""
    async with a_world(Level.WARNING) as world:
        task = {"Type": "Task", "Resource": "asw:function:absent", "End": True}
        lacking = workflow_object(definition={"StartAt": "A", "States": {"A": task}})
        lacking["metadata"] |= {"name": "lacking", "uid": "wf-2"}
        await world.apply("workflow", lacking)
        await world.show("workflow", world.stored("workflow", "lacking"))
        told = ("Warning", "FunctionNotFound", "Function 'absent' does not exist")
        assert await shown(world, 1, "lacking") == [told]


async def test_a_function_tells_whether_tasks_may_call_it():
    """Ready, or what is wrong with it."""
    async with a_world() as world:
        assert await shown(world, 1, "sum") == [("Normal", "Ready", "tasks may call it")]
        await world.apply("function", function_object("bad", serviceAccountName="nobody"))
        ((kind, reason, message),) = await shown(world, 1, "bad")
        assert (kind, reason) == ("Warning", "ServiceAccountNotFound")
        assert "nobody" in message


async def test_what_repeats_is_patched():
    """One Event whose count grows; one that Kubernetes has removed by then is made anew."""
    async with a_world() as world:

        async def told(count):
            world.platform.executions.tell(a_notice())
            await world.until(lambda: [it["count"] for it in of_run()] == [count])

        def of_run():
            return [it for it in world.api.named("/events/") if it["reason"] == "Why"]

        await told(1)
        world.time.pass_(60)
        await told(2)
        (event,) = of_run()
        assert (event["firstTimestamp"], event["lastTimestamp"]) == (
            "2026-01-01T12:00:00Z",
            "2026-01-01T12:01:00Z",
        )
        world.api.remove(f"{EVENTS_OF_SHOP}/{event['metadata']['name']}")
        await told(3)


@pytest.mark.parametrize("answer", [403, 404, 409, 500, 503])
async def test_no_run_depends_on_events(answer):
    """Whatever the API server answers to them, the run ends as if nobody had been told."""
    async with a_world() as world:
        for _ in range(20):
            world.api.fail("POST", "/events", web.Response(status=answer))
        await begun(world)
        await ended(world, TaskSucceeded(task_id=TASK, at=world.time.now, output=1))
        await world.until(lambda: world.reconciler.counters.lost_events["failed"] == 2)
        assert world.status["phase"] == "Succeeded"
        assert events_of(world, KEY.name) == []


async def test_a_server_that_never_answers_them_holds_nothing_up():
    """The run goes on while the Events of its start are still under way."""
    async with a_world() as world:
        released = world.api.hold("/events")
        await begun(world)
        await ended(world, TaskSucceeded(task_id=TASK, at=world.time.now, output=1))
        assert world.status["phase"] == "Succeeded"
        assert events_of(world, KEY.name) == []
        released.set()
        await shown(world, 2)


async def test_a_flood_of_failures_is_counted_not_written():
    """A metric has what was lost; the writes of one namespace stay few."""
    async with a_world() as world:
        absent = execution_object(workflowRef={"name": "orders"}, inputText="{")
        for number in range(200):
            item = {**absent, "metadata": {**absent["metadata"]}}
            item["metadata"] |= {"name": f"run-{number}", "uid": f"uid-{number}"}
            await world.apply("execution", item)
        await world.until(lambda: world.reconciler.counters.ended["FAILED"] == 200)
        lost = world.reconciler.counters.lost_events
        await world.until(lambda: lost["limited"] + len(world.api.named("/events/")) >= 200)
        assert lost["failed"] == 0
        assert len(world.api.named("/events/")) <= 40


async def test_who_may_not_act_writes_none():
    """Events are writes like any other: they need the Lease."""
    async with a_world() as world:
        await shown(world, 1, "orders")
        world.client.guard(lambda _: False)
        world.platform.executions.tell(a_notice())
        await world.until(lambda: world.reconciler.counters.lost_events["failed"] == 1)
        assert events_of(world, KEY.name) == []
