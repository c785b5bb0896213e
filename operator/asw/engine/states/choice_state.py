"""Choice: the first rule that holds names the next state (ASL: Choice State)."""

from asw.asl.choice import holds
from asw.asl.errors import RUNTIME, StatesError
from asw.asl.model import ChoiceRule, ChoiceState, Expression
from asw.asl.queries import Query
from asw.asl.scope import Scope
from asw.asl.values import Json
from asw.engine.dataflow import NO_RULE, Result, chosen, effective_input
from asw.engine.record import Frame
from asw.engine.run import Behaviour, Run, Taken
from asw.engine.transitions import leave


def _work(run: Run, frame: Frame, state: ChoiceState) -> None:
    result, target = _decide(state, frame.input, run.scope(frame))
    assert result.rule is not None, "a rule or the Default"
    run.taken.append(Taken(state.name, "rule", result.rule))
    leave(run, frame, result, to=target)


def _decide(state: ChoiceState, value: Json, scope: Scope) -> tuple[Result, str | None]:
    rule = matching_rule(state, value, scope)
    target = state.default if rule is None else rule.next
    if target is None:
        # AWS documents States.NoChoiceMatched and answers this, which nothing can catch.
        raise StatesError(
            RUNTIME,
            "Failed to transition out of the state. The state does not point to a next state.",
        )
    return chosen(state, rule, value, scope)._replace(rule=_number_of(rule, state)), target


def _number_of(rule: ChoiceRule | None, state: ChoiceState) -> int:
    if rule is None:
        return NO_RULE
    return next(at for at, one in enumerate(state.choices) if one is rule)


def matching_rule(state: ChoiceState, value: Json, scope: Scope) -> ChoiceRule | None:
    """The first rule that holds for the state's raw input, None where none does."""
    if state.language == "JSONata":
        return _true_rule(state, Query(scope, value))
    document = effective_input(state, value, scope)
    for rule in state.choices:
        assert not isinstance(rule.condition, Expression), "JSONPath has comparisons"
        if holds(rule.condition, document, scope):
            return rule
    return None


def _true_rule(state: ChoiceState, query: Query) -> ChoiceRule | None:
    for at, rule in enumerate(state.choices):
        assert isinstance(rule.condition, Expression), "JSONata has expressions"
        if query.typed(rule.condition, f"Choices[{at}]/Condition", "boolean"):
            return rule
    return None


BEHAVIOUR = Behaviour(kind="Choice", work=_work, decide=_decide)
