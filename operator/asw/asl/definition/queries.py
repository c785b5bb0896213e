"""Readers of JSONata: expressions that are a whole field, and payload templates that hold some.

AWS refuses an expression that reads a field that ``$states`` lacks there: ``result`` exists in
the Output and Assign of a Task, Parallel or Map, ``errorOutput`` in those of a Catcher, input and
context everywhere.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from asw.asl.definition.fields import Reader
from asw.asl.definition.place import Place, listed, shown
from asw.asl.definition.readers import looks_dynamic, warn_static
from asw.asl.jsonata import is_expression, is_half_open, source_of, source_offset
from asw.asl.jsonata.names import FUNCTION_NAMES
from asw.asl.jsonpath import LONGEST_KEPT
from asw.asl.model import Expression
from asw.asl.problems import OTHER_LANGUAGE, UNSUPPORTED_JSONATA_EXPRESSION, nearest_name
from asw.asl.values import Json

if TYPE_CHECKING:
    from asw.asl.jsonata import Fault

_ALMOST: Final = 0.8
"""How similar a variable's name must be to a function's to be taken for a slip of it."""
_NO_EXPRESSION: Final = "JSONata string must start with {% and end with %}"
_IN_JSONATA: Final = "write it as {% $states.input... %}, because the state uses JSONata"
_TEXT: Final = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")
_OF_STATES: Final = re.compile(r"\$states\s*\.\s*(\w+)")
_EVERYWHERE: Final = ("input", "context")
_SOMEWHERE: Final[Mapping[str, str]] = {
    "result": "it is available in Output and Assign of a Task, Parallel or Map state",
    "errorOutput": "it is available in Output and Assign of a Catcher",
}
"""Fields that ``$states`` has only in some places, with a hint at these."""


def template_with(*fields: str) -> Reader:
    """Reads any JSON; its strings ``{% ... %}`` must be expressions.

    ``fields`` are those that ``$states`` has there besides input and context.
    """

    def read(value: Json, place: Place) -> Json:
        for text, where in _strings(value, place):
            if is_expression(text):
                _check_source(text, where, fields)
            elif is_half_open(text, is_field=where is place):
                where.error(_NO_EXPRESSION, f"{where.field} is {shown(text)}")
            elif looks_dynamic(text):
                warn_static(text, where, OTHER_LANGUAGE, _IN_JSONATA)
        return value

    return read


query_template: Final = template_with()
"""Reads a template that is evaluated before there is a result."""


def query_or(read: Reader) -> Reader:
    """Reads an expression ``{% ... %}``, or what the reader reads."""

    def read_either(value: Json, place: Place) -> Any:
        is_meant = is_expression(value) or is_half_open(value, is_field=True)
        return query(value, place) if is_meant else read(value, place)

    return read_either


def query(value: Json, place: Place) -> Any:
    """Reads an expression that is the whole field."""
    if is_expression(value):
        _check_source(value, place)
        return Expression(source_of(value))
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


def _check_source(text: str, place: Place, fields: Sequence[str] = ()) -> None:
    source = source_of(text)
    faults, variables = _look_short(source) if len(source) <= LONGEST_KEPT else _look(source)
    for fault in faults:
        offset = None if fault.offset is None else source_offset(text) + fault.offset
        place.error_within(offset, fault.message, fault.hint, code=fault.code)
    if faults:
        return
    for name in variables:
        place.refer_to(name, _function_like)
    if "$states" in source:
        _check_fields(source, place, (*_EVERYWHERE, *fields))


@lru_cache(maxsize=2048)
def _function_like(name: str) -> str:
    """A hint at the function that an unassigned variable may stand for."""
    near = nearest_name(name, FUNCTION_NAMES, _ALMOST)
    return "" if near is None else f"no state assigns it; did you mean the function '${near}'?"


def _look(source: str) -> "tuple[tuple[Fault, ...], tuple[str, ...]]":
    """The faults of the source, and the workflow's variables that it reads."""
    from asw.asl.jsonata import find_faults, variables_in  # noqa: PLC0415 -- loads an engine

    faults = find_faults(source)
    return faults, () if faults else tuple(sorted(variables_in(source) - {"states"}))


_look_short: Final = lru_cache(maxsize=2048)(_look)


def _check_fields(source: str, place: Place, fields: Sequence[str]) -> None:
    """The fields of ``$states`` that the expression reads must exist; quoted parts are text."""
    read = _OF_STATES.findall(_TEXT.sub("''", source))
    for name in dict.fromkeys(read):
        if name not in fields:
            place.error(
                f"Field '$states.{name}' does not exist.",
                _SOMEWHERE.get(name) or place.near(name, fields) or f"it has {listed(fields)}",
                code=UNSUPPORTED_JSONATA_EXPRESSION,
            )
