"""Callbacks on clusters, from the HTTP request of whoever has a token to the stored record."""

import json
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from asw.engine.facts import TaskFailed, TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.keys.callback_tokens import CallbackKeys, Claim, new_key
from asw.reconciler.deliveries import Delivery
from asw.reconciler.settings import Settings
from tests.support.callback_door import a_token, callback_door
from tests.support.kube_objects import (
    CALLBACK_KEYS,
    KEY,
    UID,
    events_of,
    execution_object,
    function_object,
    workflow_object,
)
from tests.support.kube_world import DEFAULT, Build, again, kube_world

TASK = TaskId(UID, 1)


def asking(**fields):
    """A machine of one Task that asks, and waits for who has the token."""
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "sum", "Payload": {"token.$": "$$.Task.Token"}},
        **fields,
    }
    return {
        "StartAt": "Ask",
        "States": {"Ask": state if "Next" in state else {**state, "End": True}},
    }


async def begin(world, **fields):
    """An execution whose Task has been started."""
    await world.apply("function", function_object())
    await world.apply("workflow", workflow_object(definition=asking(**fields)))
    await world.apply("execution", execution_object())
    await world.until(lambda: len(world.api.named("/jobs/")) == 1)


async def submit(world):
    """The function has passed the token on, and returns."""
    fact = TaskSucceeded(task_id=TASK, at=world.time.now, output="asked")
    assert await world.inbox.deliver(fact) is Delivery.SAVED


@asynccontextmanager
async def waiting(build=DEFAULT, **fields):
    """A world whose execution waits for its callback, and the door."""
    async with kube_world(build) as world, callback_door(world) as door:
        await begin(world, **fields)
        await submit(world)
        yield world, door


def types(world):
    """The types of the execution's events."""
    return [it["type"] for it in events_of(world.status)]


async def over(world):
    """The execution has ended."""
    await world.until(lambda: world.status["phase"] in ("Succeeded", "Failed", "TimedOut"))


async def test_the_function_is_handed_a_signed_token_that_was_saved_before():
    """What the Job gets is what the record says, and no pod's token."""
    async with kube_world() as world:
        await begin(world)
        token = json.loads(world.status["record"])["frames"][0]["waiting"]["payload"]["token"]
        assert token == a_token()
        assert world.ring.keys.verify(token) is None
        assert CALLBACK_KEYS.verify(world.ring.keys.issue(TASK), world.time.now) is None


async def test_success_ends_the_task_with_its_output():
    """200 comes after the save: the status has the output by then."""
    async with waiting() as (world, door):
        assert await door.post("success", token=a_token(), output={"ok": None}) == (200, {})
        assert "TaskSucceeded" in types(world)
        await over(world)
        assert world.status["output"] == {"ok": None}
        assert types(world).count("TaskSubmitted") == 1


async def test_failure_fails_it_for_its_catchers():
    """Error and cause are those that were told."""
    async with waiting() as (world, door):
        said = {"error": "Denied", "cause": "too dear"}
        assert await door.code("failure", token=a_token(), **said) == ""
        await over(world)
        assert (world.status["error"], world.status["cause"]) == ("Denied", "too dear")


async def test_a_report_may_come_before_the_function_returns():
    """What was asked may be faster than the answer; the pod's own outcome is late then."""
    async with kube_world() as world, callback_door(world) as door:
        await begin(world)
        assert await door.code("success", token=a_token(), output=1) == ""
        fact = TaskFailed(task_id=TASK, at=world.time.now, error="E")
        assert await world.inbox.deliver(fact) is Delivery.LATE
        await over(world)
        assert world.status["output"] == 1


async def test_by_its_own_return_a_pod_completes_no_callback():
    """The function's answer is only noted: the Task goes on waiting."""
    async with waiting() as (world, _):
        assert world.status["phase"] == "Running"
        assert types(world)[-1] == "TaskSubmitted"


async def test_the_second_report_is_told_that_the_task_is_over():
    """Each takes effect once at most."""
    async with waiting() as (world, door):
        assert await door.code("success", token=a_token(), output=1) == ""
        assert await door.code("success", token=a_token(), output=2) == "TaskTimedOut"
        assert await door.code("heartbeat", token=a_token()) == "TaskTimedOut"
        await over(world)
        assert world.status["output"] == 1


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", "InvalidToken"),
        ("x" * 4000, "InvalidToken"),
        (f"callback.{TASK}", "InvalidToken"),
        (a_token()[:-1] + "A", "InvalidToken"),
        (a_token().replace("shop", "mine"), "InvalidToken"),
        (CallbackKeys(new_key()).issue(Claim("shop", TASK)), "InvalidToken"),
        (a_token(namespace="other"), "TaskDoesNotExist"),
        (a_token(uid="11111111-7c0c-4a1f-9e6e-5d1c8a5a0001"), "TaskDoesNotExist"),
        (a_token(7), "TaskDoesNotExist"),
    ],
    ids=["none", "long", "local", "forged", "edited", "foreign key", "namespace", "uid", "start"],
)
async def test_what_is_no_token_of_a_waiting_task_is_refused(token, code):
    """Forged ones, and those of other executions or namespaces, change nothing."""
    async with waiting() as (world, door):
        assert await door.code("success", token=token, output=1) == code
        assert world.status["phase"] == "Running"


async def test_the_token_of_a_pod_reports_no_callback():
    """Neither at the door, nor at the result server."""
    async with waiting() as (world, door):
        pod = world.ring.keys.issue(TASK)
        assert await door.code("success", token=pod, output=1) == "InvalidToken"


async def test_an_attempt_that_is_over_hears_nothing_of_its_successor():
    """After a retry the old token is late: the new attempt has another one."""
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}]
    async with waiting(Retry=retry) as (world, door):
        assert await door.code("failure", token=a_token(1), error="E") == ""
        world.time.pass_(2)
        world.reconciler.wake(KEY)
        await world.until(lambda: len(world.api.named("/jobs/")) == 2)
        assert await door.code("success", token=a_token(1), output=1) == "TaskTimedOut"
        assert await door.code("success", token=a_token(2), output=2) == ""
        await over(world)
        assert world.status["output"] == 2


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("success", {}),
        ("success", {"output": "x" * 262_143}),
        ("success", {"output": 1, "surplus": 1}),
        ("failure", {"error": "e" * 257}),
        ("failure", {"cause": 5}),
        ("heartbeat", {"output": 1}),
    ],
    ids=["no output", "too long", "unknown", "long error", "cause", "heartbeat"],
)
async def test_reports_that_are_not_valid_are_named(what, said):
    """AWS's name for it, and nothing of what was sent."""
    async with waiting() as (_, door):
        status, answer = await door.post(what, token=a_token(), **said)
        assert (status, answer["__type"]) == (400, "ValidationException")
        assert len(answer["message"]) < 100
        assert "surplus" not in answer["message"]


async def test_a_deadline_that_has_passed_wins_over_a_report():
    """After TimeoutSeconds a report is late, and says so, even if nobody looked meanwhile."""
    async with waiting(TimeoutSeconds=60) as (world, door):
        world.time.pass_(61)
        assert await door.code("success", token=a_token(), output=1) == "TaskTimedOut"
        await over(world)
        assert world.status["error"] == "States.Timeout"


async def test_silence_longer_than_heartbeat_seconds_fails_it():
    """States.HeartbeatTimeout, whether the execution was in memory or not."""
    build = Build(settings=Settings(passivate_after=timedelta(seconds=5)))
    async with waiting(build, HeartbeatSeconds=60) as (world, _):
        await world.until(lambda: world.reconciler.record(KEY) is None)
        world.time.pass_(61)
        world.reconciler.wake(KEY)
        await over(world)
        assert world.status["error"] == "States.Timeout"


def writes(world):
    """How often a status was written."""
    return sum(
        method in ("PUT", "PATCH") and path.endswith("/status")
        for method, path in world.api.requests
        if "/executions/" in path
    )


async def test_heartbeats_cost_one_write_at_most_in_heartbeat_seconds():
    """Whoever reports every second for ten minutes is written down once a minute."""
    build = Build(settings=Settings(passivate_after=timedelta(seconds=5)))
    async with waiting(build, HeartbeatSeconds=60) as (world, door):
        before = writes(world)
        for _ in range(60):
            world.time.pass_(10)
            assert await door.code("heartbeat", token=a_token()) == ""
            world.reconciler.wake(KEY)
        assert world.status["phase"] == "Running"
        await world.until(lambda: writes(world) - before > 8)
        assert writes(world) - before <= 11  # one at each end of ten minutes
        assert types(world)[-1] == "TaskSubmitted"


async def test_many_that_wait_are_not_in_memory():
    """A run that waits for a callback costs what a Wait costs: no worker, no record, one timer."""
    build = Build(settings=Settings(passivate_after=timedelta(seconds=5)))
    async with waiting(build) as (world, door):
        await world.until(lambda: world.reconciler.record(KEY) is None)
        assert (len(world.reconciler._workers), world.reconciler.active_tasks) == (0, 0)
        assert len(world.reconciler._passivated) == 1
        assert await door.code("success", token=a_token(), output=1) == ""
        await over(world)


async def test_keys_are_rotated_while_it_waits():
    """A token of the former key is good for a year, and the new key is found without a restart."""
    async with waiting() as (world, door):
        rotated = CALLBACK_KEYS.rotated(world.time.now)
        world.callbacks.keys.keys = door.operator.ring.keys = rotated
        assert await door.code("heartbeat", token=a_token()) == ""
        world.time.pass_(367 * 86_400)
        assert await door.code("heartbeat", token=a_token()) == "InvalidToken"


async def test_another_process_takes_the_callback():
    """What waits is stored, and no more is needed to take the report."""
    async with kube_world() as world:
        await begin(world)
        await submit(world)
        async with again(world) as other, callback_door(other) as door:
            await other.begin()
            assert await door.code("success", token=a_token(), output=3) == ""
            await over(other)


async def test_without_a_holder_one_comes_again():
    """503 with Retry-After, and nothing happened."""
    async with waiting() as (world, door):
        world.succession.is_current = False
        said = {"token": a_token(), "output": 1}
        async with door.client.post(f"{door.url}/v1/callbacks/success", json=said) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert world.status["phase"] == "Running"
