"""A history in AWS's own shape, and the events of it that somebody wants."""

import gzip
import json
from functools import cache
from importlib import resources

import pytest

from asw.asl.parse import parse
from asw.asl.values import to_text
from asw.cli.views.events import Choice, aws_history
from asw.engine.answers import Answer, Raised, Returned
from asw.engine.facts import RedriveRequested, StopRequested
from asw.engine.simulation import Request, simulate
from asw.engine.step import begin
from asw.executions.progress import read_history
from tests.support.play import definition, header, task
from tests.support.snapshots import events

HISTORY = events(
    (0, "ExecutionStarted", {"input": {}}),
    (0, "TaskStateEntered", "A"),
    (2, "TaskScheduled", None),
    (3, "TaskFailed", {"error": "Sad"}),
    (4, "TaskStateExited", "A"),
    (5, "FailStateEntered", "B"),
    (6, "ExecutionFailed", None),
)


@pytest.mark.parametrize(
    ("choice", "ids"),
    [
        pytest.param(Choice(), [1, 2, 3, 4, 5, 6, 7], id="all"),
        pytest.param(Choice(types=("*failed",)), [4, 7], id="pattern"),
        pytest.param(Choice(types=("TaskFailed", "ExecutionStarted")), [1, 4], id="names"),
        pytest.param(Choice(states=("A",)), [2, 3, 4, 5], id="state"),
        pytest.param(Choice(since=5), [6, 7], id="since"),
        pytest.param(Choice(limit=2), [1, 2], id="limit"),
        pytest.param(Choice(limit=2, is_reverse=True), [7, 6], id="newest"),
        pytest.param(Choice(types=("Task*",), states=("B",)), [], id="none"),
    ],
)
def test_events_are_chosen(choice, ids):
    """All conditions hold together, then order and number."""
    assert [event.id for event in choice.of(HISTORY, read_history(HISTORY))] == ids


@cache
def model():
    """The types of AWS's own model of Step Functions."""
    folder = resources.files("botocore") / "data" / "stepfunctions" / "2016-11-23"
    return json.loads(gzip.decompress((folder / "service-2.json.gz").read_bytes()))["shapes"]


def check(value, name, place):
    """Fail where the value is not of AWS's type of this name, or has a member it does not know."""
    shape = model()[name]
    match shape["type"]:
        case "structure":
            unknown = value.keys() - shape["members"].keys()
            assert not unknown, f"{place}: {unknown}"
            missing = set(shape.get("required", ())) - value.keys()
            assert not missing, f"{place}: {missing}"
            for key, inner in value.items():
                check(inner, shape["members"][key]["shape"], f"{place}.{key}")
        case "map":
            for key, inner in value.items():
                check(inner, shape["value"]["shape"], f"{place}.{key}")
        case "list":
            for inner in value:
                check(inner, shape["member"]["shape"], place)
        case "string" | "timestamp":
            assert isinstance(value, str), place
            assert value in shape.get("enum", [value]), place
        case "boolean":
            assert isinstance(value, bool), place
        case _:
            assert isinstance(value, int), place


TASK = task("work")
WAIT = {"Type": "Wait", "Seconds": 60, "End": True}
INVOKE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "work", "Payload.$": "$"},
    "End": True,
}
BAD = task("bad")


def invoke(name, **fields):
    """A Task by the service integration, which has events of its own."""
    return {**INVOKE, "Parameters": {"FunctionName": name, "Payload.$": "$"}, **fields}


def over(inner, mode="INLINE", name="I", **fields):
    """A Map of the mode over two items."""
    processor = {
        "ProcessorConfig": {"Mode": mode, "ExecutionType": "STANDARD"},
        "StartAt": name,
        "States": {name: inner},
    }
    if mode == "INLINE":
        del processor["ProcessorConfig"]["ExecutionType"]
    state = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "End": True}
    return state | fields


def parallel(*branches, name="B"):
    """A Parallel of one end state a branch."""
    named = [(f"{name}{at}", each) for at, each in enumerate(branches)]
    blocks = [{"StartAt": inner, "States": {inner: each}} for inner, each in named]
    return {"Type": "Parallel", "Branches": blocks, "End": True}


def alone(state, **fields):
    """A machine of one state."""
    return {**definition("A", A=state), **fields}


def onward(state, following):
    """The state, with another to follow."""
    state = {**state, "Next": following}
    del state["End"]
    return state


ALL_WELL = definition(
    "P",
    P={"Type": "Pass", "Assign": {"x": 1}, "Next": "C"},
    C={
        "Type": "Choice",
        "Choices": [{"Variable": "$.n", "IsPresent": True, "Next": "T"}],
        "Default": "T",
    },
    T=onward({**TASK, "ResultPath": "$.t"}, "V"),
    V=onward({**INVOKE, "ResultPath": "$.v"}, "W"),
    W=onward({**WAIT, "Seconds": 1}, "L"),
    L=onward({**parallel(TASK), "ResultPath": "$.l"}, "M"),
    M=onward({**over({"Type": "Pass", "End": True}), "ResultPath": "$.m"}, "D"),
    D=onward(over(WAIT, "DISTRIBUTED", "J"), "S"),
    S={"Type": "Succeed"},
)
JSONATA = alone(
    {"Type": "Pass", "Output": "{% $error('no') %}", "End": True}, QueryLanguage="JSONata"
)
PLAYS = {
    "all goes well": (ALL_WELL, []),
    "a fail state": (alone({"Type": "Fail", "Error": "E", "Cause": "c"}), []),
    "siblings are stopped": (
        alone(parallel(BAD, task("hangs"), WAIT, parallel(WAIT, name="C"), over(WAIT))),
        [],
    ),
    "invocation fails": (alone(invoke("bad")), []),
    "task is late": (alone(task("hangs", TimeoutSeconds=2)), []),
    "invocation is late": (alone(invoke("hangs", TimeoutSeconds=2)), []),
    "execution is late": (alone(WAIT, TimeoutSeconds=2), []),
    "iteration fails, another is stopped": (alone(over(parallel(WAIT, BAD))), []),
    "expression fails": (JSONATA, []),
    "stopped by somebody": (alone(WAIT), [StopRequested(error="Stop", cause="enough")]),
    "map run is redriven": (alone(over(BAD, "DISTRIBUTED")), [RedriveRequested(number=1)]),
}
NEVER = {
    *(each for each in model()["HistoryEventType"]["enum"] if each.startswith("Activity")),
    *("LambdaFunctionScheduleFailed", "LambdaFunctionStartFailed"),  # a start that fails is told
    *("TaskStartFailed", "TaskSubmitFailed", "TaskSubmitted"),  # as a failure, nothing is submitted
    "MapRunAborted",  # AWS ends the history with the execution; so do we
}
"""What AWS has and the engine never tells."""


class Script:
    """``bad`` fails, ``hangs`` never ends, what else there is works."""

    def answer(self, command, items):
        """See Outside."""
        name = command.invocation.name
        if name == "hangs":
            return Answer(end=None)
        return Answer(end=Raised("Sad", "because") if name == "bad" else Returned(1), seconds=1)


@cache
def played(name):
    """The history of one of the plays."""
    definition_, facts = PLAYS[name]
    requests = [Request(seconds=30, fact=fact) for fact in facts]
    record = begin(header(), {"items": [1, 2]})
    return simulate(parse(to_text(definition_)), record, Script(), requests=requests).history


@pytest.mark.parametrize("name", PLAYS)
def test_history_has_the_shape_of_aws(name):
    """Each event is one that AWS's own model describes, with the members that it has."""
    plain = aws_history(played(name))
    check(plain, "GetExecutionHistoryOutput", name)
    assert json.loads(json.dumps(plain)) == plain


def test_no_kind_of_event_is_left_out():
    """The plays above bring every type of event that the engine can tell."""
    seen = {event.type for name in PLAYS for event in played(name)}
    assert seen == set(model()["HistoryEventType"]["enum"]) - NEVER


def test_payloads_are_json_text_as_at_aws():
    """Texts are quoted, the rest of an event stands beside its details."""
    history = events((0, "PassStateEntered", {"name": "A", "input": "x"}))
    assert aws_history(history) == {
        "events": [
            {
                "timestamp": "2026-01-01T00:00:00.000Z",
                "type": "PassStateEntered",
                "id": 1,
                "previousEventId": 0,
                "stateEnteredEventDetails": {
                    "name": "A",
                    "input": '"x"',
                    "inputDetails": {"truncated": False},
                },
            }
        ]
    }
