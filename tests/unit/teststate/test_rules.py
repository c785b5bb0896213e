"""What the parameters of TestState must be to each other and to the state."""

import pytest

from asw.asl.values import Json
from tests.unit.teststate.requests import (
    CMQ,
    ROLE,
    a_map,
    answer,
    failing,
    parallel,
    put_events,
    refusal,
    task,
)

PASS = {"Type": "Pass", "End": True}
NO_MAPS = (
    "TestState API does not support Map or Parallel states. Supported state types include: "
    "[Task, Wait, Pass, Succeed, Fail, Choice]"
)
WRITER = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}


@pytest.mark.parametrize(
    ("definition", "parameters", "code", "message"),
    [
        (a_map(), {}, "InvalidDefinition", NO_MAPS),
        (parallel(), {}, "InvalidDefinition", NO_MAPS),
        (task(), {}, "ValidationException", "RoleArn must be specified when testing a Task state"),
        (
            task(),
            {"context": {}, "roleArn": ROLE},
            "ValidationException",
            "TestState does not support Context when a mock is not specified.",
        ),
        (
            a_map(),
            {"stateConfiguration": {"mapIterationFailureCount": 0}},
            "ValidationException",
            "TestState does not support MapIterationFailureCount when a mock is not specified.",
        ),
        (
            task(),
            {"stateConfiguration": {"retrierRetryCount": 1}},
            "ValidationException",
            "TestState does not support RetrierRetryCount when a mock is not specified.",
        ),
    ],
    ids=["Map", "Parallel", "no role", "context", "failed iterations", "retries"],
)
def test_needs_mock(definition: Json, parameters: dict[str, Json], code: str, message: str) -> None:
    """Some things make sense with a mock only."""
    assert refusal(definition, **parameters) == (code, message)


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:us-east-1:111111111111:activity:ask",
        "arn:aws:states:::states:startExecution.sync:2",
        "arn:aws:states:::lambda:invoke.waitForTaskToken",
    ],
)
def test_waiting_needs_mock(resource: str) -> None:
    """A test waits for no worker, job or token, so that their tasks need a mock."""
    arn = "arn:aws:states:us-east-1:111111111111:stateMachine:m"
    request = {"FunctionName": "f"} if "lambda" in resource else {"StateMachineArn": arn}
    code, message = refusal(task(resource, Parameters=request), roleArn=ROLE)
    assert code == "InvalidDefinition"
    assert message.startswith("TestState API does not support Activity tasks")


@pytest.mark.parametrize("mock", [{"result": "{}"}, failing("Broken")], ids=["result", "error"])
@pytest.mark.parametrize(
    ("kind", "definition"),
    [
        ("Pass", PASS),
        ("Succeed", {"Type": "Succeed"}),
        ("Fail", {"Type": "Fail"}),
        ("Wait", {"Type": "Wait", "Seconds": 1, "End": True}),
        ("Choice", {"Type": "Choice", "Choices": [], "Default": "A"}),
    ],
)
def test_takes_no_mock(kind: str, definition: Json, mock: Json) -> None:
    """A state that does no work has nothing to mock."""
    if kind == "Choice":
        rule = {"Variable": "$.a", "IsNull": True, "Next": "A"}
        definition = {**definition, "Choices": [rule]}
    message = f"State type '{kind}' is not supported when a mock is specified"
    assert refusal(definition, mock=mock) == ("ValidationException", message)


@pytest.mark.parametrize(
    ("definition", "mock", "message"),
    [
        (
            task(),
            {"result": "1", **failing("Broken")},
            "A test mock should have only one of the following fields: [result, errorOutput].",
        ),
        (
            task(),
            {},
            "A test mock should have one of the following fields: [result, errorOutput].",
        ),
        (task(), {"result": "not JSON"}, "Mocked result must be valid JSON"),
        (a_map(), {"result": "{}"}, "Mocked result must be an array."),
        (parallel(), {"result": "{}"}, "Mocked result must be an array."),
        (
            parallel(),
            {"result": "[1]"},
            "Mocked result must contain the same number of items as number of Parallel branches.",
        ),
        (a_map(ResultWriter=WRITER), {"result": "[]"}, "Mocked result must be a JSON object."),
        (
            put_events(),
            {"result": '{"Entries": 1}'},
            "Mock result schema validation error: Field 'Entries' must be an array",
        ),
        (put_events(), {"result": "1"}, "Mocked result must be a JSON object."),
    ],
    ids=["both", "none", "text", "Map", "Parallel", "branches", "writer", "model", "no object"],
)
def test_wrong_mock(definition: Json, mock: Json, message: str) -> None:
    """A result that the state's work cannot give is refused."""
    assert refusal(definition, mock=mock) == ("ValidationException", message)


@pytest.mark.parametrize(
    ("definition", "mock"),
    [
        (task(), {"result": "1"}),
        (put_events(), {"result": "{}"}),
        (put_events(), {"result": '{"Entries": 1}', "fieldValidationMode": "NONE"}),
        (put_events(), {"result": "null"}),
        (
            task(
                "arn:aws:states:::apigateway:invoke",
                Parameters={"ApiEndpoint": "a", "Method": "GET"},
            ),
            {"result": "1"},
        ),
        (
            task(
                "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                Parameters={"QueueUrl": "q", "MessageBody": "m"},
            ),
            {"result": "1"},
        ),
        (task("arn:aws:states:us-east-1:111111111111:activity:ask"), {"result": "1"}),
        (a_map(ResultWriter=WRITER), {"result": '{"MapRunArn": "arn"}'}),
    ],
    ids=["function", "API", "unchecked", "null", "no model", "callback", "activity", "writer"],
)
def test_right_mock(definition: Json, mock: Json) -> None:
    """A result that nobody can say to be wrong is taken."""
    assert answer(definition, mock=mock, input={"items": []})["status"] == "SUCCEEDED"


def test_no_secrets_in_mocks() -> None:
    """A mock has no secrets to reveal."""
    found = refusal(task(), mock={"result": "1"}, revealSecrets=True)
    message = "TestState does not support RevealSecrets when a mock is specified."
    assert found == ("ValidationException", message)


@pytest.mark.parametrize(
    ("culprit", "mock"),
    [("Nowhere", failing("Broken")), ("One", {"result": "[1, 2, 3]"})],
    ids=["unknown state", "no error"],
)
def test_culprit(culprit: str, mock: Json) -> None:
    """The state that caused the error must be one within the tested state."""
    given = {"errorCausedByState": culprit}
    code, message = refusal(a_map(), mock=mock, stateConfiguration=given)
    assert code == "ValidationException"
    assert message.startswith("ErrorCausedByState must be a state within")


@pytest.mark.parametrize(
    ("state", "what"),
    [
        (task(), "The function 'pay'"),
        (put_events(), "The service action 'events:putEvents'"),
        (task(CMQ), f"The resource {CMQ}"),
    ],
    ids=["function", "service", "not offered"],
)
def test_uncallable(state: Json, what: str) -> None:
    """What nobody can call is to be mocked."""
    message = f"{what} cannot be called here: mock its result."
    assert refusal(state, roleArn=ROLE) == ("ValidationException", message)
