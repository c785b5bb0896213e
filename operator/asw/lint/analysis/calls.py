"""Evaluates payload templates and intrinsic functions over shapes of values."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from asw.asl.errors import INTRINSIC_FAILURE
from asw.asl.functions import FUNCTIONS, BadArgumentsError
from asw.asl.intrinsics import Argument, Call, Literal
from asw.asl.jsonpath import Path
from asw.asl.templates import MARK, parse_expression
from asw.asl.values import ABSENT, Absent, Json, is_number
from asw.lint.analysis.constants import sole_value
from asw.lint.analysis.evaluation import EvaluationContext, FieldSteps
from asw.lint.analysis.paths import read
from asw.lint.analysis.shapes import (
    ANY,
    BOOLEAN,
    NOTHING,
    NUMBER,
    TEXT,
    Field,
    Objects,
    Presence,
    Shape,
    array,
    items_of,
    join,
    number,
    of_value,
    record,
    row,
    shape,
    text,
)

_LONGEST_RANGE: Final = 1000

_Given: TypeAlias = Json | Absent


def expand(
    template: Json, document: Shape, evaluation: EvaluationContext, where: FieldSteps, *, raw: bool
) -> Shape:
    """The template with its expressions evaluated; ``raw``: the document is the raw input."""
    if isinstance(template, dict):
        fields = {}
        for key, value in template.items():
            if key.endswith(MARK):
                name = key.removesuffix(MARK)
                fields[name] = evaluate(value, document, evaluation, (*where, key), raw=raw)
            else:
                fields[key] = expand(value, document, evaluation, (*where, key), raw=raw)
        return record(fields)
    if isinstance(template, list):
        return row(
            expand(item, document, evaluation, (*where, at), raw=raw)
            for at, item in enumerate(template)
        )
    return of_value(template)


def evaluate(
    source: str, document: Shape, evaluation: EvaluationContext, where: FieldSteps, *, raw: bool
) -> Shape:
    """The value of a path or an intrinsic call."""
    expression = parse_expression(source)
    if isinstance(expression, Path):
        return read(expression, document, evaluation, where, is_raw=raw)
    return _call(expression, document, evaluation, where, raw=raw)


def _call(
    call: Call, document: Shape, evaluation: EvaluationContext, where: FieldSteps, *, raw: bool
) -> Shape:
    values = [_value(it, document, evaluation, where, raw=raw) for it in call.arguments]
    evaluation.may_fail = True
    if any(value is NOTHING for value in values):
        return NOTHING
    for at, (value, kind) in enumerate(zip(values, _WANTED.get(call.name, ()), strict=False)):
        if not getattr(value, kind):
            evaluation.note_failure(
                where, call.text, INTRINSIC_FAILURE, at=at + 1, why=kind, seen=value
            )
            return NOTHING
    reason = _refusal(call, values)
    if reason:
        evaluation.note_failure(where, call.text, INTRINSIC_FAILURE, reason=reason)
        return NOTHING
    return _RESULTS[call.name](values)


def _value(
    it: Argument, document: Shape, evaluation: EvaluationContext, where: FieldSteps, *, raw: bool
) -> Shape:
    if isinstance(it, Literal):
        return of_value(it.value)
    if isinstance(it, Call):
        return _call(it, document, evaluation, where, raw=raw)
    return read(it, document, evaluation, where, is_raw=raw)


def _always(found: Shape) -> Callable[[Sequence[Shape]], Shape]:
    return lambda _values: found


def _partition(values: Sequence[Shape]) -> Shape:
    arrays = values[0].arrays
    least = 0 if arrays is None else min(arrays.least, 1)
    most = None if arrays is None else arrays.most
    return array(array(items_of(values[0]), 1), least, most)


def _length(values: Sequence[Shape]) -> Shape:
    arrays = values[0].arrays
    if arrays is None:
        return NOTHING
    return number(arrays.least, math.inf if arrays.most is None else arrays.most)


def _unique(values: Sequence[Shape]) -> Shape:
    arrays = values[0].arrays
    if arrays is None:
        return NOTHING
    return array(items_of(values[0]), min(arrays.least, 1), arrays.most)


def merge(values: Sequence[Shape]) -> Shape:
    """The first object, overwritten by the fields of the second."""
    left, right = values[0].objects, values[1].objects
    if left is None or right is None:
        return NOTHING
    fields = {**left.fields, **right.fields}
    is_exact = right.rest is NOTHING
    if is_exact and all(it.presence is Presence.SURE for it in right.fields.values()):
        return shape(objects=Objects(fields, left.rest))
    for name in (*left.fields, *(it for it in right.fields if it not in left.fields)):
        under, over = left.field(name), right.field(name)
        if over.presence is Presence.SURE:
            fields[name] = over
        else:
            presence = min(under.presence, over.presence)
            fields[name] = Field(join(under.shape, over.shape), presence)
    return shape(objects=Objects(fields, join(left.rest, right.rest)))


def _add(values: Sequence[Shape]) -> Shape:
    """AWS rounds what it adds; a range stays one."""
    left, right = values[0].numbers, values[1].numbers
    if left is None or right is None:
        return NOTHING
    return number(
        _rounded(left.low[0]) + _rounded(right.low[0]),
        _rounded(left.high[0]) + _rounded(right.high[0]),
    )


def _rounded(value: float) -> float:
    return value if isinstance(value, int) or math.isinf(value) else math.floor(value + 0.5)


_RESULTS: Final[Mapping[str, Callable[[Sequence[Shape]], Shape]]] = {
    "States.Format": _always(TEXT),
    "States.StringToJson": _always(ANY),
    "States.JsonToString": _always(TEXT),
    "States.Array": row,
    "States.ArrayPartition": _partition,
    "States.ArrayContains": _always(BOOLEAN),
    "States.ArrayRange": _always(array(NUMBER, 0, _LONGEST_RANGE)),
    "States.ArrayGetItem": lambda values: items_of(values[0]),
    "States.ArrayLength": _length,
    "States.ArrayUnique": _unique,
    "States.Base64Encode": _always(TEXT),
    "States.Base64Decode": _always(TEXT),
    "States.Hash": _always(text(longest=130)),
    "States.JsonMerge": merge,
    "States.MathRandom": _always(NUMBER),
    "States.MathAdd": _add,
    "States.StringSplit": _always(array(TEXT)),
    "States.UUID": _always(text(longest=38)),
}
"""What each function may return, from the shapes of its arguments."""
_WANTED: Final[Mapping[str, tuple[str, ...]]] = {
    "States.Format": ("texts",),
    "States.StringToJson": ("texts",),
    "States.ArrayPartition": ("arrays", "numbers"),
    "States.ArrayContains": ("arrays",),
    "States.ArrayRange": ("numbers", "numbers", "numbers"),
    "States.ArrayGetItem": ("arrays", "numbers"),
    "States.ArrayLength": ("arrays",),
    "States.ArrayUnique": ("arrays",),
    "States.Base64Encode": ("texts",),
    "States.Base64Decode": ("texts",),
    "States.JsonMerge": ("objects", "objects", "booleans"),
    "States.MathRandom": ("numbers", "numbers", "numbers"),
    "States.MathAdd": ("numbers", "numbers"),
    "States.StringSplit": ("texts", "texts"),
}
"""The JSON type of each argument, as the part of a Shape that holds it."""
_TRIALS: Final[Mapping[str, Sequence[Sequence[_Given]]]] = {
    "States.StringToJson": ((ABSENT,),),
    "States.ArrayPartition": (([], ABSENT),),
    "States.ArrayRange": ((ABSENT, ABSENT, ABSENT), (0, 0, ABSENT)),
    "States.Base64Encode": ((ABSENT,),),
    "States.Base64Decode": ((ABSENT,),),
    "States.Hash": ((ABSENT, ABSENT), ("", ABSENT)),
    "States.JsonMerge": (({}, {}, ABSENT),),
    "States.MathRandom": ((ABSENT, ABSENT),),
}
"""Calls to try: harmless values for arguments that do not matter, ABSENT for those that do.

The function itself is called with them; an argument at ABSENT must have a single known value."""


def _refusal(call: Call, values: Sequence[Shape]) -> str:
    """Why the call always fails, in the function's words; empty if it may succeed."""
    known = [
        _known(argument, value) for argument, value in zip(call.arguments, values, strict=True)
    ]
    if call.name == "States.ArrayGetItem":
        return _no_item(values[0], known[1])
    for tried in _trials(call, known):
        if ABSENT not in tried:
            try:
                FUNCTIONS[call.name].apply(lambda: 0.0, *tried)
            except BadArgumentsError as problem:
                return str(problem)
    return ""


def _trials(call: Call, known: Sequence[_Given]) -> Iterator[list[_Given]]:
    if call.name == "States.Format":
        first = call.arguments[0]
        yield [first.raw if isinstance(first, Literal) else known[0], *[""] * (len(known) - 1)]
    for others in _TRIALS.get(call.name, ()):
        yield [
            given if other is ABSENT else other for given, other in zip(known, others, strict=False)
        ]


def _known(argument: Argument, value: Shape) -> _Given:
    """The value of an argument, if only one is possible."""
    return argument.value if isinstance(argument, Literal) else sole_value(value)


def _no_item(items: Shape, index: _Given) -> str:
    """Why there is no such item. How an index between two integers is rounded is not modelled."""
    most = None if items.arrays is None else items.arrays.most
    if index is ABSENT or not is_number(index):
        return ""
    if index <= -1:
        return f"there is no item {index}: the first one is item 0"
    if most is not None and index >= most:
        return f"there is no item {index}: the array has {most} items at most, from item 0 on"
    return ""
