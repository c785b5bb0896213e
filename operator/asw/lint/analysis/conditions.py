"""Splits what is known at a Choice by a condition: where it holds, and where it does not.

A side is None if no run takes it. What a condition needs and never finds is noted.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from asw.asl.errors import QUERY_EVALUATION_ERROR
from asw.asl.jsonpath import Root, parse_path
from asw.asl.model import And, Comparison, Condition, Expression, Not
from asw.asl.values import ABSENT, Json, is_number
from asw.lint.analysis import expressions
from asw.lint.analysis.constants import sole_value
from asw.lint.analysis.evaluation import EvaluationContext, FieldSteps
from asw.lint.analysis.expressions import Calling, Constant, Operation, Tree, VariablePath
from asw.lint.analysis.narrowing import narrowed, narrowed_by_type
from asw.lint.analysis.paths import Reading, look_up, note_missing
from asw.lint.analysis.places import Missing, keeping, lacking
from asw.lint.analysis.queries import UNKNOWN, constant, is_miscalled, root_of, value_of
from asw.lint.analysis.queries import look_up as look_up_query
from asw.lint.analysis.shapes import NOTHING, Shape, join, shape


class View(NamedTuple):
    """What is known at a condition: the document that it tests, and the variables."""

    document: Shape
    variables: Shape


Sides = tuple[View | None, View | None]
_Place = tuple[str | None, tuple[str | int, ...]]


class Judge:
    """Splits views by conditions; ``is_raw``: the document is the state's raw input."""

    def __init__(self, evaluation: EvaluationContext, *, is_raw: bool) -> None:
        self.evaluation = evaluation
        self.is_raw = is_raw

    def split(self, condition: Condition | Expression, view: View, where: FieldSteps) -> Sides:
        """The sides on which the condition holds, and does not."""
        if isinstance(condition, Expression):
            tree = expressions.read(condition.source)
            self._see(view)
            where = (*where, "Condition")
            if constant(condition.source, tree, self.evaluation) is not None:
                holds = value_of(condition.source, self.evaluation, where, "booleans").booleans
                return view if True in holds else None, view if False in holds else None
            if is_miscalled(condition.source, self.evaluation, where):
                return None, None
            return (view, view) if tree is None else self._tree(tree, view, where)
        return self._condition(condition, view, where)

    def _see(self, view: View) -> None:
        self.evaluation.variables = view.variables
        if self.is_raw:
            self.evaluation.raw = view.document

    def _condition(self, condition: Condition, view: View, where: FieldSteps) -> Sides:
        if isinstance(condition, Comparison):
            return self._comparison(condition, view, where)
        if isinstance(condition, Not):
            yes, no = self._condition(condition.rule, view, (*where, "Not"))
            return no, yes
        is_and = isinstance(condition, And)
        name = "And" if is_and else "Or"
        rules = [
            self._later(self._condition, rule, (*where, name, at))
            for at, rule in enumerate(condition.rules)
        ]
        return _chain(rules, view, is_and=is_and)

    def _later(
        self, split: Callable[..., Sides], rule: object, where: FieldSteps
    ) -> Callable[[View], Sides]:
        return lambda view: split(rule, view, where)

    def _comparison(self, test: Comparison, view: View, where: FieldSteps) -> Sides:
        place = _place_of(test.variable)
        if test.operator == "IsPresent":
            if place is None:
                return view, view
            there, missing = _keep(view, place, _same), _lack(view, place)
            return (there, missing) if test.operand else (missing, there)
        if not self._is_there(test.variable, view, (*where, "Variable")):
            return None, None
        operand, is_known = test.operand, True
        if test.is_path:
            if not self._is_there(test.operand, view, (*where, f"{test.operator}Path")):
                return None, None
            found = look_up(parse_path(test.operand), view.document, self.evaluation).shape
            operand = sole_value(found)
            is_known = operand is not ABSENT
        if place is None:
            return view, view

        def kept(value: Shape, *, holds: bool) -> Shape:
            if is_known:
                return narrowed(value, test.operator, operand, holds=holds)
            return narrowed_by_type(value, test.operator, holds=holds)

        return (
            _keep(view, place, lambda value: kept(value, holds=True)),
            _keep(view, place, lambda value: kept(value, holds=False)),
        )

    def _is_there(self, source: str, view: View, where: FieldSteps) -> bool:
        """Whether the path of a test may find something; notes if it may not."""
        self._see(view)
        path = parse_path(source)
        found = look_up(path, view.document, self.evaluation)
        if found.missing >= Missing.SHOWN:
            is_raw = self.is_raw and path.root is Root.DOCUMENT
            reading = Reading(path, view.document, is_raw)
            note_missing(reading, found.missing, self.evaluation, where)
        return found.missing is not Missing.ALWAYS

    def _tree(self, tree: Tree, view: View, where: FieldSteps) -> Sides:
        match tree:
            case Constant(bool() as value):
                return (view, None) if value else (None, view)
            case Operation("and" | "or"):
                rules = [self._later(self._inner, it, where) for it in (tree.left, tree.right)]
                return _chain(rules, view, is_and=tree.operator == "and")
            case Calling("not", (inner,)):
                yes, no = self._inner(inner, view, where)
                return no, yes
        return self._test(tree, view, where)

    def _test(self, tree: Tree, view: View, where: FieldSteps) -> Sides:
        match tree:
            case Operation(operator, VariablePath() as place, Constant(value)):
                return self._compared(place, operator, value, view, where)
            case Operation(operator, Constant(value), VariablePath() as place) if (
                operator in _TURNED
            ):
                return self._compared(place, _TURNED[operator], value, view, where)
            case Calling("exists", (VariablePath() as place,)):
                return self._exists(place, view)
            case VariablePath():
                return self._bare(tree, view, where)
        return view, view

    def _inner(self, tree: Tree, view: View, where: FieldSteps) -> Sides:
        """A part of a condition, where JSONata takes values of any type as true or false."""
        self._see(view)
        if isinstance(tree, VariablePath):
            return view, view
        return self._tree(tree, view, where)

    def _bare(self, place: VariablePath, view: View, where: FieldSteps) -> Sides:
        """A path alone, which must find a boolean."""
        if value_of(place.source, self.evaluation, where, "booleans") is NOTHING:
            return None, None
        at = self._settled(place)
        if at is None:
            return view, view
        return (
            _keep(view, at, lambda it: shape(booleans=it.booleans & {True})),
            _keep(view, at, lambda it: shape(booleans=it.booleans & {False})),
        )

    def _settled(self, place: VariablePath) -> _Place | None:
        """The place, unless an array may be there or on the way: JSONata looks into its items."""
        found, at = look_up_query(place, self.evaluation), root_of(place)
        return None if found is UNKNOWN or found.shape.arrays is not None else at

    def _exists(self, place: VariablePath, view: View) -> Sides:
        at = self._settled(place)
        if at is None or (at[0] is None and not at[1]):
            return view, view
        return _keep(view, at, _same), _lack(view, at)

    def _compared(
        self, place: VariablePath, operator: str, value: Json, view: View, where: FieldSteps
    ) -> Sides:
        found = look_up_query(place, self.evaluation)
        is_order = operator in _ORDERS
        if is_order and found.missing is Missing.ALWAYS:
            value_of(place.source, self.evaluation, where)
            return None, None
        at = self._settled(place)
        test = _test_of(operator, value)
        if at is None or test is None:
            return view, view
        if is_order:
            return self._ordered(place, (test[0], value), view, where)
        yes = _keep(view, at, lambda it: narrowed(it, *test, holds=True))
        no = _keep(view, at, lambda it: narrowed(it, *test, holds=False))
        lack = _lack(view, at) if at[1] or at[0] is not None else None
        if operator == "!=":
            return _either(no, lack), _either(yes, lack)
        return yes, _either(no, lack)

    def _ordered(
        self, place: VariablePath, test: tuple[str, Json], view: View, where: FieldSteps
    ) -> Sides:
        """JSONata: only two numbers or two strings have an order, anything else fails."""
        at = self._settled(place)
        if at is None:
            return view, view
        kind = "numbers" if is_number(test[1]) else "texts"

        def kept(it: Shape, *, holds: bool) -> Shape:
            return narrowed(shape(**{kind: getattr(it, kind)}), *test, holds=holds)

        yes = _keep(view, at, lambda it: kept(it, holds=True))
        no = _keep(view, at, lambda it: kept(it, holds=False))
        if yes is None and no is None:
            seen = look_up_query(place, self.evaluation).shape
            self.evaluation.note_failure(
                where, place.source, QUERY_EVALUATION_ERROR, why=kind, seen=seen
            )
        return yes, no


def _chain(rules: Sequence[Callable[[View], Sides]], view: View, *, is_and: bool) -> Sides:
    """And, Or: each rule sees what the ones before it let through; the rest is the other side.

    The sides that leave the chain are joined, so that work is linear in the rules.
    """
    going: View | None = view
    left: View | None = None
    for rule in rules:
        if going is None:
            break
        yes, no = rule(going)
        going, leaving = (yes, no) if is_and else (no, yes)
        left = _either(left, leaving)
    return (going, left) if is_and else (left, going)


def _either(one: View | None, other: View | None) -> View | None:
    if one is None or other is None:
        return one or other
    return View(join(one.document, other.document), join(one.variables, other.variables))


def _place_of(source: str) -> _Place | None:
    """The place in the document or a variable that a path names; None for any other path."""
    path = parse_path(source)
    if path.steps is None or path.root is Root.CONTEXT:
        return None
    return path.variable, path.steps


def _keep(view: View, place: _Place, change: Callable[[Shape], Shape]) -> View | None:
    root, steps = place
    if root is None:
        document = keeping(view.document, steps, change)
        return None if document is NOTHING else view._replace(document=document)
    variables = keeping(view.variables, (root, *steps), change)
    return None if variables is NOTHING else view._replace(variables=variables)


def _lack(view: View, place: _Place) -> View | None:
    root, steps = place
    if root is None:
        document = lacking(view.document, steps) if steps else NOTHING
        return None if document is NOTHING else view._replace(document=document)
    variables = lacking(view.variables, (root, *steps))
    return None if variables is NOTHING else view._replace(variables=variables)


def _same(value: Shape) -> Shape:
    return value


def _test_of(operator: str, value: Json) -> tuple[str, Json] | None:
    """The ASL test equal to JSONata's comparison with a constant; None if there is none."""
    order = _ORDERS.get(operator, "Equals" if operator in ("=", "!=") else None)
    if order is None:
        return None
    if value is None:
        return ("IsNull", True) if order == "Equals" else None
    if isinstance(value, bool):
        return ("BooleanEquals", value) if order == "Equals" else None
    return ("Numeric" if is_number(value) else "String") + order, value


_ORDERS: Final = {
    "<": "LessThan",
    "<=": "LessThanEquals",
    ">": "GreaterThan",
    ">=": "GreaterThanEquals",
}
_TURNED: Final = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
