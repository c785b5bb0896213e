"""Finding the state under test in its definition."""

import pytest

from asw.asl.values import Json
from tests.unit.teststate.requests import a_map, answer, refusal, task

PASS = {"Type": "Pass", "End": True}
MACHINE = {
    "StartAt": "First",
    "States": {
        "First": {"Type": "Pass", "Result": 1, "Next": "All"},
        "All": a_map(mode="INLINE", End=True),
    },
}


@pytest.mark.parametrize(
    ("definition", "target"),
    [
        ({"Type": "Pass", "Next": "Anywhere"}, "Anywhere"),
        ({"Type": "Pass", "Next": "StateName"}, "StateName"),
        (
            {
                "Type": "Choice",
                "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "There"}],
                "Default": "Here",
            },
            "Here",
        ),
    ],
    ids=["Next", "itself", "Default"],
)
def test_lone_state(definition: Json, target: str) -> None:
    """A state by itself may go on to states that are not there."""
    assert answer(definition)["nextState"] == target


def test_named_state() -> None:
    """A state of a machine is tested by its name, and goes on as the machine says."""
    seen = answer(MACHINE, stateName="First")
    assert (seen["output"], seen["nextState"]) == (1, "All")


def test_inner_state() -> None:
    """A state within a Map is tested as any other; where its flow ends nothing is next."""
    seen = answer(MACHINE, stateName="One", input=5)
    assert seen["output"] == 5
    assert "nextState" not in seen


@pytest.mark.parametrize("name", ["Nowhere", '"First"', "Second"])
def test_unknown_name(name: str) -> None:
    """A name that the machine does not have is refused."""
    found = refusal(MACHINE, stateName=name)
    assert found == ("ValidationException", "State not found in definition")


@pytest.mark.parametrize(
    ("definition", "parameters", "told"),
    [
        (
            {"Type": "Parallel", "Branches": [], "End": True},
            {"mock": {"result": "[]"}},
            "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/StateName/Branches",
        ),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Parallel", "Branches": [], "End": True}}},
            {"stateName": "A", "mock": {"result": "[]"}},
            "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/A/Branches",
        ),
    ],
    ids=["lone state", "machine"],
)
def test_definition_at_fault(definition: Json, parameters: dict[str, Json], told: str) -> None:
    """A definition that cannot run is refused with the sentence that AWS has for its fault."""
    code, message = refusal(definition, **parameters)
    assert code == "InvalidDefinition"
    assert message == f"Invalid State Machine Definition: '{told}'"


@pytest.mark.parametrize("definition", ["{", "[1]", "1", {"StartAt": "A", "States": {}}])
def test_no_state(definition: Json) -> None:
    """What is no state is no definition, even where it is a machine."""
    assert refusal(definition)[0] == "InvalidDefinition"


def test_several_faults() -> None:
    """Of several faults AWS puts each within quotes."""
    code, message = refusal({"Type": "Pass", "Next": 1, "Comment": 1})
    assert code == "InvalidDefinition"
    assert message.startswith("Invalid State Machine Definition: ''SCHEMA_VALIDATION_FAILED: ")
    assert "', 'SCHEMA_VALIDATION_FAILED: " in message


def test_catchers_lead_anywhere() -> None:
    """A Catcher's next state need not be there either."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Elsewhere"}]
    mock = {"errorOutput": {"error": "Broken"}}
    assert answer(task(Catch=catch), mock=mock)["nextState"] == "Elsewhere"


def test_state_in_a_branch() -> None:
    """A state of a branch, however deep, is found too."""
    inner = {"StartAt": "Deep", "States": {"Deep": {"Type": "Pass", "Result": 1, "End": True}}}
    outer = {"Type": "Parallel", "Branches": [inner], "End": True}
    processor = {"StartAt": "Both", "States": {"Both": outer}}
    machine = {
        "StartAt": "All",
        "States": {"All": a_map(mode="INLINE", ItemProcessor=processor)},
    }
    assert answer(machine, stateName="Deep")["output"] == 1


@pytest.mark.parametrize(
    "machine",
    [{"StartAt": "A", "States": {}}, {"StartAt": "A", "States": []}, "{"],
    ids=["empty", "no object", "no JSON"],
)
def test_machine_without_states(machine: Json) -> None:
    """A machine without states is at fault, whatever the name."""
    assert refusal(machine, stateName="A")[0] == "InvalidDefinition"
