"""The inspection data of each state type, as recorded at AWS."""

import pytest

from asw.asl.values import Json
from tests.unit.teststate.requests import answer, failing, parallel, task

INPUT = {"in": {"a": 1}, "other": 2}
MOCK = {"result": '{"b": 2}'}
ECHO = {"a.$": "$.a"}


def stages(definition: Json, **parameters: Json) -> dict[str, Json]:
    """The inspection data without the raw input, which is always there."""
    found = dict(answer(definition, input=INPUT, **parameters)["inspectionData"])
    assert found.pop("input") == INPUT
    return found


def test_pass() -> None:
    """A Pass shows its whole data flow; ResultSelector, which it has not, changes nothing."""
    definition = {
        "Type": "Pass",
        "InputPath": "$.in",
        "Parameters": {"x.$": "$.a"},
        "ResultPath": "$.out",
        "OutputPath": "$.out",
        "End": True,
    }
    assert stages(definition) == {
        "afterInputPath": {"a": 1},
        "afterParameters": {"x": 1},
        "afterResultSelector": {"x": 1},
        "afterResultPath": {**INPUT, "out": {"x": 1}},
    }


def test_pass_with_result() -> None:
    """A Pass with a Result makes nothing of its input, and shows none of it."""
    assert stages({"Type": "Pass", "Result": 1, "Parameters": ECHO, "End": True}) == {
        "result": 1,
        "afterResultSelector": 1,
        "afterResultPath": 1,
    }


@pytest.mark.parametrize(
    "definition",
    [
        {"Type": "Succeed"},
        {"Type": "Fail", "Error": "Broken"},
        {"Type": "Wait", "Seconds": 1, "End": True},
        {
            "Type": "Choice",
            "Choices": [{"Variable": "$.other", "NumericEquals": 2, "Next": "A"}],
        },
    ],
    ids=["Succeed", "Fail", "Wait", "Choice"],
)
def test_states_without_work(definition: Json) -> None:
    """A state that makes nothing shows its input after InputPath, in JSONPath."""
    assert stages(definition) == {"afterInputPath": INPUT}


@pytest.mark.parametrize(
    "definition",
    [
        {"Type": "Pass", "Output": "{% $states.input.other %}", "End": True},
        {"Type": "Succeed"},
        {"Type": "Fail", "Error": "{% 'Broken' %}"},
        {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "A"}]},
        {"Type": "Wait", "Seconds": 1, "End": True},
    ],
    ids=["Pass", "Succeed", "Fail", "Choice", "Wait"],
)
def test_jsonata_without_work(definition: Json) -> None:
    """JSONata has no stages before the work."""
    assert stages({**definition, "QueryLanguage": "JSONata"}) == {}


def test_task() -> None:
    """A Task shows its data flow and the raw result of its work."""
    definition = task(
        InputPath="$.in", Parameters=ECHO, ResultSelector={"c.$": "$.b"}, ResultPath="$.out"
    )
    assert stages(definition, mock=MOCK) == {
        "afterInputPath": {"a": 1},
        "afterParameters": {"a": 1},
        "result": {"b": 2},
        "afterResultSelector": {"c": 2},
        "afterResultPath": {**INPUT, "out": {"c": 2}},
    }


def test_jsonata_task() -> None:
    """A Task in JSONata shows its Arguments and its result."""
    definition = task(QueryLanguage="JSONata", Arguments={"a": "{% $states.input.other %}"})
    assert stages(definition, mock=MOCK) == {"afterArguments": {"a": 2}, "result": {"b": 2}}


def test_parallel() -> None:
    """A mocked Parallel shows only what comes of its result."""
    definition = parallel(InputPath="$.in", ResultPath="$.out")
    assert stages(definition, mock={"result": "[1, 2]"}) == {
        "afterResultSelector": [1, 2],
        "afterResultPath": {**INPUT, "out": [1, 2]},
    }


def test_jsonata_parallel() -> None:
    """In JSONata a mocked Parallel has no stages."""
    definition = parallel(QueryLanguage="JSONata", Output="{% $states.result[1] %}")
    assert stages(definition, mock={"result": "[1, 2]"}) == {}


@pytest.mark.parametrize(
    ("fields", "last"),
    [
        ({"InputPath": "$.nothing"}, set()),
        ({"Parameters": {"x.$": "$.nothing"}}, {"afterInputPath"}),
        (
            {"ResultSelector": {"x.$": "$.nothing"}},
            {"afterInputPath", "afterParameters", "result"},
        ),
        (
            {"OutputPath": "$.nothing"},
            {
                "afterInputPath",
                "afterParameters",
                "result",
                "afterResultSelector",
                "afterResultPath",
            },
        ),
    ],
    ids=["InputPath", "Parameters", "ResultSelector", "OutputPath"],
)
def test_up_to_the_failure(fields: dict[str, Json], last: set[str]) -> None:
    """When a stage fails, those before it are shown."""
    seen = answer(task(**fields), input=INPUT, mock=MOCK)
    assert (seen["status"], seen["error"]) == ("FAILED", "States.Runtime")
    assert set(seen["inspectionData"]) == {"input", *last}


def test_failed_task() -> None:
    """A Task whose work fails shows the stages before the work."""
    assert set(stages(task(), mock=failing("Broken"))) == {"afterInputPath", "afterParameters"}
