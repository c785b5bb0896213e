"""Executions that Tasks start, over an API server in memory."""

import json
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from asw.asl.values import from_text, to_text
from asw.engine.commands import CancelChild
from asw.engine.facts import TaskStarted
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.platforms.kubernetes.watch.listing import fill_cache
from asw.reconciler.platform import ExecutionKey
from tests.support.callback_door import a_token, callback_door
from tests.support.kube_objects import KEY, UID, events_of, execution_object, workflow_object
from tests.support.kube_world import PATHS, again, kube_world

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine"
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Oops", "Cause": "bad"}}}
FIRST = TaskKey("shop", TaskId(UID, 1))


def a_start(pattern=".sync:2", workflow="bill", given="$", **state):
    """A machine whose only Task starts an execution of the Workflow with its own input."""
    name = state.pop("Name", None)
    asked = {"StateMachineArn": f"{ARN}:{workflow}", "Input.$": given}
    if name is not None:
        asked |= {"Name.$" if name.startswith("$") else "Name": name}
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:startExecution{pattern}",
        "Parameters": asked,
        "End": True,
        **state,
    }
    return {"StartAt": "Start", "States": {"Start": task}}


def a_workflow(object_name, definition, **spec):
    """Another Workflow."""
    item = workflow_object(definition=definition, **spec)
    return {
        **item,
        "metadata": {**item["metadata"], "name": object_name, "uid": f"wf-{object_name}"},
    }


@asynccontextmanager
async def a_world(start, child=PASS, *, value=1, **spec):
    """A world in which ``order-1`` starts an execution of ``bill``."""
    async with kube_world() as world:
        await world.apply("workflow", a_workflow("bill", child, **spec))
        await world.apply("workflow", workflow_object(definition=start))
        await world.apply("execution", execution_object(input=value))
        yield world


def started(world):
    """The Executions that Tasks started."""
    return [it for it in world.api.named("/executions/") if "startedBy" in it["spec"]]


async def child_of(world):
    """The only one, once it is there and has begun."""
    await world.until(lambda: [it for it in started(world) if "phase" in it.get("status", {})])
    (child,) = started(world)
    return child


async def ended(world):
    over = ("Succeeded", "Failed", "Aborted")
    await world.until(lambda: world.status.get("phase") in over, within=8)
    return world.status["phase"]


async def later(world, condition):
    """Let time pass until it holds."""

    def holds():
        world.time.pass_(1)
        world.reconciler.wake(KEY)
        return condition()

    await world.until(holds, within=8)


async def recorded(world):
    """The parent's record says that the child was started: it is in no hurry to."""
    await later(world, lambda: "is_submitted" in world.status.get("record", ""))


async def edit(world, name, **spec):
    """Somebody edits an Execution."""
    item = world.stored("execution", name)
    generation = item["metadata"]["generation"] + 1
    edited = {**item, "metadata": {**item["metadata"], "generation": generation}}
    await world.apply("execution", {**edited, "spec": {**item["spec"], **spec}})


async def test_the_parent_gets_the_childs_output():
    """The child runs another Workflow, says who started it, and belongs to nobody."""
    async with a_world(a_start(OutputPath="$.Output"), value={"a": [1, None]}) as world:
        assert await ended(world) == "Succeeded"
        assert world.status["output"] == {"a": [1, None]}
        (child,) = started(world)
        assert child["spec"]["workflowRef"] == {"name": "bill"}
        assert child["spec"]["startedBy"] == {
            "name": KEY.name, "uid": UID, "ordinal": 1, "state": "Start", "awaited": True,
        }  # fmt: skip
        assert "ownerReferences" not in child["metadata"]
        assert child["metadata"]["labels"]["asw.dev/started-by"] == UID
        assert child["metadata"]["name"] == child["spec"]["name"]


async def test_sync_has_texts():
    """With .sync the child's input and output are texts, as AWS's DescribeExecution has them."""
    async with a_world(a_start(".sync"), value=[1]) as world:
        assert await ended(world) == "Succeeded"
        told = world.status["output"]
        (child,) = started(world)
        assert (told["Input"], told["Output"], told["Status"]) == ("[1]", "[1]", "SUCCEEDED")
        assert told["Name"] == child["spec"]["name"]
        assert told["ExecutionArn"].endswith(f":execution:bill:{told['Name']}")


async def test_without_sync_the_task_ends_with_the_start():
    """The child goes on after its parent."""
    async with a_world(a_start(""), WAIT) as world:
        assert await ended(world) == "Succeeded"
        assert set(world.status["output"]) == {"ExecutionArn", "StartDate"}
        child = await child_of(world)
        assert child["status"]["phase"] == "Running"
        assert not child["spec"]["startedBy"]["awaited"]
        await edit(world, KEY.name, suspend=True)
        assert not world.feed.cache.is_suspended(child["metadata"]["uid"])


async def test_a_failed_child_fails_the_task_with_its_description():
    """AWS: States.TaskFailed, whose cause describes the child."""
    async with a_world(a_start(), FAIL) as world:
        assert await ended(world) == "Failed"
        assert world.status["error"] == "States.TaskFailed"
        told = from_text(world.status["cause"])
        assert (told["Error"], told["Cause"], told["Status"]) == ("Oops", "bad", "FAILED")


@pytest.mark.parametrize("name", ["Bill_1", "账单", "a..b", "-"])
async def test_names_that_no_object_may_have(name):
    """The child has the name for users, and an object name that follows from it."""
    async with a_world(a_start(Name=name)) as world:
        assert await ended(world) == "Succeeded"
        (child,) = started(world)
        assert child["spec"]["name"] == world.status["output"]["Name"] == name
        assert child["metadata"]["name"] != name


async def test_the_childs_workflow_has_its_public_name():
    """ARNs name what users call the Workflow, not its object."""
    async with kube_world() as world:
        await world.apply("workflow", a_workflow("bill", PASS, name="SendBill"))
        await world.apply("workflow", workflow_object(definition=a_start(workflow="SendBill")))
        await world.apply("execution", execution_object(input=1))
        assert await ended(world) == "Succeeded"
        arn = world.status["output"]["ExecutionArn"]
        assert ":execution:SendBill:" in arn


async def test_a_missing_workflow_fails_the_task():
    """AWS's error, and nothing is created."""
    async with a_world(a_start(workflow="nothing")) as world:
        assert await ended(world) == "Failed"
        assert world.status["error"] == "StepFunctions.StateMachineDoesNotExistException"
        assert started(world) == []


async def test_a_workflow_that_no_watch_has_reported_is_no_missing_one():
    """The start is tried again until it is seen."""
    async with kube_world() as world:
        world.api.put(PATHS["workflow"], a_workflow("bill", PASS))
        await world.apply("workflow", workflow_object(definition=a_start()))
        await world.apply("execution", execution_object(input=1))
        await world.until(lambda: world.reconciler.counters.unavailable)
        await world.show("workflow", world.stored("workflow", "bill"))
        world.time.pass_(60)
        world.reconciler.wake(KEY)
        assert await ended(world) == "Succeeded"


async def test_a_taken_name_fails_the_task():
    """Another execution of the same Workflow has it, whoever started that."""
    async with kube_world() as world:
        await world.apply("workflow", a_workflow("bill", WAIT))
        other = execution_object()
        other["metadata"] |= {"name": "b-1", "uid": "other"}
        other["spec"]["workflowRef"]["name"] = "bill"
        await world.apply("execution", other)
        await world.apply("workflow", workflow_object(definition=a_start(Name="b-1")))
        await world.apply("execution", execution_object(input=1))
        assert await ended(world) == "Failed"
        assert world.status["error"] == "StepFunctions.ExecutionAlreadyExistsException"
        assert f"{ARN}:bill".replace("stateMachine", "execution") in world.status["cause"]


async def test_executions_of_different_workflows_may_have_one_name():
    """A child that is named as its parent gets another object name, and is one child only."""
    start = a_start(Name="$$.Execution.Name", OutputPath="$.Name")
    async with a_world(start) as world:
        assert await ended(world) == "Succeeded"
        assert world.status["output"] == KEY.name
        (child,) = started(world)
        assert child["spec"]["name"] == KEY.name
        assert child["metadata"]["name"].startswith(f"{KEY.name}-")


async def test_a_stop_stops_the_child():
    """And a stop of an object that took its name is none."""
    async with a_world(a_start(), WAIT) as world:
        child = await child_of(world)
        await edit(world, KEY.name, stop={})
        await world.until(lambda: "stop" in started(world)[0]["spec"])
        await world.show("execution", {**started(world)[0], "metadata": {
            **started(world)[0]["metadata"], "generation": 2}})  # fmt: skip
        await world.until(lambda: started(world)[0]["status"]["phase"] == "Aborted")
        assert await ended(world) == "Aborted"
        patched = [
            json.loads(body)
            for (method, path), body in zip(world.api.requests, world.api.bodies, strict=True)
            if method == "PATCH" and path.endswith(child["metadata"]["name"])
        ]
        assert patched[0]["metadata"] == {"uid": child["metadata"]["uid"]}


async def test_a_suspended_parent_holds_its_child():
    """As those of Maps: nothing new starts below it."""
    async with a_world(a_start(), WAIT) as world:
        child = await child_of(world)
        await edit(world, KEY.name, suspend=True)
        assert world.feed.cache.is_suspended(child["metadata"]["uid"])


async def test_a_deleted_child_counts_as_aborted():
    """The task fails, catchably; the parent does not wait for ever."""
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}]
    start = a_start(Catch=catch)
    start["States"]["Caught"] = {"Type": "Pass", "End": True}
    async with a_world(start, WAIT) as world:
        child = await child_of(world)
        world.api.remove(f"{PATHS['execution']}/{child['metadata']['name']}")
        await world.show("execution", child, "DELETED")
        assert await ended(world) == "Succeeded"
        told = from_text(world.status["output"]["Cause"])
        assert (told["Status"], told["Cause"]) == (
            "ABORTED", "the Execution of this child was deleted",
        )  # fmt: skip


async def test_a_child_that_was_deleted_while_nobody_looked_is_not_started_again():
    """The record says that it was started, so it is gone."""
    async with a_world(a_start(), WAIT) as world:
        child = await child_of(world)
        await recorded(world)
        world.api.remove(f"{PATHS['execution']}/{child['metadata']['name']}")
        async with again(world) as successor:
            await successor.begin()
            assert await ended(successor) == "Failed"
            assert from_text(world.status["cause"])["Status"] == "ABORTED"
            assert started(world) == []


@pytest.mark.parametrize("is_over", [True, False])
async def test_a_restart_takes_over_a_child_that_no_record_knows(is_over):
    """A crash came between the child's creation and the next save: it is the same child."""
    async with a_world(a_start(), PASS if is_over else WAIT) as world:
        child = await child_of(world)
        if is_over:
            await ended(world)
        parent = world.stored("execution")
        first = world.earlier(KEY.name, '"frames"')
        parent["status"] = {**first, "phase": "Running"}
        async with again(world) as successor:
            await successor.begin()
            if is_over:
                assert await ended(successor) == "Succeeded"
            if not is_over:
                await recorded(successor)
            assert [it["metadata"]["uid"] for it in started(world)] == [child["metadata"]["uid"]]


async def test_an_answer_that_is_lost_starts_no_second_child():
    """The name is taken by the task's own, which is success."""
    async with kube_world() as world:
        await world.apply("workflow", a_workflow("bill", PASS))
        await world.apply("workflow", workflow_object(definition=a_start(Name="b-1")))
        made = world.api.put

        def put(collection, item):
            stored = made(collection, item)
            if "startedBy" in item.get("spec", {}):
                world.api.put = made
                raise web.HTTPServiceUnavailable(text="{}")
            return stored

        world.api.put = put
        await world.apply("execution", execution_object(input=1))
        await world.until(lambda: world.reconciler.counters.unavailable)
        world.time.pass_(60)
        world.reconciler.wake(KEY)
        assert await ended(world) == "Succeeded"
        assert len(started(world)) == 1


async def test_who_only_claims_to_be_started_is_refused():
    """spec.startedBy is the operator's: such an Execution fails, and is nobody's child."""
    async with a_world(a_start(), WAIT) as world:
        await child_of(world)
        claimed = {"name": KEY.name, "uid": UID, "ordinal": 1, "state": "Start", "awaited": True}
        forged = execution_object(startedBy=claimed)
        forged["metadata"] |= {"name": "forged", "uid": "forged"}
        await world.apply("execution", forged)
        await world.until(lambda: "phase" in world.stored("execution", "forged")["status"])
        status = world.stored("execution", "forged")["status"]
        assert (status["phase"], status["error"]) == ("Failed", "Asw.InvalidInput")
        assert "set by the operator alone" in status["cause"]
        assert world.status["phase"] == "Running"


async def test_a_full_quota_is_waited_for():
    """The child starts once there is room; what refuses it for good fails the task."""
    full = {
        "message": 'executions.asw.dev "x" is forbidden: exceeded quota: few, requested: '
        "count/executions.asw.dev=1, used: count/executions.asw.dev=9, limited: "
        "count/executions.asw.dev=9"
    }
    async with kube_world() as world:
        await world.apply("workflow", a_workflow("bill", PASS))
        await world.apply("workflow", workflow_object(definition=a_start()))
        world.api.fail("POST", "/executions", web.json_response(full, status=403))
        await world.apply("execution", execution_object(input=1))
        await later(world, lambda: world.status.get("phase") == "Succeeded")


async def test_a_refused_child_fails_the_task():
    """An admission policy of the cluster's owner may refuse it, and says why."""
    async with kube_world() as world:
        await world.apply("workflow", a_workflow("bill", PASS))
        await world.apply("workflow", workflow_object(definition=a_start()))
        refused = web.json_response({"message": "no bills on Sundays"}, status=403)
        world.api.fail("POST", "/executions", refused)
        await world.apply("execution", execution_object(input=1))
        assert await ended(world) == "Failed"
        assert (world.status["error"], world.status["cause"]) == (
            "Asw.StartFailed", "no bills on Sundays",
        )  # fmt: skip


async def test_private_inputs_stay_private():
    """The input of a private Workflow's execution is in a Payload, and in no spec."""
    async with a_world(a_start(), value={"a": "secret"}, payloads="Private") as world:
        assert await ended(world) == "Succeeded"
        (child,) = started(world)
        assert "secret" not in to_text(child["spec"])
        reference = child["spec"]["inputFrom"]["payloadRef"]
        (payload,) = world.api.named(f"/payloads/{reference['name']}")
        assert payload["data"][reference["key"]] == '{"a":"secret"}'


async def test_the_childs_workflow_says_how_many_run():
    """Executions that Tasks start wait for their turn as all others do."""
    async with a_world(a_start(), WAIT, concurrency={"limit": 1}) as world:
        await child_of(world)
        second = execution_object(input=1)
        second["metadata"] |= {"name": "order-2", "uid": "second"}
        await world.apply("execution", second)
        await world.until(lambda: len(started(world)) == 2)
        waits = next(it for it in started(world) if it["spec"]["startedBy"]["name"] == "order-2")
        await world.until(lambda: waits["metadata"]["uid"] in world.feed.cache.executions)
        key = ExecutionKey("shop", waits["metadata"]["name"], waits["metadata"]["uid"])
        await world.until(lambda: world.reconciler.slots.state_of(key) == "WAITING")


async def test_an_awaited_child_stays_until_its_end_was_read():
    """Retention does not take what the parent still waits for, and takes it afterwards."""
    kept = {"retention": {"succeeded": {"ttlSeconds": 0}}}
    async with a_world(a_start(), PASS, **kept) as world:
        assert await ended(world) == "Succeeded"
        parent = world.stored("execution")
        parent["status"] = {**world.earlier(KEY.name, '"frames"'), "phase": "Running"}
        async with again(world) as successor:
            await fill_cache(successor.client, successor.feed, (None,))
            successor.time.pass_(1)
            await successor.retirement.retire()
            assert len(started(world)) == 1
            await successor.begin()
            assert await ended(successor) == "Succeeded"
            await successor.until(lambda: not successor.reconciler.live)
            successor.time.pass_(61)
            await successor.retirement.retire()
            assert started(world) == []


async def test_a_redrive_starts_another_child():
    """The one that failed stays as it ended; it is redriven by itself, or not at all."""
    async with a_world(a_start(), FAIL) as world:
        assert await ended(world) == "Failed"
        await edit(world, KEY.name, redrive={"number": 1})
        await world.until(lambda: world.status.get("redriveCount") == 1)
        assert await ended(world) == "Failed"
        assert sorted(it["spec"]["startedBy"]["ordinal"] for it in started(world)) == [1, 2]
        assert [it["status"]["phase"] for it in started(world)] == ["Failed", "Failed"]


@asynccontextmanager
async def who_was_not_told(world):
    """Another process takes over, and no list or watch has told it of the child."""
    child = (await child_of(world))["metadata"]["uid"]
    async with again(world) as successor:
        await fill_cache(successor.client, successor.feed, (None,))
        successor.feed.cache.drop_execution(child)
        yield successor


async def test_a_child_that_no_watch_has_told_of_is_looked_for():
    """It is there, so it was not deleted; the parent waits for it."""
    async with a_world(a_start(), WAIT) as world:
        await recorded(world)
        async with who_was_not_told(world) as successor:
            await successor.platform.load(KEY)
            (fact,) = successor.platform.observe(KEY, FIRST.task_id).facts
            assert isinstance(fact, TaskStarted)


async def test_a_child_that_no_watch_has_told_of_is_stopped():
    """Nobody waits for it any more, and it would run on."""
    async with a_world(a_start(), WAIT) as world, who_was_not_told(world) as successor:
        await successor.platform.cancel_children(KEY, [CancelChild(task_id=FIRST.task_id)])
        assert started(world)[0]["spec"]["stop"] == {}


TOKEN, GIVEN = ".waitForTaskToken", "States.Array($$.Task.Token)"


async def submitted(world):
    """The child is there, and the parent waits for a report alone."""
    await later(world, lambda: "TaskSubmitted" in types_of(world))


def types_of(world):
    """The types of the parent's events."""
    return [it["type"] for it in events_of(world.status)]


async def test_the_token_is_the_childs_and_its_report_ends_the_task():
    """The end of the child does not: the parent waits on, for who has the token."""
    start = a_start(TOKEN, given=GIVEN)
    async with a_world(start) as world, callback_door(world) as door:
        await submitted(world)
        child = await child_of(world)
        assert json.loads(child["spec"]["inputText"]) == [a_token()]
        assert not child["spec"]["startedBy"]["awaited"]
        await later(world, lambda: started(world)[0]["status"]["phase"] == "Succeeded")
        assert world.status["phase"] == "Running"
        assert await door.code("heartbeat", token=a_token()) == ""
        assert await door.code("success", token=a_token(), output={"paid": 1}) == ""
        assert await ended(world) == "Succeeded"
        assert world.status["output"] == {"paid": 1}
        assert await door.code("success", token=a_token(), output=2) == "TaskTimedOut"
        assert len(started(world)) == 1


async def test_a_failure_that_the_child_reports_is_the_tasks():
    """Error and cause are those that were told, while the child runs on."""
    start = a_start(TOKEN, given=GIVEN)
    async with a_world(start, WAIT) as world, callback_door(world) as door:
        await submitted(world)
        said = {"error": "Denied", "cause": "too dear"}
        assert await door.code("failure", token=a_token(), **said) == ""
        assert await ended(world) == "Failed"
        assert (world.status["error"], world.status["cause"]) == ("Denied", "too dear")
        assert "stop" not in started(world)[0]["spec"]


async def test_a_stop_leaves_a_child_that_has_the_token():
    """Nobody waits for its end, so it goes on, and its report is late."""
    start = a_start(TOKEN, given=GIVEN)
    async with a_world(start, WAIT) as world, callback_door(world) as door:
        await submitted(world)
        await edit(world, KEY.name, stop={})
        assert await ended(world) == "Aborted"
        assert started(world)[0]["status"]["phase"] == "Running"
        assert "stop" not in started(world)[0]["spec"]
        assert await door.code("success", token=a_token(), output=1) == "TaskTimedOut"


async def test_a_successor_waits_for_the_report_of_a_child_that_is_gone():
    """Once it was started nothing is asked of the child, not even whether it exists."""
    async with a_world(a_start(TOKEN, given=GIVEN), WAIT) as world:
        await submitted(world)
        child = await child_of(world)
        world.api.remove(f"{PATHS['execution']}/{child['metadata']['name']}")
        async with again(world) as successor, callback_door(successor) as door:
            await successor.begin()
            assert await door.code("success", token=a_token(), output=1) == ""
            assert await ended(successor) == "Succeeded"
            assert started(world) == []
