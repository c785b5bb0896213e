"""Activities on clusters, from a worker's HTTP request to the stored record."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from asw.reconciler.settings import Settings
from asw.serve.activities import Activities, Limits, Waiting
from asw.serve.app import application
from asw.serve.reviews import Reviews
from tests.support.callback_door import callback_door
from tests.support.kube_objects import KEY, events_of, execution_object
from tests.support.kube_objects import workflow_object as a_workflow
from tests.support.kube_world import DEFAULT, Build, again, kube_world

ARN = "arn:aws:states:eu-west-1:123456789012:activity:Ship"
ACTIVITY = {
    "apiVersion": "asw.dev/v1alpha1",
    "kind": "Activity",
    "metadata": {"name": "ship", "namespace": KEY.namespace, "uid": "activity-1"},
    "spec": {"name": "Ship"},
}


async def asks(kind, spec):
    """An API server that knows two tokens, and lets one of them poll."""
    if kind[1] == "TokenReview":
        user = {"worker": "system:serviceaccount:shop:worker", "guest": "guest"}.get(spec["token"])
        return {"authenticated": user is not None, "user": {"username": user or ""}}
    wanted = {"verb": "poll", "resource": "activities", "name": "Ship", "namespace": "shop"}
    is_asked = spec["resourceAttributes"] == {"group": "asw.dev", **wanted}
    return {"allowed": is_asked and spec["user"].endswith(":worker")}


@asynccontextmanager
async def poll_door(world, *, seconds=0.0, limits=None):
    """A function that polls as the bearer of a token, and the door of callbacks."""
    async with callback_door(world) as door:
        served = Activities(
            behind=door.operator,
            reviews=Reviews(ask=asks),
            waiting=Waiting(limits=limits or Limits()),
            seconds=seconds,
        )
        server = TestServer(application((served.add_to,)))
        await server.start_server()

        async def poll(token="worker", **more):
            said = {"token": token, "namespace": "shop", "activity": "Ship", **more}
            async with door.client.post(server.make_url("/v1/activities/poll"), json=said) as got:
                return got.status, await got.json()

        try:
            yield poll, door, served
        finally:
            await server.close()


async def begin(world, *, activity=ACTIVITY, **fields):
    """An execution whose Task is for workers."""
    state = {"Type": "Task", "Resource": ARN, "InputPath": "$.order", "End": True, **fields}
    definition = {"StartAt": "Hand", "States": {"Hand": state}}
    if activity is not None:
        world.feed.activity("ADDED", activity)
    await world.apply("workflow", a_workflow(definition=definition))
    await world.apply("execution", execution_object(input={"order": 7}))


def types(world):
    """The types of the execution's events."""
    return [it["type"] for it in events_of(world.status)]


async def over(world):
    """The execution has ended."""
    await world.until(lambda: world.status["phase"] in ("Succeeded", "Failed", "TimedOut"))


async def waits(world):
    """The task waits for a worker."""
    await world.until(lambda: len(world.platform.workers) == 1)


async def test_a_worker_takes_a_task_and_reports_by_its_token():
    """It gets the input once the start is saved, and the task ends with what it reports."""
    async with kube_world() as world, poll_door(world) as (poll, door, _):
        await begin(world)
        await waits(world)
        status, task = await poll(worker="bench 3")
        assert (status, task["input"], task["state"]) == (200, 7, "Hand")
        assert types(world)[-1] == "ActivityStarted"
        assert await door.code("heartbeat", token=task["taskToken"]) == ""
        assert await door.code("success", token=task["taskToken"], output=8) == ""
        await over(world)
        assert (world.status["output"], world.api.named("/jobs/")) == (8, [])
        assert await door.code("success", token=task["taskToken"], output=9) == "TaskTimedOut"


async def test_a_task_is_handed_out_once():
    """Of many workers that poll, one gets it, and the others nothing."""
    async with kube_world() as world, poll_door(world) as (poll, _, _):
        await begin(world)
        await waits(world)
        answers = await asyncio.gather(*(poll() for _ in range(5)))
        assert sum(task["taskToken"] is not None for _, task in answers) == 1


async def test_a_worker_waits_for_a_task_that_comes_later():
    """A poll is answered once there is a task."""
    async with kube_world() as world, poll_door(world, seconds=60) as (poll, _, served):
        world.feed.activity("ADDED", ACTIVITY)
        polling = asyncio.create_task(poll())
        await world.until(lambda: served.waiting.lines)
        await begin(world)
        status, task = await polling
        assert (status, task["input"]) == (200, 7)


async def test_strangers_get_nothing():
    """A token that the cluster does not know, and one of somebody who may not poll."""
    async with kube_world() as world, poll_door(world) as (poll, _, _):
        await begin(world)
        await waits(world)
        assert (await poll("forged"))[0] == 401
        status, answer = await poll("guest")
        assert (status, answer["__type"]) == (403, "AccessDeniedException")
        assert (await poll(namespace="other"))[0] == 403
        assert len(world.platform.workers) == 1


async def test_pods_cannot_ask_the_result_server_for_tasks():
    """Only asw serve has permits, and a token of a callback is none."""
    async with kube_world() as world:
        server = TestServer(world.results.application())
        await server.start_server()
        url, said = server.make_url("/v1/activities/take"), {"namespace": "shop"}
        async with aiohttp.ClientSession() as client:
            head = {"Authorization": f"Bearer {world.ring.keys.issue}"}
            async with client.post(url, json=said, headers=head) as answer:
                assert (answer.status, (await answer.json())["__type"]) == (400, "InvalidToken")
        await server.close()


async def test_too_many_workers_are_told_to_come_again():
    """Whoever is over the limit gets 429, and a place is free once a poll is over."""
    async with kube_world() as world:
        limits = Limits(of_activity=1)
        async with poll_door(world, seconds=60, limits=limits) as (poll, _, served):
            world.feed.activity("ADDED", ACTIVITY)
            polling = asyncio.create_task(poll())
            await world.until(lambda: served.waiting.lines)
            status, answer = await poll()
            assert (status, answer["__type"]) == (429, "ActivityWorkerLimitExceeded")
            await begin(world)
            assert (await polling)[0] == 200


async def test_if_the_start_is_not_saved_nobody_gets_the_task():
    """While saves fail or are not answered nobody has it; then the record has it first."""
    async with kube_world() as world, poll_door(world) as (poll, _, _):
        await begin(world)
        await waits(world)
        saving = world.api.writes()[-1]
        released, before = world.api.hold(saving[1]), len(world.api.requests)
        polling = asyncio.create_task(poll())
        await world.until(lambda: saving in world.api.requests[before:])
        assert not polling.done()
        assert "ActivityStarted" not in types(world)
        world.api.fail(*saving, web.Response(status=500, text="{}"))
        released.set()
        status, task = await polling
        assert (status, task["taskToken"] is not None) == (200, True)
        assert world.api.failures == []
        assert types(world).count("ActivityStarted") == 1


async def test_another_process_offers_what_waits():
    """What waits is stored: whoever takes over has the task again, and hands it out."""
    build = Build(settings=Settings(passivate_after=timedelta(seconds=5)))
    async with kube_world(build) as world:
        await begin(world)
        await waits(world)
        await world.until(lambda: world.reconciler.record(KEY) is None)
        async with again(world) as other, poll_door(other) as (poll, door, _):
            other.feed.activity("ADDED", ACTIVITY)
            await other.begin()
            await waits(other)
            task = (await poll())[1]
            assert await door.code("success", token=task["taskToken"], output=1) == ""
            await over(other)


async def test_a_task_that_is_stopped_or_over_is_offered_no_more():
    """The record decides: after a stop nobody gets the task, and a late report is told so."""
    async with kube_world(DEFAULT) as world, poll_door(world) as (poll, _, _):
        await begin(world)
        await waits(world)
        await world.apply(
            "execution",
            {
                **world.stored("execution"),
                "spec": {**world.stored("execution")["spec"], "stop": {}},
                "metadata": {**world.stored("execution")["metadata"], "generation": 2},
            },
        )
        await world.until(lambda: world.status["phase"] == "Aborted")
        assert (await poll())[1] == {"taskToken": None}


async def test_a_missing_activity_is_waited_for():
    """What is applied together may come in any order; a poll meanwhile is told."""
    async with kube_world() as world, poll_door(world) as (poll, _, _):
        await begin(world, activity=None)
        await world.until(lambda: types(world)[-1:] == ["ActivityScheduled"])
        assert (await poll())[1]["__type"] == "ActivityDoesNotExist"
        world.feed.activity("ADDED", ACTIVITY)
        await waits(world)
        assert (await poll())[1]["input"] == 7
