"""What is wrong with the ways through a machine: rules, Defaults, states that no run gets to."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from asw.asl.jsonpath import Root, parse_path
from asw.asl.model import ChoiceState, Comparison, State
from asw.asl.problems import Problem, Severity
from asw.lint.analysis.codes import (
    CHOICE_WITHOUT_DEFAULT,
    RULE_ALWAYS_MATCHES,
    RULE_NEVER_MATCHES,
    STATE_NEVER_REACHED,
)
from asw.lint.analysis.describing import described
from asw.lint.analysis.flow import Passage
from asw.lint.analysis.places import child, find
from asw.lint.analysis.walk import Site, targets_of
from asw.lint.analysis.ways import Ways

Told = tuple[tuple[str | int, ...], Problem]
"""A problem without its place, and the steps to it from the definition."""
_NO_MATCH: Final = "the execution then fails with States.Runtime, which no Catch takes"


def choice_problems(ways: Ways) -> Iterator[Told]:
    """Rules that never match or always do, Choices that do not take all that comes."""
    for name, passage in ways.passages.items():
        site = ways.walk.sites[name]
        if isinstance(site.state, ChoiceState) and passage.verdicts:
            noted = {
                note.where[1]
                for note in passage.notes
                if note.where[:1] == ("Choices",) and note.kind != "maybe missing"
            }
            for steps, problem in _rules(site.state, passage, noted):
                yield (*site.steps, *steps), problem
            if passage.left_over is not None:
                yield site.steps, _without_default(site.state, passage)


def _rules(state: ChoiceState, passage: Passage, noted: set[str | int]) -> Iterator[Told]:
    for at, verdict in enumerate(passage.verdicts):
        steps, number = ("Choices", at), at + 1
        if verdict.may_match and not verdict.may_not_match:
            if number < len(state.choices) or state.default is not None:
                yield steps, _always(state, number)
            return
        if not verdict.may_match and not verdict.may_not_match:
            return  # it always fails, which is told of its condition
        if not verdict.may_match and at not in noted:
            yield steps, _never(number, by_others=verdict.might_match)


def _always(state: ChoiceState, number: int) -> Problem:
    rest = "the rules after it" if number < len(state.choices) else f"Default '{state.default}'"
    return _problem(
        RULE_ALWAYS_MATCHES,
        f"Rule {number} always matches.",
        f"{rest} will never be taken; remove what is for nothing, or correct the rule",
    )


def _never(number: int, *, by_others: bool) -> Problem:
    why = "no value that may come here fulfils it"
    if by_others:
        why = "the rules before it take all that it would take"
    return _problem(
        RULE_NEVER_MATCHES,
        f"Rule {number} never matches.",
        f"{why}; remove it, correct it, or move it up",
    )


def _without_default(state: ChoiceState, passage: Passage) -> Problem:
    if not any(verdict.may_match for verdict in passage.verdicts):
        return _problem(
            CHOICE_WITHOUT_DEFAULT,
            "No rule of this Choice ever matches, and it has no Default.",
            f"{_NO_MATCH}; correct the rules, or add a Default",
            "ERROR",
        )
    remaining = _remaining(state, passage)
    return _problem(
        CHOICE_WITHOUT_DEFAULT,
        "The rules of this Choice do not take all that may come, and it has no Default.",
        f"{remaining}{_NO_MATCH}; add a Default, such as a Fail state that says what is wrong",
    )


def _remaining(state: ChoiceState, passage: Passage) -> str:
    """What is left of the value that the first rule tests, where it is told easily."""
    test, left = state.choices[0].condition, passage.left_over
    if not isinstance(test, Comparison) or left is None:
        return ""
    path = parse_path(test.variable)
    if path.steps is None or path.root is Root.CONTEXT:
        return ""
    start = left.document
    if path.root is Root.VARIABLE:
        start = child(left.variables, path.variable or "").shape
    found = described(find(start, path.steps).shape)
    return "" if found in ("anything", "nothing") else f"{test.variable} may be {found}; "


def unreached_states(ways: Ways) -> Iterator[Told]:
    """States that no run gets to, though states that are reached lead to them.

    Where one of those fails for certain, or stands behind another such state, nothing is said: it
    is told where it begins.
    """
    walk = ways.walk
    leading: dict[str, list[str]] = defaultdict(list)
    for name in walk.entries:
        for target in targets_of(walk.sites[name].state):
            leading[target].append(name)
    for name, site in walk.sites.items():
        if name in walk.entries:
            continue
        before = leading[name]
        if before:
            if not any(is_broken(ways, other) for other in before):
                yield site.steps, _unreached(name, _reason(ways, before))
        elif _is_never_begun(ways, site):
            yield site.steps, _unreached(name, "the Map never has an item")


def _is_never_begun(ways: Ways, site: Site) -> bool:
    """Whether the state is the first of a block that its own state, which is right, never runs."""
    owner = site.block.owner
    if owner is None or site.block.block.start_at != site.state.name:
        return False
    return owner.state.name in ways.passages and not is_broken(ways, owner.state.name)


def is_broken(ways: Ways, name: str) -> bool:
    """Whether something is wrong with the state for certain, which is told there."""
    passage = ways.passages[name]
    return passage.failure is not None or any(
        note.kind in ("never there", "always fails") for note in passage.notes
    )


def _unreached(name: str, why: str) -> Problem:
    return _problem(
        STATE_NEVER_REACHED,
        f"No run gets to the state '{name}'.",
        f"{why}; lead to it by another way, or remove it",
    )


def _reason(ways: Ways, before: list[str]) -> str:
    for other in before:
        state: State = ways.walk.sites[other].state
        if isinstance(state, ChoiceState):
            return f"no rule of '{other}' that leads to it is ever taken"
    told = ", ".join(f"'{other}'" for other in before)
    return f"{told} never succeeds: a block in it fails in every run"


def _problem(code: str, summary: str, hint: str, severity: Severity = "WARNING") -> Problem:
    return Problem(severity=severity, code=code, path="", summary=summary, hint=hint)
