"""What led to the state that failed: a Catcher of the one before, or a rule of a Choice. Pure.

The definition says how a Fail state fails; this says why it was entered.
"""

from collections.abc import Iterator
from typing import Final

from asw.asl.errors import Failure, StatesError, matches
from asw.asl.model import ChoiceState, WorkFields
from asw.engine.dataflow import NO_RULE
from asw.executions.causes import named
from asw.executions.visits import Visit
from asw.explain.case import Case
from asw.explain.choices import condition_text, rules_said
from asw.explain.origin import failure_told
from asw.messages import t

_SHOWN_RULES: Final = 5


def what_led_to(case: Case, visit: Visit) -> Iterator[str]:
    """Sentences on how the visit came about, if that is more than a Next."""
    if visit.before is None:
        return
    state = case.state(visit.before.name)
    if isinstance(state, ChoiceState) and not case.is_redacted:
        yield from _by_rule(case, visit, visit.before, state)
    elif isinstance(state, WorkFields):
        yield from _by_catcher(case, visit, visit.before, state)


def _by_rule(case: Case, visit: Visit, before: Visit, state: ChoiceState) -> Iterator[str]:
    from asw.engine.states import choice_state  # noqa: PLC0415 -- all states come with it

    decide = choice_state.BEHAVIOUR.decide
    assert decide is not None
    try:
        result, target = decide(state, before.input, case.scope(before))
    except StatesError:
        return  # it read what history lacks, such as the item of a Map
    if target != visit.name or result.rule is None:
        return
    if result.rule != NO_RULE:
        yield t(
            "{state} led here by {rule}: {condition}",
            state=state.name,
            rule=f"Choices[{result.rule}]",
            condition=condition_text(state.choices[result.rule].condition),
        )
        return
    yield t("{state} led here by its Default, because none of its rules held", state=state.name)
    for said in list(rules_said(state, before.input, case.scope(before)))[:_SHOWN_RULES]:
        yield f"  {said.place} → {said.next}: {said.condition}"
        yield from (f"    {told}" for told in said.compared)


def _by_catcher(case: Case, visit: Visit, before: Visit, state: WorkFields) -> Iterator[str]:
    failure = _caught(case, before)
    if failure is None or case.machine is None:
        return
    error, dialect = failure.matched_as or failure.error, case.machine.dialect
    takers = [
        index
        for index, catcher in enumerate(state.catch)
        if matches(catcher.error_equals, error, dialect=dialect)
    ]
    if not takers or state.catch[takers[0]].next != visit.name:
        return
    yield t(
        "{state} failed with {error}; its {handler} led here",
        state=state.name,
        error=named(failure.error or t("no error name"), failure.cause),
        handler=_handler(state, takers[0]),
    )
    for index in takers[1:]:
        yield t(
            "{handler} → {next} would have taken it too, but is asked later",
            handler=_handler(state, index),
            next=state.catch[index].next,
        )


def _handler(state: WorkFields, index: int) -> str:
    return f"Catch[{index}] [{', '.join(state.catch[index].error_equals)}]"


def _caught(case: Case, visit: Visit) -> Failure | None:
    """The error for which the visited state was left; None if it was left with a result."""
    if visit.exited is None:
        return None
    return failure_told(case, visit.exited.previous_event_id)
