"""Random machines whose data flow matters, with a schema of their input and inputs that fit it."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_NAMES: Final = ("a", "b", "c", "list")
_TEXTS: Final = ("x", "y", "2026-01-01T00:00:00Z", "")
_NUMBERS: Final = (0, 1, 2.5, -3)
_PATHS: Final = (
    *("$", "$.a", "$.b", "$.c", "$.a.b", "$.a.a", "$.b.c", "$.list", "$.list[0]", "$.list[-1]"),
    *("$.list[1].a", "$.list[*]", "$.list[*].a", "$..a", "$.r", "$.r.a", "$.list.length()"),
    *("$.list[0:2]", "$.list[?(@.a)]", "$.a['a','b']", "$.*", "$.r[0]", "$.r[1].a", "$.e.Error"),
    *("$v", "$v.a", "$w", "$w.b.c", "$$.Execution.Input.a", "$$.Map.Item.Value", "$$.State.Name"),
)
_LIKELY: Final = ("$", "$", "$.a", "$.b", "$.list", "$.list[*]")
_PLACES: Final = (
    *("$.a", "$.b", "$.c", "$.a.b", "$.list", "$.list[0]", "$.list[-1]", "$.r", "$.r.a", "$v"),
    *("$v.a", "$w", "$.e.Error", "$.r[1].a"),
)
"""Paths that a Choice may test."""
_RESULT_PATHS: Final = (None, "$", "$.r", "$.a", "$.a.b", "$.list[0]", "$.r.a.b", "$.e")
_CALLS: Final = (
    "States.Array({0}, {1})",
    "States.ArrayLength({0})",
    "States.ArrayGetItem({0}, 0)",
    "States.JsonMerge({0}, {1}, false)",
    "States.MathAdd({0}, 1)",
    "States.ArrayPartition({0}, 2)",
    "States.ArrayUnique({0})",
    "States.StringSplit({0}, 'x')",
    "States.Format('{{}}', {0})",
    "States.ArrayContains({0}, 1)",
    "States.UUID()",
    "States.ArrayRange(0, 2, 1)",
    "States.ArrayGetItem({0}, 1)",
    "States.ArrayRange({0}, 2, {1})",
    "States.MathRandom({0}, 2)",
    "States.Hash({0}, {1})",
    "States.StringToJson({0})",
    "States.Format({0}, {1})",
)
_QUERIES: Final = (
    *("$states.input", "$states.input.a", "$states.input.a.b", "$states.input.list", "$v", "$v.a"),
    *("$states.result", "$states.result.a", "$states.errorOutput.Error", "$states.input.c", "$w.b"),
    *(
        '{"a": $states.input.a, "b": 1}',
        "[1, $states.input.a]",
        "[$v, [2]]",
        "$states.input.b & 'x'",
    ),
    *("$states.input.a + 1", "$states.input.a = 1", "$exists($states.input.a)", "null", "-1"),
    *("$count($states.input.list)", "$states.input.list[0]", "$states.context.Execution.Input.a"),
    *("$count([1, 2]) + 1", "$uppercase('x')", "$substring('x', 'y')", "$sum", "$v & $string(1)"),
    *("$string($states.input.b)", "$states.input.list.a", "{'list': [$states.input]}"),
)
_CONDITIONS: Final = (
    *("$states.input.a = 1", "$states.input.a != 'x'", "$states.input.b = 'x'", "true", "false"),
    *("$exists($states.input.a)", "$not($exists($states.input.b))", "$states.input.a > 1"),
    *("$states.input.a = 1 and $states.input.b = 'y'", "$states.input.a <= 1", "$states.input.c"),
    *("$exists($v)", "$v = 'x' or $v.a = 1", "1 < $states.input.a", "$states.input.a = null"),
    *("$not($states.input.c)", "$states.input.b in ['x', 'y']", "$states.input.a.b = true"),
)


@dataclass(frozen=True, slots=True)
class Flow:
    """A definition, the schema of its input, and inputs that fit the schema."""

    definition: Mapping[str, Any]
    schema: Mapping[str, Any]
    inputs: tuple[Any, ...]


def a_flow(chance: random.Random) -> Flow:
    """A random one; the definition may be refused by the parser."""
    schema = _schema(chance, 2, is_object=chance.random() < 0.9)
    maker = _Maker(chance)
    definition = maker.block(chance.randint(1, 6), 0)
    return Flow(definition, schema, tuple(fitting(chance, schema) for _ in range(3)))


def fitting(chance: random.Random, schema: Any) -> Any:
    """A value that fits the schema."""
    if schema is True:
        return any_value(chance, 2)
    if "enum" in schema:
        return chance.choice(schema["enum"])
    if "anyOf" in schema:
        return fitting(chance, chance.choice(schema["anyOf"]))
    return _FITTING[schema["type"]](chance, schema)


def _fitting_array(chance: random.Random, schema: Mapping[str, Any]) -> Any:
    least, most = schema.get("minItems", 0), schema.get("maxItems", 3)
    return [fitting(chance, schema["items"]) for _ in range(chance.randint(least, most))]


def any_value(chance: random.Random, depth: int) -> Any:
    """Any value of the names that the machines look for."""
    roll = chance.random()
    if depth and roll < 0.4:
        return {it: any_value(chance, depth - 1) for it in chance.sample(_NAMES, k=2)}
    if depth and roll < 0.6:
        return [any_value(chance, depth - 1) for _ in range(chance.randint(0, 3))]
    return chance.choice([None, True, False, *_TEXTS, *_NUMBERS])


def _fitting_object(chance: random.Random, schema: Mapping[str, Any]) -> Any:
    value = {
        name: fitting(chance, below)
        for name, below in schema["properties"].items()
        if name in schema["required"] or chance.random() < 0.5
    }
    if schema.get("additionalProperties", True) and chance.random() < 0.3:
        name = chance.choice([it for it in (*_NAMES, "z") if it not in schema["properties"]])
        value[name] = any_value(chance, 1)
    return value


def _schema(chance: random.Random, depth: int, *, is_object: bool = False) -> Any:
    if is_object or (depth and chance.random() < 0.35):
        names = chance.sample(_NAMES, k=chance.randint(1, 4))
        made: dict[str, Any] = {
            "type": "object",
            "properties": {it: _member(chance, it, depth - 1) for it in names},
            "required": [it for it in names if chance.random() < 0.75],
        }
        return made | ({"additionalProperties": False} if chance.random() < 0.6 else {})
    if depth and chance.random() < 0.3:
        sizes = {"minItems": 1} if chance.random() < 0.4 else {}
        more = {"maxItems": chance.choice([1, 2])} if chance.random() < 0.4 else {}
        return {"type": "array", "items": _schema(chance, depth - 1), **sizes, **more}
    kinds = ["string", "string", "number", "boolean", "null"]
    special = [
        True,
        {"enum": chance.sample([*_TEXTS, *_NUMBERS, None, True], k=2)},
        {"type": "number", "minimum": 1},
        {"anyOf": [{"type": it} for it in chance.sample(kinds, k=2)]},
    ]
    return chance.choice([*special, *({"type": it} for it in kinds)])


def _member(chance: random.Random, name: str, depth: int) -> Any:
    """The schema of a field: most machines look for numbers in ``a`` and for items in ``list``."""
    roll = chance.random()
    if name == "a" and roll < 0.4:
        return {"type": "number"} | ({"minimum": chance.choice([0, 1])} if roll < 0.2 else {})
    if name == "list" and roll < 0.6:
        items = _schema(chance, 1, is_object=roll < 0.3)
        return {"type": "array", "items": items, "minItems": chance.choice([0, 1])}
    return _schema(chance, depth)


_FITTING: Final[Mapping[str, Callable[[random.Random, Mapping[str, Any]], Any]]] = {
    "object": _fitting_object,
    "array": _fitting_array,
    "string": lambda chance, _schema: chance.choice(_TEXTS),
    "number": lambda chance, schema: max(chance.choice(_NUMBERS), schema.get("minimum", -9)),
    "boolean": lambda chance, _schema: chance.random() < 0.5,
    "null": lambda _chance, _schema: None,
}
"""By type, a value that fits a schema of it."""


class _Maker:
    """Makes states; each has a name of its own."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.made = 0

    def block(self, count: int, depth: int) -> dict[str, Any]:
        """A block of so many states, each leads on to later ones; Tasks lead back at times."""
        names = [self._name() for _ in range(count)]
        states = {name: self._state(names, at, depth) for at, name in enumerate(names)}
        return {"StartAt": names[0], "States": states}

    def _name(self) -> str:
        self.made += 1
        return f"s{self.made}"

    def _state(self, names: list[str], at: int, depth: int) -> dict[str, Any]:
        makers = [self._pass, self._pass, self._task, self._choice, self._wait, self._query_pass]
        makers += [self._query_task, self._query_choice, self._end]
        if depth < 2:
            makers += [self._parallel, self._map, self._map]
        after = names[at + 1 :]
        state = self.chance.choice(makers)(after, depth)
        if state["Type"] in ("Choice", "Succeed", "Fail"):
            return state
        if state["Type"] == "Task" and self.chance.random() < 0.15:
            return {**state, "Next": self.chance.choice(names)}
        if not after:
            return {**state, "End": True}
        return {**state, "Next": after[0] if self._maybe(0.8) else self.chance.choice(after)}

    def _maybe(self, share: float) -> bool:
        return self.chance.random() < share

    def _path(self) -> str:
        return self.chance.choice(_PATHS if self._maybe(0.6) else _LIKELY)

    def _template(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in self.chance.sample(_NAMES, k=self.chance.randint(1, 2)):
            roll = self.chance.random()
            if roll < 0.2:
                found[name] = any_value(self.chance, 1)
            elif roll < 0.75:
                found[f"{name}.$"] = self._path()
            else:
                call = self.chance.choice(_CALLS)
                found[f"{name}.$"] = call.format(self._path(), self._path())
        return found

    def _flow(self, *, result: bool) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if self._maybe(0.15):
            fields["InputPath"] = self.chance.choice([None, self._path()])
        if self._maybe(0.15):
            fields["OutputPath"] = self.chance.choice([None, self._path()])
        if self._maybe(0.2):
            fields["Assign"] = {"v.$": self._path(), "w": any_value(self.chance, 2)}
        if result and self._maybe(0.5):
            fields["ResultPath"] = self.chance.choice(_RESULT_PATHS)
        if result and self._maybe(0.4):
            fields["Parameters"] = self._template()
        return fields

    def _catch(self, after: list[str]) -> dict[str, Any]:
        if not after or self._maybe(0.4):
            return {}
        errors = self.chance.choice([["States.ALL"], ["E"], ["States.IntrinsicFailure"]])
        catcher: dict[str, Any] = {"ErrorEquals": errors, "Next": self.chance.choice(after)}
        if self._maybe(0.6):
            catcher["ResultPath"] = self.chance.choice(_RESULT_PATHS)
        return {"Catch": [catcher]}

    def _pass(self, _after: list[str], _depth: int) -> dict[str, Any]:
        result = {"Result": any_value(self.chance, 2)} if self._maybe(0.3) else {}
        return {"Type": "Pass", **self._flow(result=True), **result}

    def _work(self, after: list[str]) -> dict[str, Any]:
        selector = {"ResultSelector": self._template()} if self._maybe(0.2) else {}
        return {**self._flow(result=True), **selector, **self._catch(after)}

    def _task(self, after: list[str], _depth: int) -> dict[str, Any]:
        return {"Type": "Task", "Resource": "asw:function:f", **self._work(after)}

    def _condition(self, depth: int) -> dict[str, Any]:
        if depth and self._maybe(0.35):
            kind = self.chance.choice(["And", "Or", "Not"])
            inner = [self._condition(depth - 1) for _ in range(2)]
            return {kind: inner[0] if kind == "Not" else inner}
        variable = self.chance.choice(_PLACES)
        match self.chance.randrange(6):
            case 0:
                test: dict[str, Any] = {"IsPresent": self._maybe(0.6)}
            case 1:
                kind = self.chance.choice(["Null", "String", "Numeric", "Boolean", "Timestamp"])
                test = {f"Is{kind}": self._maybe(0.6)}
            case 2:
                test = {"BooleanEquals": self._maybe(0.5)}
            case 3:
                kind = self.chance.choice(["StringEquals", "StringLessThan"])
                test = {kind: self.chance.choice(_TEXTS[:2])}
            case 4:
                order = self.chance.choice(["Equals", "LessThan", "GreaterThanEquals"])
                test = {f"Numeric{order}": self.chance.choice(_NUMBERS)}
            case _:
                test = {self.chance.choice(_TWINS): self.chance.choice(_PLACES)}
        return {"Variable": variable, **test}

    def _choice(self, after: list[str], _depth: int) -> dict[str, Any]:
        if len(after) < 2:
            return self._pass(after, 0)
        rules = [
            {**self._condition(2), "Next": self.chance.choice(after)}
            for _ in range(self.chance.randint(1, 3))
        ]
        default = {"Default": self.chance.choice(after)} if self._maybe(0.7) else {}
        flow = self._flow(result=False)
        return {"Type": "Choice", "Choices": rules, **default, **flow}

    def _wait(self, _after: list[str], _depth: int) -> dict[str, Any]:
        flow = self._flow(result=False)
        if self._maybe(0.2):
            return {"Type": "Wait", "TimestampPath": self._path(), **flow}
        return {"Type": "Wait", "Seconds": 0, **flow}

    def _end(self, _after: list[str], _depth: int) -> dict[str, Any]:
        if self._maybe(0.3):
            return {"Type": "Fail", "Error": "E"}
        flow = self._flow(result=False)
        flow.pop("Assign", None)
        return {"Type": "Succeed", **flow}

    def _parallel(self, after: list[str], depth: int) -> dict[str, Any]:
        branches = [self.block(self.chance.randint(1, 2), depth + 1) for _ in range(2)]
        return {"Type": "Parallel", "Branches": branches, **self._work(after)}

    def _map(self, after: list[str], depth: int) -> dict[str, Any]:
        fields: dict[str, Any] = {"ItemProcessor": self.block(self.chance.randint(1, 3), depth + 1)}
        if self._maybe(0.7):
            fields["ItemsPath"] = self.chance.choice(["$.list", "$.a", "$.list[*].a", "$.r"])
        if self._maybe(0.4):
            fields["ItemSelector"] = self._template()
        if self._maybe(0.2):
            fields["ToleratedFailurePercentage"] = 100
        work = self._work(after)
        work.pop("Parameters", None)
        return {"Type": "Map", **fields, **work}

    def _query(self, depth: int = 1) -> Any:
        roll = self.chance.random()
        if roll < 0.6 or not depth:
            return f"{{% {self.chance.choice(_QUERIES)} %}}"
        return {self.chance.choice(_NAMES): self._query(0), "b": any_value(self.chance, 1)}

    def _query_flow(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"QueryLanguage": "JSONata"}
        if self._maybe(0.5):
            fields["Output"] = self._query()
        if self._maybe(0.3):
            fields["Assign"] = {"v": self._query(), "w": any_value(self.chance, 1)}
        return fields

    def _query_pass(self, _after: list[str], _depth: int) -> dict[str, Any]:
        return {"Type": "Pass", **self._query_flow()}

    def _query_task(self, after: list[str], _depth: int) -> dict[str, Any]:
        state = {"Type": "Task", "Resource": "asw:function:f", **self._query_flow()}
        if self._maybe(0.4):
            state["Arguments"] = self._query()
        if after and self._maybe(0.5):
            catcher = {"ErrorEquals": ["States.ALL"], "Next": self.chance.choice(after)}
            more = {"Output": self._query()} if self._maybe(0.4) else {}
            state["Catch"] = [{**catcher, **more}]
        return state

    def _query_choice(self, after: list[str], _depth: int) -> dict[str, Any]:
        if len(after) < 2:
            return self._query_pass(after, 0)
        rules = [
            {
                "Condition": f"{{% {self.chance.choice(_CONDITIONS)} %}}",
                "Next": self.chance.choice(after),
            }
            for _ in range(self.chance.randint(1, 3))
        ]
        default = {"Default": self.chance.choice(after)} if self._maybe(0.7) else {}
        return {"Type": "Choice", "Choices": rules, **default, **self._query_flow()}


_TWINS: Final = ("StringEqualsPath", "NumericLessThanPath", "BooleanEqualsPath")
