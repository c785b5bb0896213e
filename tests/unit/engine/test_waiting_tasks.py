"""Tasks that ask for work and wait until somebody reports: callbacks, jobs and activities."""

from datetime import timedelta

import pytest

from asw.asl.model import StateMachine
from asw.asl.parse import parse
from asw.asl.resources import ActivityInvocation, FunctionInvocation, ServiceInvocation
from asw.asl.values import Json, to_text
from asw.engine.answers import Answer, Raised, Refused, Returned
from asw.engine.commands import StartTask
from asw.engine.facts import CallbackSucceeded, TaskFact, TaskHeartbeat, TaskSucceeded
from asw.engine.record import OnTask, Record
from asw.engine.simulation import MapItem, Outside, Simulation, simulate
from asw.engine.step import begin, step
from asw.engine.task_ids import TaskId
from asw.engine.tokens import callback_token, task_of_token
from tests.support.play import START, UID, definition, header

SEND = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
CALLBACK = "arn:aws:states:::lambda:invoke.waitForTaskToken"
JOB = "arn:aws:states:::glue:startJobRun.sync"
ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:stamp"
NAMED = {"resource": "sendMessage.waitForTaskToken", "resourceType": "sqs"}
SENT = {"MessageId": "1"}


class Says:
    """An outside that answers each start by the next of these."""

    def __init__(self, *answers: Answer) -> None:
        self._left = list(answers)
        self.seen: list[StartTask] = []

    def answer(self, command: StartTask, _items: tuple[MapItem, ...]) -> Answer:
        """The next answer."""
        self.seen.append(command)
        return self._left.pop(0)


def a_send(**fields: Json) -> dict[str, Json]:
    """A Task that sends a message with its token, and waits for the report."""
    body = {"who.$": "$.who", "token.$": "$$.Task.Token"}
    asked = {"QueueUrl": "q", "MessageBody": body}
    end = {} if "Next" in fields else {"End": True}
    return {"Type": "Task", "Resource": SEND, "Parameters": asked, **end, **fields}


def parsed(machine: Json) -> StateMachine:
    """The machine of a definition."""
    return parse(to_text(machine))


def played(state: Json, outside: Outside, value: Json = None) -> Simulation:
    """The play of a machine of this state and, if a Catch goes there, a Pass."""
    after = {"Z": {"Type": "Pass", "End": True}} if "Catch" in state else {}
    machine = parsed(definition("A", A=state, **after))
    return simulate(machine, begin(header(), {"who": "Ada"} if value is None else value), outside)


def details(seen: Simulation, type_: str) -> list[dict[str, Json]]:
    """The details of the events of this type."""
    return [dict(event.details) for event in seen.history if event.type == type_]


def types(seen: Simulation) -> list[str]:
    """What happened to the call: events without those of states and of the execution."""
    return [it.type for it in seen.history if "State" not in it.type and "Exec" not in it.type]


def submitted(end: Returned | Raised | None, **fields: Json) -> Answer:
    """The message was sent, and this is reported a minute later, or nothing ever."""
    return Answer(**{"end": end, "seconds": 60, "submission": SENT, **fields})


def test_a_callback() -> None:
    """The request carries the token; its answer is TaskSubmitted, and the report is the result."""
    outside = Says(submitted(Returned({"ok": True})))
    seen = played(a_send(), outside)
    token = callback_token(TaskId(UID, 1))
    assert outside.seen[0].payload["MessageBody"] == {"who": "Ada", "token": token}
    assert outside.seen[0].is_request
    assert types(seen) == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    assert details(seen, "TaskSubmitted") == [{"output": SENT, **NAMED}]
    assert details(seen, "TaskSucceeded") == [{"output": {"ok": True}, **NAMED}]
    assert (seen.outcome.output, seen.ends_at) == ({"ok": True}, START + timedelta(minutes=1))


def test_a_callback_of_a_function() -> None:
    """A function's return completes nothing: it is shown as lambda:invoke wraps it, and goes by."""
    asked = {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}}
    state = {"Type": "Task", "Resource": CALLBACK, "Parameters": asked, "End": True}
    outside = Says(submitted(Returned(7), submission="asked"))
    seen = played(state, outside)
    assert outside.seen[0].invocation == FunctionInvocation(name="ask")
    assert outside.seen[0].payload == {"token": callback_token(TaskId(UID, 1))}
    [shown] = details(seen, "TaskSubmitted")
    assert (shown["resourceType"], shown["resource"]) == ("lambda", "invoke.waitForTaskToken")
    assert shown["output"]["Payload"] == "asked"
    assert seen.outcome.output == 7


def test_a_token_in_jsonata() -> None:
    """JSONata reads the same token from $states.context."""
    asked = {"QueueUrl": "q", "MessageBody": "{% $states.context.Task.Token %}"}
    state = {"Type": "Task", "Resource": SEND, "QueryLanguage": "JSONata", "Arguments": asked}
    outside = Says(submitted(Returned(1)))
    played({**state, "End": True}, outside)
    assert outside.seen[0].payload["MessageBody"] == callback_token(TaskId(UID, 1))


def test_only_a_task_that_waits_has_a_token() -> None:
    """AWS: the context object has Task in a callback or job only."""
    state = {"Type": "Pass", "Parameters": {"t.$": "$$.Task.Token"}, "End": True}
    seen = played(state, Says())
    assert seen.outcome.failure is not None
    assert seen.outcome.failure.error == "States.Runtime"


def test_each_try_has_its_own_token() -> None:
    """A report on a failed try completes no later one."""
    state = a_send(Retry=[{"ErrorEquals": ["No"], "MaxAttempts": 1}])
    outside = Says(submitted(Raised("No")), submitted(Returned(2)))
    seen = played(state, outside)
    tokens = [it.payload["MessageBody"]["token"] for it in outside.seen]
    assert tokens == [callback_token(TaskId(UID, 1)), callback_token(TaskId(UID, 2))]
    assert seen.outcome.output == 2


@pytest.mark.parametrize(
    ("end", "told", "caught"),
    [
        (Raised("No", "why"), {"error": "No", "cause": "why"}, {"Error": "No", "Cause": "why"}),
        (Raised(None), {}, {"Error": None, "Cause": None}),
    ],
    ids=["texts", "no text"],
)
def test_a_failing_callback(end: Raised, told: Json, caught: Json) -> None:
    """SendTaskFailure fails the Task with its texts, which it may leave out, and is caught."""
    state = a_send(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Z"}])
    seen = played(state, Says(submitted(end)))
    assert details(seen, "TaskFailed") == [{**told, **NAMED}]
    assert seen.outcome.output == caught


def test_a_request_that_fails() -> None:
    """A request that the service refuses fails the Task, and nothing was submitted."""
    seen = played(a_send(), Says(Answer(end=Raised("Sqs.QueueDoesNotExistException", "no"))))
    assert types(seen) == ["TaskScheduled", "TaskStarted", "TaskFailed"]
    assert seen.outcome.status == "FAILED"


@pytest.mark.parametrize(
    ("fields", "beats", "ends", "matched"),
    [
        ({"TimeoutSeconds": 9}, (), 9, "States.Timeout"),
        ({"HeartbeatSeconds": 5}, (), 5, "States.HeartbeatTimeout"),
        ({"HeartbeatSeconds": 5}, (4, 8), 13, "States.HeartbeatTimeout"),
        ({"HeartbeatSeconds": 5, "TimeoutSeconds": 12}, (4, 8), 12, "States.Timeout"),
    ],
)
def test_a_callback_that_does_not_come(
    fields: dict[str, Json], beats: tuple[float, ...], ends: float, matched: str
) -> None:
    """Time-outs go on after the submission; heartbeats put theirs off."""
    state = a_send(**fields, Catch=[{"ErrorEquals": [matched], "Next": "Z"}])
    seen = played(state, Says(submitted(None, heartbeats=beats)))
    assert types(seen) == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskTimedOut"]
    assert details(seen, "TaskTimedOut") == [{"error": "States.Timeout", **NAMED}]
    assert seen.outcome.output == {"Error": "States.Timeout", "Cause": None}
    assert seen.history[-1].at == START + timedelta(seconds=ends)


def test_a_job() -> None:
    """What is reported of a job is the result; States.TaskFailed tells what it was, if it fails."""
    state = {"Type": "Task", "Resource": JOB, "Parameters": {"JobName": "j"}, "End": True}
    done = Returned({"JobRunState": "SUCCEEDED"})
    outside = Says(submitted(done, submission={"JobRunId": "jr"}))
    seen = played(state, outside)
    assert outside.seen[0].invocation == ServiceInvocation(
        service="glue", action="startJobRun", pattern=".sync"
    )
    named = {"resource": "startJobRun.sync", "resourceType": "glue"}
    assert details(seen, "TaskSubmitted") == [{"output": {"JobRunId": "jr"}, **named}]
    assert seen.outcome.output == done.output
    failed = Raised("States.TaskFailed", '{"JobRunState":"FAILED"}')
    seen = played(state, Says(submitted(failed)))
    assert details(seen, "TaskFailed") == [{"error": failed.error, "cause": failed.cause, **named}]


def waiting_for(*facts: TaskFact) -> tuple[Record, list[str]]:
    """The record after a step that sees these facts of a started callback, and its new events."""
    machine = parsed(definition("A", A=a_send()))
    record = step(machine, begin(header(), {"who": "Ada"}), [], START).record
    made = step(machine, record, facts, START + timedelta(seconds=9))
    return made.record, [it.type for it in made.history]


def at(seconds: float, output: Json, kind: type = TaskSucceeded) -> TaskFact:
    """A fact of the first task."""
    fact: TaskFact = kind(
        task_id=TaskId(UID, 1), at=START + timedelta(seconds=seconds), output=output
    )
    return fact


def test_a_report_before_the_answer() -> None:
    """Who is asked may be faster than the answer to the request: the report counts."""
    record, events = waiting_for(at(1, "done", CallbackSucceeded), at(2, SENT))
    assert record.outcome is not None
    assert record.outcome.output == "done"
    assert events[:2] == ["TaskStarted", "TaskSucceeded"]


def test_the_answer_is_noted_once() -> None:
    """A request that was answered starts nothing, and is not answered again."""
    record, events = waiting_for(at(1, SENT))
    assert events == ["TaskStarted", "TaskSubmitted"]
    machine = parsed(definition("A", A=a_send()))
    again = step(machine, record, [at(1, SENT), at(2, "other")], START + timedelta(seconds=9))
    assert again.record is record
    assert again.commands == ()
    assert again.wake_at is None, "a callback without time-outs waits for nothing but the report"


def test_its_own_tokens_for_those_who_sign() -> None:
    """A place with a door for others gives the step tokens of its own."""
    machine = parsed(definition("A", A=a_send()))
    made = step(machine, begin(header(), {"who": 1}), [], START, token_of=lambda it: f"{it}.signed")
    [frame] = made.record.frames.values()
    assert isinstance(frame.waiting, OnTask)
    assert frame.waiting.payload["MessageBody"]["token"] == f"{UID}-1.signed"


@pytest.mark.parametrize("text", ["", "callback.", "callback.x", f"{UID}-1", f"key.{UID}-1.sig"])
def test_no_callback_token(text: str) -> None:
    """Nothing else is a token of a callback, above all no token by which a pod reports."""
    assert task_of_token(text) is None


def test_a_callback_token() -> None:
    """A token names the one start that it was made for."""
    assert task_of_token(callback_token(TaskId(UID, 12))) == TaskId(UID, 12)


# Activities


def an_activity(**fields: Json) -> dict[str, Json]:
    """A Task that a worker does."""
    return {"Type": "Task", "Resource": ACTIVITY, "End": True, **fields}


def test_an_activity() -> None:
    """The worker gets the effective input; history has Activity events, with the worker's name."""
    outside = Says(Answer(end=Returned(2), worker="w1"))
    seen = played(an_activity(TimeoutSeconds=9), outside)
    assert outside.seen[0].invocation == ActivityInvocation(activity="stamp")
    assert outside.seen[0].payload == {"who": "Ada"}
    assert types(seen) == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    assert details(seen, "ActivityScheduled") == [
        {"input": {"who": "Ada"}, "resource": ACTIVITY, "timeoutInSeconds": 9}
    ]
    assert details(seen, "ActivityStarted") == [{"workerName": "w1"}]
    assert details(seen, "ActivitySucceeded") == [{"output": 2}]


@pytest.mark.parametrize(
    ("answer", "last", "told"),
    [
        (Answer(end=Raised("No", "why")), "ActivityFailed", {"error": "No", "cause": "why"}),
        (Answer(end=None), "ActivityTimedOut", {"error": "States.Timeout"}),
    ],
    ids=["fails", "times out"],
)
def test_an_activity_that_fails(answer: Answer, last: str, told: Json) -> None:
    """Failures and time-outs of workers are Activity events, too."""
    seen = played(an_activity(HeartbeatSeconds=5), Says(answer))
    assert types(seen) == ["ActivityScheduled", "ActivityStarted", last]
    assert details(seen, last) == [told]


def test_an_activity_that_does_not_exist() -> None:
    """Nobody can take the task: no Catch can help, as at AWS."""
    told = f"The activity {ACTIVITY} does not exist."
    state = an_activity(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Z"}])
    seen = played(state, Says(Answer(end=Refused("States.Runtime", told))))
    assert types(seen) == ["ActivityScheduled", "ActivityScheduleFailed"]
    assert seen.outcome.failure is not None
    assert (seen.outcome.failure.cause or "").endswith(f"(entered at the event id #2). {told}")


def test_a_heartbeat_of_an_unknown_start() -> None:
    """A heartbeat for a start that nobody awaits changes nothing."""
    record, events = waiting_for(TaskHeartbeat(task_id=TaskId(UID, 9), at=START))
    assert events == []
    assert record.outcome is None
