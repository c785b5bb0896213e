"""Executions whose large values leave the record, come back to it, and lie in sealed history."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from asw.asl.values import Json
from tests.support.play import definition, task

Object: TypeAlias = dict[str, Json]

LIST = ["x" * 3000, "y" * 3000]
OTHER = ["z" * 2500, "文" * 1000]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFlow:
    """One kind of execution: ``outputs`` by function and ordinal.

    ``count`` of them run, of whose tasks ``limit`` may be active; 0 for all.
    """

    machine: Object
    value: Json = field(default_factory=dict)
    outputs: Mapping[str, Callable[[int], Json]]
    count: int = 1
    limit: int = 0
    is_redriven: bool = False
    has_starters: bool = False
    child: Object | None = None
    """The definition of the Workflow ``child``, of which Tasks start executions."""


OUTPUTS: dict[str, Callable[[int], Json]] = {
    "small": lambda ordinal: {"of": ordinal},
    "list": lambda ordinal: list(LIST),
    "turns": lambda ordinal: [LIST, OTHER][ordinal % 2],
    "broken": lambda ordinal: list(LIST),
}


def _map(inside: str = "Do", **fields: Json) -> Object:
    inner = definition(inside, **{inside: task("small", ResultPath=None)})
    given = {"ItemsPath": "$.list", "MaxConcurrency": 1, "ResultPath": None}
    return {"Type": "Map", "ItemProcessor": inner, **given, **fields}


def _looped(times: int, last: str, **states: Json) -> Object:
    """The states, the first of them entered again after ``last`` until it was so many times."""
    first = next(iter(states))
    count: Json = {
        "Type": "Pass",
        "Parameters": {"n.$": "States.MathAdd($.count.n, 1)"},
        "ResultPath": "$.count",
        "Next": "Again",
    }
    again: Json = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.count.n", "NumericLessThan": times, "Next": first}],
        "Default": "Enough",
    }
    enough: Json = {"Type": "Succeed"}
    ended = {name: it for name, it in states[last].items() if name != "End"} | {"Next": "Count"}
    named = {**states, last: ended, "Count": count, "Again": again, "Enough": enough}
    return definition(first, **named)


def _passes(name: str, count: int, then: str) -> Object:
    """So many states that do nothing: their events push older ones into chunks."""
    return {
        f"{name}{number}": {
            "Type": "Pass",
            "Next": f"{name}{number + 1}" if number + 1 < count else then,
        }
        for number in range(count)
    }


def _twice() -> StoredFlow:
    """A Map over the same list, entered twice with a task in between."""
    machine = _looped(
        2, "Between", Each=_map(Next="Between"), Between=task("small", ResultPath=None)
    )
    value = {"list": [each * 1300 for each in "abcde"], "count": {"n": 0}}
    return StoredFlow(machine=machine, value=value, outputs=OUTPUTS)


def _outputs() -> StoredFlow:
    """A task that gives the same large value again and again, and one that forgets it."""
    machine = _looped(
        3,
        "Small",
        Large=task("list", ResultPath="$.result", Next="Small"),
        Small=task("small", ResultPath="$.result"),
    )
    return StoredFlow(machine=machine, value={"count": {"n": 0}}, outputs=OUTPUTS)


def _turns() -> StoredFlow:
    """A loop whose payload is one large value, then the other, then the first again."""
    machine = _looped(5, "Turn", Turn=task("turns", ResultPath="$.payload"))
    return StoredFlow(machine=machine, value={"count": {"n": 0}}, outputs=OUTPUTS)


def _sealed() -> StoredFlow:
    """Large values in sealed chunks, which a Map needs again when they are long gone."""
    machine = definition(
        "Fetch",
        Fetch=task("list", ResultPath="$.list", Next="A0"),
        **_passes("A", 30, "First"),
        First=task("small", ResultPath=None, Next="B0"),
        **_passes("B", 30, "Second"),
        Second=task("small", ResultPath=None, Next="Each"),
        Each=_map(Next="Tail"),
        Tail=task("small", ResultPath="$.tail"),
    )
    return StoredFlow(machine=machine, outputs=OUTPUTS)


def _redriven() -> StoredFlow:
    """It fails after a Map over a large value, and goes on with it when it is redriven."""
    machine = definition(
        "Fetch",
        Fetch=task("list", ResultPath="$.list", Next="Each"),
        Each=_map(Next="Broken"),
        Broken=task("broken", ResultPath="$.list", Next="Other"),
        Other=_map("Redo", Next="Tail"),
        Tail=task("turns", ResultPath="$.tail"),
    )
    return StoredFlow(machine=machine, outputs=OUTPUTS, is_redriven=True)


def _limited() -> StoredFlow:
    """Several executions with more tasks than may be active."""
    machine = definition("Each", Each={**_map(), "MaxConcurrency": 2, "End": True})
    return StoredFlow(machine=machine, value={"list": [1, 2, 3]}, outputs=OUTPUTS, count=3, limit=2)


def _start(pattern: str, name: str | None = None, **fields: Json) -> Object:
    """A Task that starts an execution of ``child``."""
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:child"
    asked: Object = {"StateMachineArn": arn, "Input.$": "$.list"}
    if name is not None:
        asked["Name.$"] = name
    resource = f"arn:aws:states:::states:startExecution{pattern}"
    return {"Type": "Task", "Resource": resource, "Parameters": asked, **fields}


def _nested() -> StoredFlow:
    """Tasks that start executions: one after the other, side by side, and two not awaited.

    The child of one of these has a token by which nobody reports in time.
    The last awaited one bears the name of its parent, so its object cannot.
    """
    result: Json = {"ResultSelector": {"is.$": "$.Output"}, "ResultPath": "$.list"}
    untold: Json = [{"ErrorEquals": ["States.Timeout"], "ResultPath": None, "Next": "Both"}]
    both: Json = {
        "Type": "Parallel",
        "Branches": [
            definition("One", One=_start(".sync:2", OutputPath="$.Output", End=True)),
            definition("Other", Other=_start(".sync:2", OutputPath="$.Output", End=True)),
        ],
        "ResultPath": "$.list",
        "Next": "Named",
    }
    machine = definition(
        "First",
        First=_start(".sync:2", **result, Next="Loose"),
        Loose=_start("", ResultPath=None, Next="Untold"),
        Untold=_start(
            ".waitForTaskToken", ResultPath=None, TimeoutSeconds=5, Catch=untold, Next="Both"
        ),
        Both=both,
        Named=_start(".sync:2", "$$.Execution.Name", OutputPath="$.Output", Next="Tail"),
        Tail=task("small"),
    )
    value = {"list": {"payload": "x" * 3000}}
    wrapped = {"Type": "Pass", "Parameters": {"all.$": "$"}, "Next": "Do"}
    child = definition("Wrap", Wrap=wrapped, Do=task("small", ResultPath="$.done"))
    return StoredFlow(machine=machine, value=value, outputs=OUTPUTS, child=child)


STORED_FLOWS: dict[str, StoredFlow] = {
    "twice": _twice(),
    "outputs": _outputs(),
    "turns": _turns(),
    "sealed": _sealed(),
    "redriven": _redriven(),
    "limited": _limited(),
    "nested": _nested(),
}
