"""States of a machine on all of its levels."""

from dataclasses import replace

import pytest

from asw.asl.blocks import (
    actions_of,
    services_of,
    state_names,
    walk,
    walk_places,
    with_state,
)
from asw.asl.parse import parse
from asw.asl.values import to_text
from tests.support.play import definition

MAP = {
    "Type": "Map",
    "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}},
    "Next": "P",
}
PARALLEL = {
    "Type": "Parallel",
    "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}],
    "End": True,
}


@pytest.mark.parametrize("name", ["M", "I", "P", "B"])
def test_one_state_is_changed_and_no_other(name):
    """Whatever Parallel or Map it is in, all the others stay as they are."""
    machine = parse(to_text(definition("M", M=MAP, P=PARALLEL)))
    changed = with_state(machine, name, lambda state: replace(state, comment="new"))
    assert state_names(changed) == state_names(machine)
    assert {state.name for state in walk(changed.block) if state.comment == "new"} == {name}


def test_each_state_has_its_place():
    """The place of a state is a pointer into the definition, on whatever level it is."""
    machine = parse(to_text(definition("M", M=MAP, P=PARALLEL)))
    assert [(path, state.name) for path, state in walk_places(machine.block)] == [
        ("/States/M", "M"),
        ("/States/M/ItemProcessor/States/I", "I"),
        ("/States/P", "P"),
        ("/States/P/Branches/0/States/B", "B"),
    ]


def test_services_are_those_that_tasks_call():
    """Each service once, in the order of the definition; the SDK's is one of its own."""
    arns = ("sns:publish", "aws-sdk:sns:publish", "sns:publish", "lambda:invoke")
    tasks = {
        f"T{number}": {
            "Type": "Task",
            "Resource": f"arn:aws:states:::{arn}",
            "Parameters": {"FunctionName" if "invoke" in arn else "Message": "m"},
            "Next": f"T{number + 1}",
        }
        for number, arn in enumerate(arns)
    }
    machine = parse(to_text(definition("T0", **tasks, T4={"Type": "Succeed"})))
    assert services_of(machine) == ["sns", "aws-sdk:sns"]
    assert [it.resource for it in actions_of(machine)] == ["publish"] * 3
