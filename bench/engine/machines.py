"""What the engine is measured with: a loop, and Maps of three states an item."""

from dataclasses import replace
from typing import Final

from asw.asl.model import Distribution, MapState, StateMachine
from asw.asl.parse import parse
from asw.asl.values import JsonObject, to_text

TRANSITIONS: Final = 10_000
"""States that the loop enters, but for the first and the last."""
SMALL_MAP: Final = 100
LARGE_MAP: Final = 10_000


def loop(transitions: int) -> JsonObject:
    """A Pass that counts, and a Choice that goes back to it."""
    test = {"Variable": "$.n", "NumericLessThan": transitions // 2, "Next": "Add"}
    add = {"n.$": "States.MathAdd($.n, 1)"}
    return {
        "StartAt": "Init",
        "States": {
            "Init": {"Type": "Pass", "Result": {"n": 0}, "Next": "Add"},
            "Add": {"Type": "Pass", "Parameters": add, "Next": "Test"},
            "Test": {"Type": "Choice", "Choices": [test], "Default": "Done"},
            "Done": {"Type": "Succeed"},
        },
    }


def inline_map() -> StateMachine:
    """A Map over its input, with three states an item."""
    test = {"Variable": "$.item", "NumericGreaterThanEquals": 0, "Next": "Done"}
    processor = {
        "StartAt": "Name",
        "States": {
            "Name": {"Type": "Pass", "Parameters": {"item.$": "$"}, "Next": "Test"},
            "Test": {"Type": "Choice", "Choices": [test], "Default": "Done"},
            "Done": {"Type": "Succeed"},
        },
    }
    state = {"Type": "Map", "ItemProcessor": processor, "End": True}
    return parse(to_text({"StartAt": "All", "States": {"All": state}}))


def distributed_map() -> StateMachine:
    """The same, where each item has a child execution of its own."""
    machine = inline_map()
    state = machine.block.states["All"]
    assert isinstance(state, MapState)
    distributed = replace(state, distribution=Distribution())
    return replace(machine, block=replace(machine.block, states={"All": distributed}))
