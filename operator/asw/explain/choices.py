"""Why no rule of a Choice held: each with the values that it compared. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from asw.asl.choice import holds
from asw.asl.errors import StatesError
from asw.asl.model import (
    And,
    ChoiceRule,
    ChoiceState,
    Comparison,
    Condition,
    Expression,
    Not,
    Or,
)
from asw.asl.paths import find_value
from asw.asl.queries import Query
from asw.asl.scope import Scope
from asw.asl.values import ABSENT, Json, kind_of, quote
from asw.engine.dataflow import effective_input
from asw.messages import t

_SHOWN: int = 80


@dataclass(frozen=True, slots=True)
class RuleSaid:
    """One rule: its place, its condition as text, where it leads, and what it compared."""

    place: str
    condition: str
    next: str
    compared: tuple[str, ...]


def rules_said(state: ChoiceState, value: Json, scope: Scope) -> Iterator[RuleSaid]:
    """What each rule compared in the state's raw input."""
    for index, rule in enumerate(state.choices):
        yield RuleSaid(
            place=f"Choices[{index}]",
            condition=condition_text(rule.condition),
            next=rule.next,
            compared=tuple(_compared(state, index, rule, value, scope)),
        )


def condition_text(condition: Condition | Expression) -> str:
    """A condition in a line, in the words of its definition."""
    match condition:
        case Expression(source=source):
            return "{% " + source.strip() + " %}"
        case And(rules=rules):
            return "And(" + ", ".join(map(condition_text, rules)) + ")"
        case Or(rules=rules):
            return "Or(" + ", ".join(map(condition_text, rules)) + ")"
        case Not(rule=rule):
            return f"Not({condition_text(rule)})"
        case Comparison():
            operand = condition.operand if condition.is_path else quote(condition.operand)
            path = "Path" if condition.is_path else ""
            return f"{condition.variable} {condition.operator}{path} {operand}"


def _compared(
    state: ChoiceState, index: int, rule: ChoiceRule, value: Json, scope: Scope
) -> Iterator[str]:
    if isinstance(rule.condition, Expression):
        try:
            found = Query(scope, value).value(rule.condition, f"Choices[{index}]/Condition")
            yield t("gave {value}", value=_short(found))
        except StatesError as error:
            yield str(error.failure.cause)
        return
    try:
        document = effective_input(state, value, scope)
    except StatesError as error:
        yield str(error.failure.cause)
        return
    yield from _of_condition(rule.condition, document, scope)


def _of_condition(condition: Condition, document: Json, scope: Scope) -> Iterator[str]:
    match condition:
        case And(rules=rules) | Or(rules=rules):
            for each in rules:
                yield from _of_condition(each, document, scope)
        case Not(rule=rule):
            yield from _of_condition(rule, document, scope)
        case Comparison():
            yield _of_comparison(condition, document, scope)


def _of_comparison(comparison: Comparison, document: Json, scope: Scope) -> str:
    name = comparison.variable
    try:
        found = find_value(name, document, scope)
        is_true = holds(comparison, document, scope)
    except StatesError as error:
        return f"{name}: {error.failure.cause}"
    if found is ABSENT:
        told = t("{path} is absent", path=name)
    else:
        told = t("{path} is {value}", path=name, value=_short(found))
    if comparison.is_path:
        other = find_value(str(comparison.operand), document, scope)
        told += ", " + t("{path} is {value}", path=comparison.operand, value=_short(other))
    if is_true:
        return t("{told}: holds", told=told)
    wanted = _wanted(comparison.operator)
    if found is not ABSENT and wanted is not None and kind_of(found) != wanted:
        return t(
            "{told}, of type {kind}: {operator} compares values of type {wanted} only",
            told=told,
            kind=kind_of(found),
            operator=comparison.operator,
            wanted=wanted,
        )
    if _is_nearly(comparison, found):
        return t("{told}: does not hold: it differs only in case or spaces", told=told)
    return t("{told}: does not hold", told=told)


def _is_nearly(comparison: Comparison, found: Json) -> bool:
    """Whether a reader would take both texts for the same."""
    other = comparison.operand
    if comparison.operator != "StringEquals" or comparison.is_path:
        return False
    if not isinstance(found, str) or not isinstance(other, str):
        return False
    return found.strip().casefold() == other.strip().casefold()


def _wanted(operator: str) -> str | None:
    kinds = {"String": "string", "Numeric": "number", "Boolean": "boolean", "Timestamp": "string"}
    return next((kind for name, kind in kinds.items() if operator.startswith(name)), None)


def _short(value: Json) -> str:
    text = "?" if value is ABSENT else quote(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
