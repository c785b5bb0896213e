"""Calls of services of AWS: what is asked for, what history shows, what becomes of the answer."""

from dataclasses import replace

import pytest

from asw.asl.resources import ServiceInvocation
from asw.asl.values import Json
from asw.engine.record import Frame, OnTask
from asw.engine.record_text import from_record_text, to_record_text
from asw.engine.step import begin
from tests.support.play import Later, Raised, definition, header, in_turn, play

PUT = "arn:aws:states:::dynamodb:putItem"
LIST = "arn:aws:states:::aws-sdk:s3:listObjectsV2"
INVOKE = "arn:aws:states:::lambda:invoke"
REQUEST = {"TableName": "orders", "Item": {"id": {"S.$": "$.id"}}}
ASKED = {"TableName": "orders", "Item": {"id": {"S": "7"}}}
BUSY = "DynamoDB.ProvisionedThroughputExceededException"


def a_put(**fields: Json) -> dict[str, Json]:
    """A Task that puts an item, and ends unless it has a Next."""
    end = {} if "Next" in fields else {"End": True}
    return {"Type": "Task", "Resource": PUT, "Parameters": REQUEST, **end, **fields}


def a_list(**fields: Json) -> dict[str, Json]:
    """A Task that lists a bucket, in JSONata."""
    said = {"Type": "Task", "Resource": LIST, "QueryLanguage": "JSONata", "End": True}
    return {**said, "Arguments": {"Bucket": "{% $states.input.id & '-b' %}"}, **fields}


def test_a_request_is_the_effective_parameters() -> None:
    """The platform gets the service, the action and the request, and the answer is the result."""
    answer = {"Attributes": {}, "SdkHttpMetadata": {"HttpStatusCode": 200}}
    seen = play(definition("a", a=a_put()), {"id": "7"}, {"dynamodb:putItem": lambda _: answer})
    assert [it.invocation for it in seen.started] == [
        ServiceInvocation(service="dynamodb", action="putItem")
    ]
    assert [it.payload for it in seen.started] == [ASKED]
    assert seen.outcome.output == answer


def test_history_of_a_call() -> None:
    """AWS: Task events, the first with the request and the region, all with service and action."""
    seen = play(
        definition("a", a=a_put(TimeoutSeconds=9)), {"id": "7"}, {"dynamodb:putItem": lambda _: {}}
    )
    named = {"resource": "putItem", "resourceType": "dynamodb"}
    first = {"parameters": ASKED, "region": "eu-test-1", "timeoutInSeconds": 9, **named}
    assert [it.type for it in seen.history][2:5] == [
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
    ]
    assert {**seen.details("TaskScheduled")[0], "region": "eu-test-1"} == first
    assert seen.details("TaskStarted") == [named]
    assert seen.details("TaskSucceeded") == [{"output": {}, **named}]


def test_an_action_of_the_sdk() -> None:
    """History tells the SDK's action from the optimized one of the same name."""
    seen = play(
        definition("a", a=a_list(Output="{% $states.result.Contents.Key %}")),
        {"id": "7"},
        {"aws-sdk:s3:listObjectsV2": lambda _: {"Contents": [{"Key": "a"}, {"Key": "b"}]}},
    )
    [scheduled] = seen.details("TaskScheduled")
    assert (scheduled["resourceType"], scheduled["resource"]) == ("aws-sdk:s3", "listObjectsV2")
    assert scheduled["parameters"] == {"Bucket": "7-b"}
    assert seen.outcome.output == ["a", "b"]


def test_the_answer_goes_through_the_data_flow() -> None:
    """ResultSelector and ResultPath are applied to a service's answer as to any result."""
    state = a_put(ResultSelector={"code.$": "$.Code"}, ResultPath="$.put")
    seen = play(definition("a", a=state), {"id": "7"}, {"dynamodb:putItem": lambda _: {"Code": 2}})
    assert seen.outcome.output == {"id": "7", "put": {"code": 2}}


def test_retry_and_catch_by_the_services_errors() -> None:
    """A service's error names are matched as they are, and its failures are Task events."""
    gone = Raised("DynamoDB.ResourceNotFoundException", "Requested resource not found")
    state = a_put(
        Retry=[{"ErrorEquals": [BUSY], "IntervalSeconds": 3}],
        Catch=[{"ErrorEquals": [gone.error], "Next": "z"}],
    )
    machine = definition("a", a=state, z={"Type": "Pass", "End": True})
    seen = play(machine, {"id": "7"}, {"dynamodb:putItem": in_turn(Raised(BUSY, "slow"), gone)})
    assert seen.outcome.output == {"Error": gone.error, "Cause": gone.cause}
    named = {"resource": "putItem", "resourceType": "dynamodb"}
    assert seen.details("TaskFailed") == [
        {"error": BUSY, "cause": "slow", **named},
        {"error": gone.error, "cause": gone.cause, **named},
    ]


def test_an_answer_that_comes_too_late() -> None:
    """TimeoutSeconds ends the wait for a service, as for a function."""
    seen = play(
        definition("a", a=a_put(TimeoutSeconds=5)),
        {"id": "7"},
        {"dynamodb:putItem": lambda _: Later(60, {})},
    )
    assert seen.outcome.status == "FAILED"
    assert seen.details("TaskTimedOut") == [
        {"error": "States.Timeout", "resource": "putItem", "resourceType": "dynamodb"}
    ]


@pytest.mark.parametrize(
    ("state", "name", "service"),
    [
        (a_put(), "dynamodb:putItem", "dynamodb"),
        (a_list(), "aws-sdk:s3:listObjectsV2", "aws-sdk:s3"),
        (a_put(Resource=INVOKE, Parameters={"FunctionName": "f"}), "f", "lambda"),
    ],
    ids=["optimized", "SDK", "Lambda"],
)
def test_an_answer_that_is_too_large(state: Json, name: str, service: str) -> None:
    """An answer over 262,144 bytes fails the task, whose cause names the service."""
    seen = play(definition("a", a=state), {"id": "7"}, {name: lambda _: "x" * 262_143})
    [failed] = seen.details("TaskFailed")
    assert failed["error"] == "States.DataLimitExceeded"
    assert f"'{service}'" in failed["cause"]


def test_a_request_that_is_too_large() -> None:
    """Parameters over 262,144 bytes fail the state before anything is asked for."""
    many = {"Item": {f"k{n}.$": "$.id" for n in range(3)}, "TableName": "t"}
    seen = play(definition("a", a=a_put(Parameters=many)), {"id": "x" * 100_000})
    assert seen.outcome.failure is not None
    assert seen.outcome.failure.error == "States.DataLimitExceeded"
    assert not seen.started


ROLE = "arn:aws:iam::222222222222:role/trusted"


@pytest.mark.parametrize(
    "state",
    [
        a_put(Credentials={"RoleArn.$": "States.Format('{}', $.role)"}),
        a_put(Credentials={"RoleArn": ROLE}),
        a_list(Credentials={"RoleArn": "{% $states.input.role %}"}),
    ],
    ids=["path", "constant", "JSONata"],
)
def test_a_call_as_a_role(state: dict[str, Json]) -> None:
    """Whoever makes the call is told the role, and the event says it, as at AWS."""
    answers = dict.fromkeys(("dynamodb:putItem", "aws-sdk:s3:listObjectsV2"), lambda _: {})
    seen = play(definition("a", a=state), {"id": "7", "role": ROLE}, answers)
    assert [it.invocation.role for it in seen.started] == [ROLE]
    assert seen.details("TaskScheduled")[0]["taskCredentials"] == {"roleArn": ROLE}
    assert "taskCredentials" not in seen.details("TaskSucceeded")[0]


def test_the_role_is_remembered() -> None:
    """Whoever takes over makes the call as the same role."""
    waiting = OnTask(
        ordinal=1,
        invocation=ServiceInvocation(service="s3", action="getObject", role=ROLE),
        payload={},
        call="s3:getObject",
        scheduled_at=header().started_at,
    )
    frame = Frame(
        id=1,
        parent=None,
        index=0,
        last_event=2,
        state="a",
        state_event=2,
        entered_at=header().started_at,
        input={},
        waiting=waiting,
    )
    record = replace(begin(header(), None), frames={1: frame})
    assert from_record_text(to_record_text(record)).frames[1].waiting == waiting


@pytest.mark.parametrize(
    ("role", "told"),
    [(5, "5"), ("", "one of 0 characters"), ("r" * 2049, "one of 2049 characters")],
)
def test_what_is_no_role_fails_the_state(role: Json, told: str) -> None:
    """The record holds it while the call is made, so that it has AWS's limit."""
    state = a_put(Credentials={"RoleArn.$": "$.role"})
    seen = play(definition("a", a=state), {"id": "7", "role": role}, {})
    assert seen.outcome.failure.error == "States.Runtime"
    assert seen.outcome.failure.cause.endswith(
        f"RoleArn must be a text of 1 to 2048 characters, but was: {told}"
    )
    assert seen.started == []
