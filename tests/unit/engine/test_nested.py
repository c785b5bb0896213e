"""Executions that a Task starts: what is asked for, what history shows, what ends the task."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from asw.asl.values import Json, from_text
from asw.engine.commands import StartExecution
from asw.engine.facts import (
    CallbackFailed,
    CallbackSucceeded,
    ChildFinished,
    StopRequested,
    TaskFact,
    TaskFailed,
    TaskHeartbeat,
    TaskStarted,
)
from asw.engine.nested import name_taken, no_such_machine, refusal_of
from asw.engine.task_ids import TaskId
from tests.support.play import START, definition, header, later, play, redrive

ARN = "arn:aws:states:eu-west-1:1:stateMachine:child"
OWN = "arn:aws:states:us-east-1:123456789012:stateMachine:child"
CHILD = "arn:aws:states:us-east-1:123456789012:execution:child:one"
MILLISECONDS = round(START.timestamp() * 1000)
REQUEST = {"StateMachineArn": ARN, "Name": "one", "Input": {"n.$": "$.n"}}


def a_start(pattern: str = "", **fields: Json) -> dict[str, Json]:
    """A machine of one Task that starts an execution."""
    resource = f"arn:aws:states:::states:startExecution{pattern}"
    state = {"Type": "Task", "Resource": resource, "Parameters": REQUEST, "End": True, **fields}
    return definition("a", a=state)


def ending(status: str = "SUCCEEDED", **ended: Json):
    """An outside in which the child begins at once and ends a second later."""

    def told(start: StartExecution, now):
        task_id, until = start.task_id, now + timedelta(seconds=1)
        end = ChildFinished(task_id=task_id, at=until, status=status, started_at=now, **ended)
        return [TaskStarted(task_id=task_id, at=now), end]

    return told


def refusing(error):
    """An outside that refuses every start."""
    failure = error.failure

    def told(start: StartExecution, now):
        return [
            TaskFailed(
                task_id=start.task_id,
                at=now,
                error=failure.error,
                cause=failure.cause,
                started_at=now,
            )
        ]

    return told


def test_what_is_asked_for() -> None:
    """The platform gets the Workflow's ARN, the name, the input, and whether it is awaited."""
    for pattern, is_awaited in (("", False), (".sync", True), (".sync:2", True)):
        seen = play(a_start(pattern), {"n": 7}, nested=ending())
        [start] = seen.executions
        assert (start.workflow_arn, start.name, start.input) == (ARN, "one", {"n": 7})
        assert start.is_awaited is is_awaited


def test_a_start_answers_at_once() -> None:
    """Without a pattern the result is the child's ARN, and when it began; nothing is awaited."""
    seen = play(a_start(), {"n": 7}, nested=ending())
    assert seen.outcome.output == {"ExecutionArn": CHILD, "StartDate": MILLISECONDS}
    assert seen.outcome.at == START
    assert seen.types()[2:5] == ["TaskScheduled", "TaskStarted", "TaskSucceeded"]


@pytest.mark.parametrize(
    ("pattern", "given", "returned"),
    [(".sync", '{"n":7}', '{"x":[1,"é"]}'), (".sync:2", {"n": 7}, {"x": [1, "é"]})],
)
def test_the_result_describes_the_child(pattern, given, returned) -> None:
    """Input and output are texts with ``.sync`` and values with ``.sync:2``; instants numbers."""
    seen = play(a_start(pattern), {"n": 7}, nested=ending(output={"x": [1, "é"]}))
    assert seen.outcome.output == {
        "ExecutionArn": CHILD,
        "Input": given,
        "InputDetails": {"Included": True},
        "Name": "one",
        "Output": returned,
        "OutputDetails": {"Included": True},
        "RedriveCount": 0,
        "RedriveStatus": "NOT_REDRIVABLE",
        "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        "StartDate": MILLISECONDS,
        "StateMachineArn": OWN,
        "Status": "SUCCEEDED",
        "StopDate": MILLISECONDS + 1000,
    }


def test_history_of_an_awaited_child() -> None:
    """AWS: TaskSubmitted between start and end, with what the start answered."""
    seen = play(a_start(".sync:2", TimeoutSeconds=9), {"n": 7}, nested=ending())
    assert seen.types()[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    named = {"resource": "startExecution.sync:2", "resourceType": "states"}
    asked = {"StateMachineArn": ARN, "Name": "one", "Input": {"n": 7}}
    [scheduled] = seen.details("TaskScheduled")
    assert scheduled == {
        "parameters": asked,
        "region": "us-east-1",
        "timeoutInSeconds": 9,
        **named,
    }
    answer = {"ExecutionArn": CHILD, "StartDate": MILLISECONDS}
    assert seen.details("TaskSubmitted") == [{"output": answer, **named}]


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
@pytest.mark.parametrize("pattern", [".sync", ".sync:2"])
def test_a_child_that_does_not_succeed(pattern, status) -> None:
    """The task fails with States.TaskFailed; the cause is the child described as JSON text."""
    seen = play(a_start(pattern), {"n": 7}, nested=ending(status, error="Boom", cause="it broke"))
    failure = seen.outcome.failure
    assert failure is not None
    assert failure.error == "States.TaskFailed"
    assert from_text(failure.cause or "") == {
        "Cause": "it broke",
        "Error": "Boom",
        "ExecutionArn": CHILD,
        "Input": '{"n":7}',
        "InputDetails": {"Included": True},
        "Name": "one",
        "RedriveCount": 0,
        "RedriveStatus": "REDRIVABLE",
        "StartDate": MILLISECONDS,
        "StateMachineArn": OWN,
        "Status": status,
        "StopDate": MILLISECONDS + 1000,
    }
    assert seen.types()[4:6] == ["TaskSubmitted", "TaskFailed"]


def test_a_child_that_ended_unseen() -> None:
    """A child that was over before anybody looked leaves the same history."""

    def told(start: StartExecution, now):
        end = ChildFinished(
            task_id=start.task_id, at=now, status="SUCCEEDED", output=1, started_at=now
        )
        return [end]

    seen = play(a_start(".sync:2"), {"n": 7}, nested=told)
    assert seen.types()[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    started = play(a_start(), {"n": 7}, nested=told)
    assert started.outcome.output == {"ExecutionArn": CHILD, "StartDate": MILLISECONDS}


@pytest.mark.parametrize("is_failure", [False, True], ids=["success", "failure"])
def test_a_report_by_the_tasks_token(is_failure) -> None:
    """AWS: whoever has the token of a task that awaits a child can end it before the child does."""

    def told(start: StartExecution, now):
        report = (
            CallbackFailed(task_id=start.task_id, at=now, error="E", cause="why")
            if is_failure
            else CallbackSucceeded(task_id=start.task_id, at=now, output="done")
        )
        return [TaskStarted(task_id=start.task_id, at=now), report]

    seen = play(a_start(".sync"), {"n": 7}, nested=told)
    end = "TaskFailed" if is_failure else "TaskSucceeded"
    assert seen.types()[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", end]
    assert seen.outcome.output == (None if is_failure else "done")


def test_a_name_of_its_own() -> None:
    """Without a Name it follows from the execution and the ordinal: each try has another one."""
    state = {"Parameters": {"StateMachineArn": ARN}, "Retry": [{"ErrorEquals": ["States.ALL"]}]}
    first = play(a_start(".sync", **state), {}, nested=ending("FAILED"))
    again = play(a_start(".sync", **state), {}, nested=ending("FAILED"))
    names = [it.name for it in first.executions]
    assert len(names) == len(set(names)) == 4
    assert names == [it.name for it in again.executions]
    other = play(
        a_start(".sync", **state), {}, nested=ending("FAILED"), execution=header(uid="other")
    )
    assert not set(names) & {it.name for it in other.executions}


@pytest.mark.parametrize(
    ("given", "value"),
    [({}, {}), ({"Input": None}, {}), ({"Input": '{"a": 1}'}, {"a": 1}), ({"Input": [1]}, [1])],
)
def test_the_childs_input(given, value) -> None:
    """A text is JSON already; no Input, and null, count as ``{}``."""
    state = {"Parameters": {"StateMachineArn": ARN, **given}}
    [start] = play(a_start(**state), {}, nested=ending()).executions
    assert start.input == value


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, None),
        ({"StateMachineArn": f"{ARN}:2"}, None),
        ({"StateMachineArn": "child"}, "StepFunctions.InvalidArnException"),
        ({"StateMachineArn": 5}, "StepFunctions.InvalidArnException"),
        ({"Name": "a b"}, "StepFunctions.InvalidNameException"),
        ({"Name": "n" * 81}, "StepFunctions.InvalidNameException"),
        ({"Name": 5}, "StepFunctions.InvalidNameException"),
        ({"Input": "{"}, "StepFunctions.InvalidExecutionInputException"),
    ],
)
def test_requests_that_start_nothing(given, error) -> None:
    """What is wrong with the request itself has AWS's name, whoever carries it out."""
    seen = play(a_start(Parameters={**REQUEST, "Input": {}, **given}), {}, nested=ending())
    [start] = seen.executions
    refused = refusal_of(start)
    assert (None if refused is None else refused.failure.error) == error


@pytest.mark.parametrize(
    "refusal", [no_such_machine(ARN), name_taken(ARN, "one")], ids=["missing", "taken"]
)
def test_refused_starts_can_be_caught(refusal) -> None:
    """AWS's error of a start that was refused; nothing was submitted."""
    seen = play(a_start(".sync"), {"n": 7}, nested=refusing(refusal))
    assert seen.outcome.failure == refusal.failure
    assert seen.types()[2:5] == ["TaskScheduled", "TaskStarted", "TaskFailed"]


def began(start: StartExecution, now):
    """An outside in which the child begins and does not end."""
    return [TaskStarted(task_id=start.task_id, at=now)]


def test_a_timeout_stops_the_child() -> None:
    """TimeoutSeconds counts from the child's start; the child is stopped."""
    seen = play(a_start(".sync", TimeoutSeconds=5), {"n": 7}, nested=began)
    [start] = seen.executions
    assert seen.cancelled == [start.task_id]
    assert seen.outcome.failure is not None
    assert (seen.outcome.failure.error, seen.outcome.at) == ("States.Timeout", later(5))


def test_a_stop_stops_the_child() -> None:
    """Stopping the parent stops a child that it awaits."""
    seen = play(a_start(".sync"), {"n": 7}, nested=began, facts_later=[StopRequested()])
    assert seen.outcome.status == "ABORTED"
    assert seen.cancelled == [it.task_id for it in seen.executions]


def test_a_child_that_nobody_awaits_goes_on() -> None:
    """Stopping the parent leaves alone what it only started."""
    seen = play(a_start(), {"n": 7}, facts_later=[StopRequested()])
    assert seen.outcome.status == "ABORTED"
    assert seen.cancelled == []


def test_a_redrive_starts_another_child() -> None:
    """AWS: a redrive of the parent schedules the task again, which starts a new execution."""
    machine = a_start(".sync", Parameters={"StateMachineArn": ARN})
    seen = redrive(machine, play(machine, {}, nested=ending("FAILED")))
    assert len({it.name for it in seen.executions}) == 2


TOKEN = ".waitForTaskToken"
HANDED = {"StateMachineArn": ARN, "Name": "one", "Input": {"token.$": "$$.Task.Token"}}


def reporting(*reports: Callable[[TaskId], TaskFact], ends: bool = True):
    """An outside in which the child ends a second later, and somebody reports on the task."""

    def told(start: StartExecution, now):
        facts: list[TaskFact] = ending()(start, now)
        return [*(facts if ends else facts[:1]), *(report(start.task_id) for report in reports)]

    return told


def succeeding(seconds: int, output: Json = "yes") -> Callable[[TaskId], TaskFact]:
    """A report of success that comes so late."""
    return lambda task_id: CallbackSucceeded(task_id=task_id, at=later(seconds), output=output)


def test_a_callback_ends_the_task_whatever_the_child_does() -> None:
    """The token is in the child's input; its end is passed over, and the report is the result."""
    seen = play(a_start(TOKEN, Parameters=HANDED), nested=reporting(succeeding(5, {"a": 1})))
    [start] = seen.executions
    assert start.input == {"token": f"callback.{start.task_id}"}
    assert not start.is_awaited
    assert seen.outcome.output == {"a": 1}
    assert seen.types()[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    named = {"resource": "startExecution.waitForTaskToken", "resourceType": "states"}
    answer = {"ExecutionArn": CHILD, "StartDate": MILLISECONDS}
    assert seen.details("TaskSubmitted") == [{"output": answer, **named}]


def test_a_failing_callback_fails_the_task() -> None:
    """Error and cause are those that were reported, though the child succeeded."""

    def failing(task_id: TaskId) -> TaskFact:
        return CallbackFailed(task_id=task_id, at=later(2), error="Denied", cause="too dear")

    seen = play(a_start(TOKEN, Parameters=HANDED), nested=reporting(failing))
    assert seen.outcome.failure is not None
    assert (seen.outcome.failure.error, seen.outcome.failure.cause) == ("Denied", "too dear")


def test_a_callback_that_does_not_come_times_out_and_leaves_the_child() -> None:
    """Time and heartbeats count as for every callback; nobody stops the child."""
    start = a_start(TOKEN, Parameters=HANDED, TimeoutSeconds=60, HeartbeatSeconds=10)

    def alive(task_id: TaskId) -> TaskFact:
        return TaskHeartbeat(task_id=task_id, at=later(8))

    seen = play(start, nested=reporting(alive, ends=False))
    assert seen.outcome.at == later(18)
    assert seen.outcome.failure is not None
    assert seen.outcome.failure.error == "States.Timeout"
    assert not seen.cancelled


def test_a_refused_start_awaits_no_callback() -> None:
    """AWS's error fails the task, before anything is submitted."""
    seen = play(a_start(TOKEN, Parameters=HANDED), nested=refusing(no_such_machine(ARN)))
    assert seen.outcome.failure is not None
    assert seen.outcome.failure.error == "StepFunctions.StateMachineDoesNotExistException"
    assert "TaskSubmitted" not in seen.types()
