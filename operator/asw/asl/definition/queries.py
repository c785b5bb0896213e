"""Readers of JSONata: expressions that are a whole field, and payload templates that hold some."""

from collections.abc import Iterator
from typing import Any

from asw.asl.definition.fields import Reader
from asw.asl.definition.place import Place
from asw.asl.jsonata import find_faults, is_expression, source_of, variables_in
from asw.asl.model import Expression
from asw.asl.values import Json


def query_template(value: Json, place: Place) -> Json:
    """Any JSON; its strings ``{% ... %}`` must be expressions."""
    for text, where in _expressions(value, place):
        _check_source(source_of(text), where)
    return value


def query_or(read: Reader) -> Reader:
    """An expression ``{% ... %}``, or what the reader reads."""

    def read_either(value: Json, place: Place) -> Any:
        return query(value, place) if is_expression(value) else read(value, place)

    return read_either


def query(value: Json, place: Place) -> Any:
    """An expression that is the whole field."""
    if not is_expression(value):
        place.wrong(value, "a JSONata expression, as in {% $states.input.total > 5 %}")
        return Expression("null")
    source = source_of(value)
    _check_source(source, place)
    return Expression(source)


def items(value: Json, place: Place) -> Json:
    """ASL: Items, an expression or an array that may hold expressions."""
    if is_expression(value):
        return query(value, place)
    if not isinstance(value, list):
        place.wrong(value, "an array or a JSONata expression")
    return query_template(value, place)


def query_object(value: Json, place: Place) -> Json:
    """An object that may hold expressions, or an expression that makes one."""
    if not isinstance(value, dict) and not is_expression(value):
        place.wrong(value, "an object or a JSONata expression")
    return query_template(value, place)


def _expressions(value: Json, place: Place) -> Iterator[tuple[str, Place]]:
    """The expressions within a value, each with its place."""
    if isinstance(value, str):
        if is_expression(value):
            yield value, place
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _expressions(member, place.at(name))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _expressions(item, place.at(at))


def _check_source(source: str, place: Place) -> None:
    faults = find_faults(source)
    for fault in faults:
        place.error(fault.message, code=fault.code)
    if not faults:
        for name in sorted(variables_in(source) - {"states"}):
            place.refer_to(name)
