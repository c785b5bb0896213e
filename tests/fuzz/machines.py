"""Small valid outlines of machines with hostile expressions in the places for expressions."""

import random
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.fuzz import hostile

_TASK: Final[Mapping[str, Any]] = {"Type": "Task", "Resource": "asw:function:f", "End": True}
_INNER: Final[Mapping[str, Any]] = {
    "StartAt": "In",
    "States": {"In": {"Type": "Pass", "End": True}},
}
_TESTS: Final = (
    "StringMatches",
    "StringEqualsPath",
    "NumericLessThan",
    "NumericEqualsPath",
    "TimestampGreaterThan",
    "BooleanEquals",
    "IsPresent",
    "IsTimestamp",
    "StringLessThanEqualsPath",
)


def assemble(chance: random.Random) -> dict[str, Any]:
    """A machine of one to four states that follow each other, some in a loop."""
    language = chance.choice(["JSONPath", "JSONata"])
    makers = _JSONPATH if language == "JSONPath" else _JSONATA
    names = [f"s{n}" for n in range(chance.randint(1, 4))]
    states = {}
    for at, name in enumerate(names):
        state = chance.choice(makers)(chance, names)
        after = names[at + 1] if at + 1 < len(names) else None
        if state["Type"] not in ("Choice", "Succeed", "Fail"):
            state.pop("End", None)
            loops = chance.random() < 0.1
            after = names[0] if loops else after
            state |= {"End": True} if after is None else {"Next": after}
        states[name] = state
    machine: dict[str, Any] = {"StartAt": names[0], "QueryLanguage": language, "States": states}
    if chance.random() < 0.2:
        machine["TimeoutSeconds"] = chance.choice([1, 60, 10**8])
    return machine


def grow(chance: random.Random) -> dict[str, Any]:
    """A loop that makes its value deeper or longer each round, by one of many ways."""
    language = chance.choice(["JSONPath", "JSONata"])
    ways = _GROWING_PATHS if language == "JSONPath" else _GROWING_QUERIES
    states: dict[str, Any] = {}
    names = [f"s{n}" for n in range(chance.randint(1, 3))]
    for at, name in enumerate(names):
        after = names[at + 1] if at + 1 < len(names) else "again"
        states[name] = {**chance.choice(ways), "Next": after}
    rule: dict[str, Any] = {"Variable": "$.never", "IsPresent": True}
    if language == "JSONata":
        rule = {"Condition": "{% $states.input.never = 1 %}"}
    choice = {"Type": "Choice", "Choices": [{**rule, "Next": "end"}], "Default": names[0]}
    states |= {"again": choice, "end": {"Type": "Succeed"}}
    return {"StartAt": names[0], "QueryLanguage": language, "States": states}


def nest(chance: random.Random, depth: int) -> dict[str, Any]:
    """States within states, so many levels deep."""
    block: dict[str, Any] = {"StartAt": "x", "States": {"x": {"Type": "Succeed"}}}
    for level in range(depth):
        name = f"n{level}"
        state: dict[str, Any] = {"Type": "Parallel", "Branches": [block], "End": True}
        if chance.random() < 0.4:
            state = {"Type": "Map", "ItemProcessor": block, "End": True}
            if chance.random() < 0.2:
                mode = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
                state["ItemProcessor"] = {**block, "ProcessorConfig": mode}
        block = {"StartAt": name, "States": {name: state}}
    return block


def _template(chance: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {"plain": chance.choice(hostile.ALL)}
    for at in range(chance.randint(1, 3)):
        table = hostile.INTRINSICS if chance.random() < 0.5 else hostile.PATHS
        found[f"k{at}.$"] = chance.choice(table)
    return found


def _flow(chance: random.Random) -> dict[str, Any]:
    """Some fields of JSONPath's data flow."""
    fields: dict[str, Callable[[], Any]] = {
        "InputPath": lambda: chance.choice(hostile.PATHS),
        "OutputPath": lambda: chance.choice(hostile.PATHS),
        "Parameters": lambda: _template(chance),
        "ResultPath": lambda: chance.choice([None, "$.r", "$.a[0]", "$.a.b.c", "$['x']['y']"]),
        "Assign": lambda: {"v": chance.choice(hostile.ALL), **_template(chance)},
    }
    return {name: make() for name, make in fields.items() if chance.random() < 0.2}


def _resilience(chance: random.Random, names: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if chance.random() < 0.5:
        retrier = {
            "ErrorEquals": [chance.choice(["States.ALL", "States.TaskFailed", "E"])],
            "IntervalSeconds": chance.choice([1, 99_999_999]),
            "MaxAttempts": chance.choice([0, 1, 3, 99_999_998]),
            "BackoffRate": chance.choice([1, 1.5, 1e300]),
        }
        jitter = {"JitterStrategy": "FULL", "MaxDelaySeconds": chance.choice([1, 31_536_000])}
        found["Retry"] = [retrier | (jitter if chance.random() < 0.3 else {})]
    if chance.random() < 0.5:
        found["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": chance.choice(names)}]
    return found


def _path_pass(chance: random.Random, _names: list[str]) -> dict[str, Any]:
    result = {"Result": chance.choice(hostile.ALL)} if chance.random() < 0.3 else {}
    return {"Type": "Pass", **result, **_flow(chance)}


def _path_task(chance: random.Random, names: list[str]) -> dict[str, Any]:
    spans = {"TimeoutSeconds": chance.choice([1, 99_999_998])} if chance.random() < 0.5 else {}
    if chance.random() < 0.2:
        spans = {"TimeoutSecondsPath": chance.choice(hostile.PATHS)}
    return {**_TASK, **spans, **_flow(chance), **_resilience(chance, names)}


def _path_choice(chance: random.Random, names: list[str]) -> dict[str, Any]:
    def condition(depth: int) -> dict[str, Any]:
        if depth and chance.random() < 0.4:
            kind = chance.choice(["And", "Or", "Not"])
            inner = [condition(depth - 1) for _ in range(2)]
            return {kind: inner[0] if kind == "Not" else inner}
        operator = chance.choice(_TESTS)
        operand: Any = chance.choice(hostile.TEXTS)
        if operator.endswith("Path"):
            operand = chance.choice(hostile.PATHS)
        elif operator.startswith("Numeric"):
            operand = chance.choice(hostile.NUMBERS)
        elif operator.startswith(("Is", "Boolean")):
            operand = chance.random() < 0.5
        return {"Variable": chance.choice(hostile.PATHS), operator: operand}

    rules = [{**condition(4), "Next": chance.choice(names)} for _ in range(2)]
    return {"Type": "Choice", "Choices": rules, "Default": names[-1]}


def _path_wait(chance: random.Random, _names: list[str]) -> dict[str, Any]:
    field = chance.choice(["Seconds", "SecondsPath", "Timestamp", "TimestampPath"])
    table: Any = hostile.PATHS
    if field == "Seconds":
        table = hostile.NUMBERS
    elif field == "Timestamp":
        table = hostile.TEXTS
    return {"Type": "Wait", field: chance.choice(table)}


def _path_map(chance: random.Random, names: list[str]) -> dict[str, Any]:
    fields = {"ItemsPath": chance.choice(hostile.PATHS)} if chance.random() < 0.4 else {}
    if chance.random() < 0.3:
        fields["ItemSelector"] = _template(chance)
    return {"Type": "Map", **fields, **_processor(chance), **_resilience(chance, names)}


def _processor(chance: random.Random) -> dict[str, Any]:
    """An ItemProcessor in either mode, in the latter with what only that one has."""
    if chance.random() < 0.5:
        return {"ItemProcessor": _INNER, "MaxConcurrency": chance.choice([0, 1, 2**31])}
    config = {"Mode": "DISTRIBUTED", "ExecutionType": chance.choice(["STANDARD", "EXPRESS"])}
    fields: dict[str, Any] = {"ItemProcessor": {**_INNER, "ProcessorConfig": config}}
    if chance.random() < 0.3:
        fields["ItemBatcher"] = {"MaxItemsPerBatch": chance.choice([1, 2, 10**9])}
    if chance.random() < 0.3:
        fields["ToleratedFailurePercentage"] = chance.choice([0, 0.5, 100])
    return fields


def _path_end(chance: random.Random, _names: list[str]) -> dict[str, Any]:
    if chance.random() < 0.5:
        return {"Type": "Succeed", "OutputPath": chance.choice(hostile.PATHS)}
    return {"Type": "Fail", "ErrorPath": chance.choice(hostile.INTRINSICS), "Cause": "c"}


def _query(chance: random.Random) -> Any:
    """An expression, or a template with some."""
    if chance.random() < 0.7:
        return chance.choice(hostile.QUERIES)
    return {"a": [chance.choice(hostile.QUERIES), 1], "b": chance.choice(hostile.ALL)}


def _output(chance: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if chance.random() < 0.4:
        found["Output"] = _query(chance)
    if chance.random() < 0.2:
        found["Assign"] = {"v": _query(chance), "w": _query(chance)}
    return found


def _query_pass(chance: random.Random, _names: list[str]) -> dict[str, Any]:
    return {"Type": "Pass", "Output": _query(chance), **_output(chance)}


def _query_task(chance: random.Random, names: list[str]) -> dict[str, Any]:
    spans = {"TimeoutSeconds": chance.choice(hostile.QUERIES)} if chance.random() < 0.2 else {}
    arguments = {"Arguments": _query(chance)} if chance.random() < 0.4 else {}
    return {**_TASK, **spans, **arguments, **_output(chance), **_resilience(chance, names)}


def _query_choice(chance: random.Random, names: list[str]) -> dict[str, Any]:
    rules = [
        {"Condition": chance.choice(hostile.QUERIES), "Next": chance.choice(names)},
        {"Condition": "{% true %}", "Next": names[-1]},
    ]
    return {"Type": "Choice", "Choices": rules, "Default": names[-1]}


def _query_wait(chance: random.Random, _names: list[str]) -> dict[str, Any]:
    field = chance.choice(["Seconds", "Timestamp"])
    return {"Type": "Wait", field: chance.choice(hostile.QUERIES), **_output(chance)}


def _query_map(chance: random.Random, names: list[str]) -> dict[str, Any]:
    fields = {"Items": _query(chance)} if chance.random() < 0.6 else {}
    if chance.random() < 0.3:
        fields["ItemSelector"] = _query(chance)
    if chance.random() < 0.2:
        fields["ToleratedFailureCount"] = chance.choice(hostile.QUERIES)
    more = {**_output(chance), **_resilience(chance, names)}
    return {"Type": "Map", **fields, **_processor(chance), **more}


def _query_end(chance: random.Random, _names: list[str]) -> dict[str, Any]:
    if chance.random() < 0.5:
        return {"Type": "Succeed", "Output": _query(chance)}
    return {"Type": "Fail", "Error": chance.choice(hostile.QUERIES)}


_TWICE: Final[Mapping[str, Any]] = {"a.$": "$", "b.$": "$"}
_CALL: Final[Mapping[str, Any]] = {"Type": "Task", "Resource": "asw:function:f"}
_OTHER: Final = {"StartAt": "Out", "States": {"Out": {"Type": "Wait", "Seconds": 1, "End": True}}}
_LINES: Final[Mapping[str, Any]] = {"Type": "Parallel", "Branches": [_INNER, _OTHER]}
_GROWING_PATHS: Final[tuple[Mapping[str, Any], ...]] = (
    {"Type": "Pass", "Parameters": _TWICE},
    {"Type": "Pass", "ResultPath": "$.a.b.c.d"},
    {"Type": "Pass", "Assign": _TWICE},
    {"Type": "Wait", "Seconds": 0, "OutputPath": "$..*"},
    {**_CALL, "Parameters": _TWICE},
    {**_CALL, "ResultPath": "$" + ".a" * 300},
    {**_CALL, "ResultSelector": _TWICE, "ResultPath": "$.r"},
    {**_LINES, "ResultPath": "$.p"},
    {**_LINES, "Parameters": _TWICE},
    {**_CALL, "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e.e", "Next": "again"}]},
)
_BOTH: Final = {"x": "{% $states.input %}", "y": ["{% $states.input %}"]}
_GROWING_QUERIES: Final[tuple[Mapping[str, Any], ...]] = (
    {"Type": "Pass", "Output": _BOTH},
    {"Type": "Pass", "Assign": {"v": _BOTH}},
    {"Type": "Wait", "Seconds": 0, "Output": _BOTH},
    {**_CALL, "Arguments": _BOTH, "Output": {"i": "{% $states.input %}"}},
    {**_LINES, "Output": "{% [$states.input, $states.result] %}"},
    {**_LINES, "Arguments": [_BOTH]},
)
_JSONPATH: Final = (
    _path_pass,
    _path_pass,
    _path_task,
    _path_task,
    _path_choice,
    _path_wait,
    _path_map,
    _path_end,
)
_JSONATA: Final = (
    _query_pass,
    _query_pass,
    _query_task,
    _query_task,
    _query_choice,
    _query_wait,
    _query_map,
    _query_end,
)
