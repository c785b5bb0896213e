"""Readers of JSONata: expressions that are a whole field, and payload templates that hold some."""

import re
from collections.abc import Iterator
from typing import Any, Final

from asw.asl.definition.fields import Reader
from asw.asl.definition.place import Place, shown
from asw.asl.jsonata import find_faults, is_expression, source_of, variables_in
from asw.asl.jsonata.check import UNSUPPORTED_JSONATA_EXPRESSION
from asw.asl.model import Expression
from asw.asl.values import Json

_OPENING: Final = "{%"
_NO_EXPRESSION: Final = "JSONata string must start with {% and end with %}"
_TEXT: Final = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")
_ERROR_OUTPUT: Final = re.compile(r"\$states\s*\.\s*errorOutput\b")


def query_template(value: Json, place: Place) -> Json:
    """Any JSON; its strings ``{% ... %}`` must be expressions."""
    for text, where in _strings(value, place):
        if is_expression(text):
            _check_source(source_of(text), where)
        elif text.startswith(_OPENING):
            where.error(_NO_EXPRESSION, f"{where.field} is {shown(text)}")
    return value


def query_or(read: Reader) -> Reader:
    """An expression ``{% ... %}``, or what the reader reads."""

    def read_either(value: Json, place: Place) -> Any:
        is_meant = isinstance(value, str) and value.startswith(_OPENING)
        return query(value, place) if is_meant else read(value, place)

    return read_either


def query(value: Json, place: Place) -> Any:
    """An expression that is the whole field."""
    if is_expression(value):
        source = source_of(value)
        _check_source(source, place)
        return Expression(source)
    if isinstance(value, str):
        place.error(_NO_EXPRESSION, "as in {% $states.input.total > 5 %}")
    else:
        place.wrong(value, "[STRING]")
    return Expression("null")


def items(value: Json, place: Place) -> Json:
    """ASL: Items, an expression or an array that may hold expressions."""
    if is_expression(value):
        return query(value, place)
    if not isinstance(value, list):
        place.wrong(value, "[ARRAY]")
    return query_template(value, place)


def query_object(value: Json, place: Place) -> Json:
    """An object that may hold expressions, or an expression that makes one."""
    if not isinstance(value, dict) and not is_expression(value):
        place.wrong(value, "[OBJECT]")
    return query_template(value, place)


def _strings(value: Json, place: Place) -> Iterator[tuple[str, Place]]:
    """The strings within a value, each with its place."""
    if isinstance(value, str):
        yield value, place
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _strings(member, place.at(name))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _strings(item, place.at(at))


def _check_source(source: str, place: Place) -> None:
    faults = find_faults(source)
    for fault in faults:
        place.error(fault.message, code=fault.code)
    if faults:
        return
    for name in sorted(variables_in(source) - {"states"}):
        place.refer_to(name)
    if not _is_caught(place) and _ERROR_OUTPUT.search(_TEXT.sub("''", source)):
        place.error(
            "Field '$states.errorOutput' does not exist.",
            "the Output and the Assign of a Catcher have it",
            code=UNSUPPORTED_JSONATA_EXPRESSION,
        )


def _is_caught(place: Place) -> bool:
    """Whether the place is in a Catcher."""
    pairs = zip(place.steps, place.steps[1:], strict=False)
    return any(step == "Catch" and isinstance(index, int) for step, index in pairs)
