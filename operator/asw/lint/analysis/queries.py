"""Evaluates JSONata expressions over shapes; ANY for what is not understood.

Where JSONPath fails, JSONata gives nothing (``undefined``): only a whole field that gives nothing
fails, and a Catcher may take that. JSONata looks for a field in each item of an array and unwraps
single items, so nothing is said about paths through arrays.
"""

from collections.abc import Mapping
from typing import Final

from asw.asl.errors import QUERY_EVALUATION_ERROR
from asw.asl.jsonata import is_expression, source_of
from asw.asl.model import Expression
from asw.asl.values import ABSENT, Json
from asw.lint.analysis.constants import Outcome, is_always_made, miscalls, outcome_of
from asw.lint.analysis.evaluation import (
    EvaluationContext,
    FieldSteps,
    Note,
    check_bounds,
    check_instant,
    wants,
)
from asw.lint.analysis.expressions import (
    Calling,
    Constant,
    Listed,
    ObjectConstructor,
    Operation,
    Tree,
    VariablePath,
    read,
)
from asw.lint.analysis.places import LOST, Lookup, Missing, child, failing
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
    joined,
    of_value,
    record,
    row,
    shape,
    text,
)

_STATES: Final = "states"
UNKNOWN: Final = Lookup(ANY, Missing.UNKNOWN)


def expand(template: Json, evaluation: EvaluationContext, where: FieldSteps) -> Shape:
    """The template with its ``{% ... %}`` evaluated."""
    if isinstance(template, str):
        if is_expression(template):
            return value_of(source_of(template), evaluation, where)
        return text(template)
    if isinstance(template, dict):
        return record(
            {name: expand(it, evaluation, (*where, name)) for name, it in template.items()}
        )
    if isinstance(template, list):
        return row(expand(it, evaluation, (*where, at)) for at, it in enumerate(template))
    return of_value(template)


def value_of(
    source: str, evaluation: EvaluationContext, where: FieldSteps, kind: str = ""
) -> Shape:
    """The value of the expression; NOTHING, with a note, if it certainly fails.

    ``kind`` is the part of a Shape that the field needs.
    """
    tree = read(source)
    outcome = constant(source, tree, evaluation)
    if outcome is not None and outcome.fails:
        evaluation.note_failure(where, source, QUERY_EVALUATION_ERROR, reason=outcome.fails)
        return NOTHING
    if outcome is None and is_miscalled(source, evaluation, where):
        return NOTHING
    if outcome is not None:
        is_absent = outcome.value is ABSENT
        found = LOST if is_absent else Lookup(of_value(outcome.value))
    elif tree is None:
        return ANY
    else:
        found = look_up(tree, evaluation)
    if outcome is None and isinstance(tree, VariablePath):
        _note_place(tree, found, evaluation, where)
    elif found.missing is Missing.ALWAYS:
        evaluation.note(
            Note(kind="never there", where=where, text=source, error=QUERY_EVALUATION_ERROR, at=-2)
        )
    if kind and not wants(evaluation, found.shape, kind, (where, source, QUERY_EVALUATION_ERROR)):
        return NOTHING
    return found.shape


def constant(source: str, tree: Tree | None, evaluation: EvaluationContext) -> Outcome | None:
    """What the expression gives in every run; None if it varies."""
    if isinstance(tree, Constant):
        return Outcome(value=tree.value)
    known = evaluation.variables.objects
    if known is None or known.rest is not NOTHING:
        return None
    return outcome_of(source, known.fields)


def is_miscalled(source: str, evaluation: EvaluationContext, where: FieldSteps) -> bool:
    """Whether it certainly fails by a call with a wrong number of arguments; notes each call."""
    known = evaluation.variables.objects
    if known is None or known.rest is not NOTHING:
        return False
    found = miscalls(source, known.fields)
    is_sure = bool(found) and is_always_made(source)
    for it in found:
        source = f"${it.name}(...)"
        evaluation.note_failure(
            where, source, QUERY_EVALUATION_ERROR, reason=it.reason, is_sure=is_sure
        )
    return is_sure


def number_of(
    given: Json, evaluation: EvaluationContext, name: str, bounds: tuple[float, float]
) -> None:
    """Check that the field, if it is an expression, may give a number within the bounds."""
    if isinstance(given, Expression):
        found = value_of(given.source, evaluation, (name,), "numbers")
        check_bounds(evaluation, found, bounds, ((name,), given.source, QUERY_EVALUATION_ERROR))


def instant_of(given: Json, evaluation: EvaluationContext, name: str) -> None:
    """Check that the field, if it is an expression, may give a timestamp."""
    if isinstance(given, Expression):
        found = value_of(given.source, evaluation, (name,), "texts")
        check_instant(evaluation, found, ((name,), given.source, QUERY_EVALUATION_ERROR))


def field_of(given: Json, evaluation: EvaluationContext, name: str, kind: str) -> Shape | None:
    """The value of the field, if it is an expression; None if it is constant or not set."""
    if isinstance(given, Expression):
        return value_of(given.source, evaluation, (name,), kind)
    return None


def look_up(tree: Tree, evaluation: EvaluationContext) -> Lookup:
    """The value of the tree, and whether it may be ``undefined``."""
    match tree:
        case Constant(value):
            return Lookup(of_value(value))
        case VariablePath():
            return _place(tree, evaluation)
        case ObjectConstructor():
            return Lookup(_made(tree, evaluation))
        case Listed():
            return Lookup(_listed(tree, evaluation))
        case Operation():
            return _operation(tree, evaluation)
        case Calling():
            return Lookup(_RESULTS.get(tree.name, ANY), Missing.UNKNOWN)


def root_of(place: VariablePath) -> tuple[str | None, tuple[str, ...]] | None:
    """The place as root (None: the state's input, else a variable) and steps; None if neither."""
    if place.variable != _STATES:
        return place.variable, place.steps
    if place.steps[:1] == ("input",):
        return None, place.steps[1:]
    return None


def _place(place: VariablePath, evaluation: EvaluationContext) -> Lookup:
    missing, value = Missing.NEVER, _start(place.variable, evaluation)
    if value.missing is Missing.ALWAYS:
        return value
    missing, here = value.missing, value.shape
    for step in place.steps:
        if here.arrays is not None:
            return UNKNOWN
        found = child(here, step)
        if found.missing is Missing.ALWAYS:
            return LOST
        here, missing = found.shape, max(missing, found.missing)
    return Lookup(here, missing)


def _start(variable: str, evaluation: EvaluationContext) -> Lookup:
    if variable == _STATES:
        fields = {"input": evaluation.raw, "context": evaluation.context, **evaluation.has_states}
        return Lookup(record(fields))
    return child(evaluation.variables, variable)


def _made(tree: ObjectConstructor, evaluation: EvaluationContext) -> Shape:
    """JSONata: an undefined field is left out."""
    fields = {}
    for name, below in tree.fields:
        found = look_up(below, evaluation)
        presence = {Missing.NEVER: Presence.SURE, Missing.UNKNOWN: Presence.UNKNOWN}.get(
            found.missing, Presence.SHOWN_MISSING
        )
        fields[name] = Field(found.shape, presence)
    return shape(objects=Objects(fields, NOTHING))


def _listed(tree: Listed, evaluation: EvaluationContext) -> Shape:
    """JSONata: an undefined item is left out, arrays are flattened."""
    found = [look_up(it, evaluation) for it in tree.items]
    nested = [
        it.shape.arrays is not None and not isinstance(below, Listed)
        for it, below in zip(found, tree.items, strict=True)
    ]
    if any(nested):
        return array(ANY)
    if all(it.missing is Missing.NEVER for it in found):
        return row(it.shape for it in found)
    sure = sum(it.missing is Missing.NEVER for it in found)
    return array(joined(it.shape for it in found), sure, len(found))


def _operation(tree: Operation, evaluation: EvaluationContext) -> Lookup:
    left, right = look_up(tree.left, evaluation), look_up(tree.right, evaluation)
    if tree.operator in ("=", "!=", "in", "and", "or"):
        return Lookup(BOOLEAN)
    if tree.operator == "&":
        return Lookup(TEXT)
    sure = left.missing is Missing.NEVER and right.missing is Missing.NEVER
    missing = Missing.NEVER if sure else Missing.UNKNOWN
    return Lookup(BOOLEAN if tree.operator in ("<", "<=", ">", ">=") else NUMBER, missing)


_RESULTS: Final[Mapping[str, Shape]] = {
    **dict.fromkeys(("exists", "not", "boolean"), BOOLEAN),
    **dict.fromkeys(("string", "uuid", "now"), TEXT),
    **dict.fromkeys(("count", "sum", "number", "length"), NUMBER),
}
"""What each function returns, unless it gives nothing."""


def _note_place(
    place: VariablePath, found: Lookup, evaluation: EvaluationContext, where: FieldSteps
) -> None:
    at = root_of(place)
    if found.missing is Missing.NEVER:
        return
    if at is not None and found is not UNKNOWN:
        evaluation.has(*at)
    if found.missing is Missing.UNKNOWN:
        return
    root, steps = (None, place.steps) if at is None else at
    failing, near = _failing(place, evaluation)
    evaluation.note(
        Note(
            kind="never there" if found.missing is Missing.ALWAYS else "maybe missing",
            where=where,
            text=place.source,
            steps=steps,
            root=root,
            at=failing,
            near=near,
            error=QUERY_EVALUATION_ERROR,
            is_raw=at is not None and root is None,
        )
    )


def _failing(place: VariablePath, evaluation: EvaluationContext) -> tuple[int, tuple[str, ...]]:
    """The first step that may find nothing, -1 for the variable, and the names that exist there."""
    here = _start(place.variable, evaluation)
    if here.missing >= Missing.SHOWN:
        known = evaluation.variables.objects
        return -1, () if known is None else tuple(known.fields)
    at, near = failing(here.shape, place.steps)
    return at - (place.steps[:1] == ("input",) and place.variable == _STATES), near
