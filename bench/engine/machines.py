"""What the engine is measured with: a loop, and Maps of three states an item."""

from typing import Final

from asw.asl.values import JsonObject

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


def map_of_three(mode: str) -> JsonObject:
    """A Map over its input, with three states an item; ``mode`` is INLINE or DISTRIBUTED."""
    test = {"Variable": "$.item", "NumericGreaterThanEquals": 0, "Next": "Done"}
    config = {"Mode": mode} | ({"ExecutionType": "STANDARD"} if mode == "DISTRIBUTED" else {})
    processor = {
        "ProcessorConfig": config,
        "StartAt": "Name",
        "States": {
            "Name": {"Type": "Pass", "Parameters": {"item.$": "$"}, "Next": "Test"},
            "Test": {"Type": "Choice", "Choices": [test], "Default": "Done"},
            "Done": {"Type": "Succeed"},
        },
    }
    state = {"Type": "Map", "ItemProcessor": processor, "End": True}
    return {"StartAt": "All", "States": {"All": state}}
