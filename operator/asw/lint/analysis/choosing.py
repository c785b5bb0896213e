"""Choice states: each rule sees what the rules before it let through."""

from asw.asl.model import ChoiceRule, ChoiceState, StateFields
from asw.lint.analysis.conditions import Judge, View
from asw.lint.analysis.evaluation import EvaluationContext, FieldSteps
from asw.lint.analysis.flow import (
    Edge,
    Passage,
    StateScope,
    Verdict,
    Way,
    effective_input,
    filtered,
    queried,
)


def chosen(state: ChoiceState, place: StateScope) -> Passage:
    """The ways out of a Choice, and the verdicts on its rules."""
    evaluation = place.evaluation()
    document = evaluation.raw if state.language == "JSONata" else effective_input(state, evaluation)
    passage = Passage(notes=evaluation.notes, failure=evaluation.failure)
    if evaluation.failure is not None:
        return passage
    is_raw = state.language == "JSONata" or state.input_path == "$"
    judge = Judge(evaluation, is_raw=is_raw)
    first = View(document, evaluation.variables)
    view: View | None = first
    for at, rule in enumerate(state.choices):
        yes, no = (None, None)
        if view is not None:
            yes, no = judge.split(rule.condition, view, ("Choices", at))
        might = yes is not None or _might_match(rule, first, place, is_raw=is_raw)
        passage.verdicts.append(Verdict(yes is not None, no is not None, might))
        if yes is not None:
            _choose(state, passage, (rule.next, "rule", at), yes, place)
        view = no
    if view is not None and state.default is not None:
        _choose(state, passage, (state.default, "default", 0), view, place)
    passage.failure = evaluation.failure if not passage.edges else None
    passage.left_over = view if state.default is None else None
    return passage


def _might_match(rule: ChoiceRule, view: View, place: StateScope, *, is_raw: bool) -> bool:
    alone = Judge(place.evaluation(), is_raw=is_raw)
    return alone.split(rule.condition, view, ())[0] is not None


def _choose(
    state: ChoiceState, passage: Passage, to: tuple[str, Way, int], view: View, place: StateScope
) -> None:
    target, way, at = to
    evaluation = EvaluationContext(place.world.input, view.variables, place.context)
    giver: StateFields | ChoiceRule = state if way == "default" else state.choices[at]
    where: FieldSteps = () if way == "default" else ("Choices", at)
    if state.language == "JSONata":
        evaluation.raw = view.document
        left = queried(evaluation, giver.output, view.document, giver.assign, where)
    else:
        left = filtered(state, evaluation, view.document, giver.assign, where)
    passage.notes += evaluation.notes
    if left is not None:
        passage.edges.append(Edge(target, left, way, at))
