"""Reading the Choices of a Choice state (ASL: Choice State)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from asw.asl.choice import TESTS
from asw.asl.definition.fields import Field, Reader, Shape, Table, read_fields, report_choice
from asw.asl.definition.place import Place, listed
from asw.asl.definition.queries import query, query_template
from asw.asl.definition.readers import (
    array_of,
    boolean,
    looks_dynamic,
    number,
    operand_path,
    text,
    timestamp,
    warn_static,
)
from asw.asl.definition.variables import read_assign
from asw.asl.model import ABSENT, And, ChoiceRule, Comparison, Condition, Not, Or
from asw.asl.problems import BEYOND_DIALECT, NO_PATH
from asw.asl.values import Json

_NOTHING: Final = Comparison(variable="$", operator="IsPresent", operand=True)
"""Stands for a rule that cannot be read."""


def _constant(value: Json, place: Place) -> Json:
    """A string to compare with; AWS warns if it looks like a path."""
    if looks_dynamic(value):
        warn_static(value, place, NO_PATH, f"use {place.field}Path")
    return text(value, place)


_OPERANDS: Final[Mapping[str, Reader]] = {
    "String": _constant,
    "Numeric": number(float("-inf")),
    "Boolean": boolean,
    "Timestamp": timestamp,
    "Is": boolean,
}
"""Readers by the prefix of the operator's name."""


def _operand_of(operator: str) -> Reader:
    return next(read for kind, read in _OPERANDS.items() if operator.startswith(kind))


OPERATORS: Final[Mapping[str, Reader]] = {
    **{name: _operand_of(name) for name in (*TESTS, "IsPresent")},
    **{
        f"{name}Path": operand_path
        for name in TESTS
        if not name.startswith("Is") and name != "StringMatches"
    },
}
"""The 39 operators, each with the reader of its operand."""

_TCSL_OPERATORS: Final = frozenset(
    {"BooleanEquals", "NumericEquals", "StringEquals", "IsBoolean", "IsNumeric"}
)


def read_choices(value: Json, place: Place) -> tuple[ChoiceRule, ...]:
    """The rules, in order."""
    return array_of(_read_rule, is_filled=True)(value, place)


def read_query_choices(value: Json, place: Place) -> tuple[ChoiceRule, ...]:
    """The rules of a JSONata state, in order."""
    return array_of(_read_query_rule, is_filled=True)(value, place)


def _read_rule(value: Json, place: Place) -> ChoiceRule:
    attributes = read_fields(value, place, RULE)
    return ChoiceRule(
        condition=_condition(value, place, attributes),
        next=attributes.get("Next", ""),
        assign=attributes.get("Assign", ABSENT),
    )


def _read_query_rule(value: Json, place: Place) -> ChoiceRule:
    return ChoiceRule(**read_fields(value, place, QUERY_RULE))


def _read_condition(value: Json, place: Place) -> Condition:
    attributes = read_fields(value, place, INNER_RULE)
    return _condition(value, place, attributes)


def _condition(value: Json, place: Place, attributes: Mapping[str, Any]) -> Condition:
    """The condition of a rule whose fields have been read."""
    if not isinstance(value, dict) or "Condition" in value:  # reported as JSONata's
        return _NOTHING
    kinds = [name for name in _KINDS if name in value]
    if len(kinds) != 1:
        place.error(
            f"The object must have only one of the following fields, [{listed(_KINDS)}]",
            f"it has {listed(kinds)}" if kinds else "it has none",
        )
    for name, combine in COMBINATIONS.items():
        if name in attributes:
            _report_beyond(place.at(name), name)
            return combine(attributes[name])
    return _comparison(place, attributes) if "Variable" in attributes else _NOTHING


def _comparison(place: Place, attributes: Mapping[str, Any]) -> Comparison:
    operators = [name for name in attributes if name in OPERATORS]
    if len(operators) != 1:
        report_choice(attributes, place, operators or OPERATORS, _ONE_OPERATOR)
        return _NOTHING
    operator = operators[0]
    _report_beyond(place.at(operator), operator)
    return Comparison(
        variable=attributes["Variable"],
        operator=operator.removesuffix("Path"),
        operand=attributes[operator],
        is_path=operator.endswith("Path"),
    )


def _report_beyond(place: Place, operator: str) -> None:
    if place.dialect == "TCSL" and operator not in _TCSL_OPERATORS:
        place.warning(
            f"{operator} is not documented in TCSL", "it works as in ASL", code=BEYOND_DIALECT
        )


COMBINATIONS: Final[Mapping[str, Callable[[Any], Condition]]] = {"And": And, "Or": Or, "Not": Not}

_KINDS: Final = (*COMBINATIONS, "Variable", "Condition")
_ONE_OPERATOR: Final = "a Variable takes exactly one of them"

_CONDITION: Final[Table] = {
    "Variable": Field(operand_path, "Variable"),
    "And": Field(array_of(_read_condition, is_filled=True), "And"),
    "Or": Field(array_of(_read_condition, is_filled=True), "Or"),
    "Not": Field(_read_condition, "Not"),
    "Comment": Field(text),
    **{operator: Field(read, operator) for operator, read in OPERATORS.items()},
}
_QUERY_FIELDS: Final[Table] = {
    "Condition": Field(query, "condition", required=True),
    "Next": Field(text, "next", required=True),
    "Output": Field(query_template, "output"),
    "Assign": Field(read_assign("JSONata"), "assign"),
    "Comment": Field(text),
}
INNER_RULE: Final = Shape(_CONDITION, "a rule inside a rule", foreign=("Condition", "Output"))
RULE: Final = Shape(
    {
        "Next": Field(text, "Next", required=True),
        "Assign": Field(read_assign("JSONPath"), "Assign"),
        **_CONDITION,
    },
    "a Choice rule",
    foreign=INNER_RULE.foreign,
)
QUERY_RULE: Final = Shape(
    _QUERY_FIELDS, "a Choice rule", "JSONata", ("Variable", *COMBINATIONS, *OPERATORS)
)
