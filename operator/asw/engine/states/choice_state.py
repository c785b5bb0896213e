"""Choice: the first rule that holds names the next state (ASL: Choice State)."""

from asw.asl.choice import holds
from asw.asl.errors import RUNTIME, StatesError
from asw.asl.model import ChoiceState, Expression
from asw.asl.queries import Query
from asw.asl.scope import Scope
from asw.asl.values import Json
from asw.engine.dataflow import NO_NEXT, NO_RULE, Result, chosen, effective_input
from asw.engine.record import Frame
from asw.engine.run import Behaviour, Run, Taken
from asw.engine.transitions import leave


def _work(run: Run, frame: Frame, state: ChoiceState) -> None:
    result, target = _decide(state, frame.input, run.scope(frame))
    assert result.rule is not None, "a rule or the Default"
    run.taken.append(Taken(state.name, "rule", result.rule))
    leave(run, frame, result, to=target)


def _decide(state: ChoiceState, value: Json, scope: Scope) -> tuple[Result, str | None]:
    number = _matching(state, value, scope)
    rule = None if number == NO_RULE else state.choices[number]
    target = state.default if rule is None else rule.next
    if target is None:
        # AWS documents States.NoChoiceMatched but answers with this, which nothing can catch.
        raise StatesError(RUNTIME, NO_NEXT)
    output, assigned, _ = chosen(state, rule, value, scope)
    return Result(output, assigned, number), target


def _matching(state: ChoiceState, value: Json, scope: Scope) -> int:
    """The number of the first rule that holds for the raw input, NO_RULE if none does."""
    if state.language == "JSONata":
        return _true_rule(state, Query(scope, value))
    document = effective_input(state, value, scope)
    for number, rule in enumerate(state.choices):
        assert not isinstance(rule.condition, Expression), "JSONPath has comparisons"
        if holds(rule.condition, document, scope):
            return number
    return NO_RULE


def _true_rule(state: ChoiceState, query: Query) -> int:
    for at, rule in enumerate(state.choices):
        assert isinstance(rule.condition, Expression), "JSONata has expressions"
        if query.typed(rule.condition, f"Choices[{at}]/Condition", "boolean"):
            return at
    return NO_RULE


BEHAVIOUR = Behaviour(kind="Choice", work=_work, decide=_decide)
