"""The context object of a tested state."""

import pytest

from asw.asl.values import Json
from tests.unit.teststate.requests import ROLE, a_map, answer, refusal, task

ASKING = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
MESSAGE = {"QueueUrl": "q", "MessageBody": "m"}
SHOWN = {"ResultSelector": {"seen.$": "$$"}}
MOCK = {"result": "{}"}


def seen(definition: Json, **parameters: Json) -> Json:
    """The context object as the state's ResultSelector sees it."""
    return answer({**definition, **SHOWN}, mock=MOCK, **parameters)["output"]["seen"]


def test_made_up_context() -> None:
    """AWS's tests run in an express execution of a machine that nobody made."""
    context = seen(task(), input={"a": 1}, roleArn=ROLE)
    execution, state = context["Execution"], context["State"]
    assert set(context) == {"Execution", "StateMachine", "State"}
    assert set(execution) == {"Id", "Input", "Name", "RoleArn", "StartTime"}
    assert execution["Id"].split(":")[5] == "express"
    assert (execution["Input"], execution["RoleArn"]) == ({"a": 1}, ROLE)
    assert set(state) == {"Name", "EnteredTime", "RetryCount"}
    assert (state["Name"], state["RetryCount"]) == ("StateName", 0)


def test_pass_has_no_retry_count() -> None:
    """A state that cannot be retried sees no RetryCount, and without a role RoleArn is null."""
    definition = {"Type": "Pass", "Parameters": {"seen.$": "$$"}, "End": True}
    context = answer(definition)["output"]["seen"]
    assert set(context["State"]) == {"Name", "EnteredTime"}
    assert context["Execution"]["RoleArn"] is None


def test_token() -> None:
    """A state that waits for a token sees one."""
    assert set(seen(task(ASKING, Parameters=MESSAGE))["Task"]) == {"Token"}


def test_first_item() -> None:
    """A state within a Map sees the item of a first iteration: its own input."""
    inner = {"Type": "Pass", "Parameters": {"seen.$": "$$.Map.Item"}, "End": True}
    outer = a_map(mode="INLINE")
    processor = {**outer["ItemProcessor"], "States": {"One": inner}}
    machine = {"StartAt": "All", "States": {"All": {**outer, "ItemProcessor": processor}}}
    found = answer(machine, stateName="One", input=7)["output"]["seen"]
    assert found == {"Index": 0, "Value": 7}


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"Execution": {}, "State": {}, "StateMachine": {}},
        {"Execution": {"Id": "id", "Input": [1], "RedriveCount": 1}, "State": {"RetryCount": 2}},
    ],
    ids=["empty", "empty parts", "some fields"],
)
def test_given_context(context: Json) -> None:
    """A context object that is given is seen as it is, with nothing added."""
    assert seen(task(), context=context) == context


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ([], "Context object must be a JSON object"),
        ({"Pokedex": {}}, "Field 'Pokedex' is not allowed"),
        ({"Execution": {"pokemon": "squirtle"}}, "Field 'pokemon' is not allowed"),
        ({"Execution": {"Id": 1}}, "Execution.Id must be a string"),
        ({"State": {"RetryCount": "1"}}, "State.RetryCount must be a number"),
        ({"State": 1}, "State must be an object"),
        ({"Map": {}}, "'Map' field is not supported when mocking a Context object"),
        (
            {"Task": {"Token": "abc"}},
            (
                "Context object contains 'Task' when state is not a Task state with a '.sync' or "
                "'.waitForTaskToken' service integration pattern"
            ),
        ),
    ],
    ids=["array", "field", "inner field", "text", "number", "object", "Map", "Task"],
)
def test_refused_context(context: Json, told: str) -> None:
    """A context object that AWS would not make is refused with AWS's reason."""
    found = refusal(task(), mock=MOCK, context=context)
    assert found == ("ValidationException", f"Invalid Context object provided: {told}")


def test_given_token() -> None:
    """A state that waits for a token may be given one."""
    context = {"Task": {"Token": "abc"}}
    assert seen(task(ASKING, Parameters=MESSAGE), context=context) == context
