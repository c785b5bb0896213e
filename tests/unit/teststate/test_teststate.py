"""``test_state``: how a state ends, as the engine decides it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from asw.asl.values import Json
from asw.engine.answers import Answer, Raised, Returned
from asw.engine.commands import StartTask
from asw.engine.simulation import MapItem
from asw.teststate import try_state
from tests.unit.teststate.requests import (
    FUNCTION,
    ITEMS,
    ROLE,
    a_map,
    answer,
    failing,
    parallel,
    task,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BROKEN = failing("Broken", "It broke.")
RETRY = [
    {"ErrorEquals": ["Other"]},
    {"ErrorEquals": ["Broken"], "IntervalSeconds": 2, "MaxAttempts": 2, "BackoffRate": 3},
]
CATCH = [
    {"ErrorEquals": ["Other"], "Next": "A"},
    {"ErrorEquals": ["States.ALL"], "Next": "B", "ResultPath": "$.error"},
]


@dataclass
class Function:
    """An outside with one function, which gives the same answer again and again."""

    given: Answer
    called: list[StartTask] = field(default_factory=list)

    def answer(self, command: StartTask, items: tuple[MapItem, ...]) -> Answer:
        """Its answer."""
        self.called.append(command)
        return self.given


def shown(seen: Json) -> dict[str, Json]:
    """The answer without the inspection data."""
    return {name: value for name, value in seen.items() if name != "inspectionData"}


def test_success() -> None:
    """A state that succeeds tells its output and its next state."""
    assert shown(answer(task(Next="A"), mock={"result": "[1]"})) == {
        "status": "SUCCEEDED",
        "output": [1],
        "nextState": "A",
    }


def test_level() -> None:
    """INFO, the default, tells no inspection data."""
    definition = {"Type": "Pass", "End": True}
    assert "inspectionData" in answer(definition, inspectionLevel="TRACE")
    assert try_state({"definition": definition}) == {"status": "SUCCEEDED", "output": {}}


@pytest.mark.parametrize(
    "definition", [task(), parallel(), a_map()], ids=["Task", "Parallel", "Map"]
)
def test_failure(definition: Json) -> None:
    """An error that nothing takes fails the state."""
    seen = answer(definition, input=ITEMS, mock=BROKEN)
    assert shown(seen) == {"status": "FAILED", "error": "Broken", "cause": "It broke."}
    assert "errorDetails" not in seen["inspectionData"]


def test_error_without_cause() -> None:
    """An error need not have a cause, nor a Fail state an error."""
    assert shown(answer(task(), mock=failing("Broken"))) == {"status": "FAILED", "error": "Broken"}
    assert shown(answer({"Type": "Fail"})) == {"status": "FAILED"}


@pytest.mark.parametrize(
    ("retries", "seconds"), [(None, 2), (0, 2), (1, 6)], ids=["none", "first", "second"]
)
def test_retry(retries: int | None, seconds: int) -> None:
    """An error that a Retrier takes is retriable after its pause, which grows."""
    given = {} if retries is None else {"retrierRetryCount": retries}
    seen = answer(task(Retry=RETRY), mock=BROKEN, stateConfiguration=given)
    assert shown(seen) == {"status": "RETRIABLE", "error": "Broken", "cause": "It broke."}
    details = {"retryIndex": 1, "retryBackoffIntervalSeconds": seconds}
    assert seen["inspectionData"]["errorDetails"] == details


def test_retries_used_up() -> None:
    """A Retrier that is used up is named still; then a Catcher may take the error."""
    used_up = {"retrierRetryCount": 2}
    failed = answer(task(Retry=RETRY), mock=BROKEN, stateConfiguration=used_up)
    assert failed["status"] == "FAILED"
    assert failed["inspectionData"]["errorDetails"] == {"retryIndex": 1}
    caught = answer(task(Retry=RETRY, Catch=CATCH), mock=BROKEN, stateConfiguration=used_up)
    assert caught["status"] == "CAUGHT_ERROR"
    assert caught["inspectionData"]["errorDetails"] == {"retryIndex": 1, "catchIndex": 1}


@pytest.mark.parametrize(
    "definition",
    [task(Catch=CATCH), parallel(Catch=CATCH), a_map(Catch=CATCH)],
    ids=["Task", "Parallel", "Map"],
)
def test_catch(definition: Json) -> None:
    """An error that a Catcher takes goes on with the error output, as the Catcher says."""
    seen = answer(definition, input=ITEMS, mock=BROKEN)
    assert shown(seen) == {
        "status": "CAUGHT_ERROR",
        "output": {**ITEMS, "error": {"Error": "Broken", "Cause": "It broke."}},
        "nextState": "B",
        "error": "Broken",
        "cause": "It broke.",
    }
    assert seen["inspectionData"]["errorDetails"] == {"catchIndex": 1}


def test_catch_in_jsonata() -> None:
    """A Catcher's Output sees the error output, its Assign sets variables."""
    catcher = {
        "ErrorEquals": ["Broken"],
        "Output": "{% $states.errorOutput.Cause %}",
        "Assign": {"seen": "{% $states.errorOutput.Error %}"},
        "Next": "A",
    }
    definition = task(QueryLanguage="JSONata", Catch=[catcher])
    seen = answer(definition, mock=BROKEN, variables={"old": 1})
    assert seen["output"] == "It broke."
    assert seen["inspectionData"]["variables"] == {"old": 1, "seen": "Broken"}


def test_failing_catch() -> None:
    """A Catcher that cannot place the error output fails the state."""
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.a.b", "Next": "A"}]
    seen = answer(task(Catch=catch), input={"a": 1}, mock=BROKEN)
    assert (seen["status"], seen["error"]) == ("FAILED", "States.ResultPathMatchFailure")


def test_causes_have_no_place() -> None:
    """TestState's causes do not begin with the place, as those of executions do."""
    seen = answer({"Type": "Pass", "InputPath": "$.nothing", "End": True})
    assert (seen["status"], seen["error"]) == ("FAILED", "States.Runtime")
    assert "An error occurred while executing" not in seen["cause"]


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_variables(language: str) -> None:
    """Variables that are given are read, those that the state assigns are told with them."""
    fields: dict[str, Json] = {"Parameters": {"was.$": "$n"}, "Assign": {"m.$": "$n"}}
    if language == "JSONata":
        fields = {"Output": {"was": "{% $n %}"}, "Assign": {"m": "{% $n %}"}}
    definition = {"Type": "Pass", "QueryLanguage": language, "End": True, **fields}
    seen = answer(definition, variables={"n": 1})
    assert seen["output"] == {"was": 1}
    assert seen["inspectionData"]["variables"] == {"n": 1, "m": 1}


def test_wait() -> None:
    """A Wait does not keep the tester waiting."""
    seen = answer({"Type": "Wait", "Seconds": 200, "Next": "A"}, input=1)
    assert (seen["status"], seen["output"], seen["nextState"]) == ("SUCCEEDED", 1, "A")


def test_long_wait() -> None:
    """AWS: a test lasts five minutes at most."""
    seen = answer({"Type": "Wait", "Seconds": 400, "Next": "A"})
    assert shown(seen) == {"status": "FAILED", "error": "States.Timeout"}


def test_wait_until() -> None:
    """The instant of a Timestamp counts from the instant of the test."""
    definition = {"Type": "Wait", "Timestamp": "2026-01-01T00:01:00Z", "Next": "A"}
    assert try_state({"definition": definition}, now=NOW)["status"] == "SUCCEEDED"


def test_function() -> None:
    """A Task that is not mocked calls its function."""
    function = Function(Answer(end=Returned({"paid": True})))
    request = {"definition": task(), "roleArn": ROLE, "input": ITEMS, "inspectionLevel": "DEBUG"}
    seen = try_state(request, outside=function)
    assert seen["output"] == {"paid": True}
    assert seen["inspectionData"]["result"] == {"paid": True}
    assert [(it.invocation.name, it.payload) for it in function.called] == [("pay", ITEMS)]


def test_lambda_invoke() -> None:
    """lambda:invoke wraps what the function answers."""
    parameters = {"FunctionName": FUNCTION, "Payload.$": "$"}
    definition = task("arn:aws:states:::lambda:invoke", Parameters=parameters)
    request = {"definition": definition, "roleArn": ROLE, "input": "[1]"}
    seen = try_state(request, outside=Function(Answer(end=Returned(2))))
    assert (seen["output"]["Payload"], seen["output"]["StatusCode"]) == (2, 200)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (Answer(end=Raised("Broken", "It broke.")), "Broken"),
        (Answer(end=Returned(1), seconds=10), "States.Timeout"),
        (Answer(end=None), "States.Timeout"),
    ],
    ids=["raised", "late", "never"],
)
def test_failing_function(given: Answer, error: str) -> None:
    """A function that fails, or takes too long, fails the Task."""
    request = {"definition": task(TimeoutSeconds=5), "roleArn": ROLE}
    seen = try_state(request, outside=Function(given))
    assert (seen["status"], seen["error"]) == ("FAILED", error)


def test_error_within_a_map() -> None:
    """An error that a state within a Map lets through is the Map's to handle."""
    inner = task(Catch=[{"ErrorEquals": ["Other"], "Next": "One"}])
    processor = {**a_map(mode="INLINE")["ItemProcessor"], "States": {"One": inner}}
    outer = {**a_map(mode="INLINE"), "ItemProcessor": processor, "Catch": CATCH}
    states = {"All": outer, "A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}}
    seen = answer({"StartAt": "All", "States": states}, stateName="One", mock=BROKEN)
    assert (seen["status"], seen["nextState"]) == ("CAUGHT_ERROR", "B")
    assert seen["inspectionData"]["errorDetails"] == {"catchIndex": 1}


def test_unhandled_within_a_map() -> None:
    """An error that nothing around takes either fails the state."""
    processor = {**a_map(mode="INLINE")["ItemProcessor"], "States": {"One": task()}}
    outer = {**a_map(mode="INLINE"), "ItemProcessor": processor}
    seen = answer({"StartAt": "All", "States": {"All": outer}}, stateName="One", mock=BROKEN)
    assert shown(seen) == {"status": "FAILED", "error": "Broken", "cause": "It broke."}
