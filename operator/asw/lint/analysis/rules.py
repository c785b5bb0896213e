"""What a machine never uses: rules, Defaults, states, variables and results."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from asw.asl.jsonpath import Root, parse_path
from asw.asl.model import ABSENT, ChoiceState, Comparison, PassState, State, WorkFields
from asw.asl.problems import Problem, Severity
from asw.asl.templates import MARK
from asw.asl.values import Json
from asw.lint.analysis.codes import (
    CHOICE_WITHOUT_DEFAULT,
    RULE_ALWAYS_MATCHES,
    RULE_NEVER_MATCHES,
    STATE_NEVER_REACHED,
    VALUE_NEVER_READ,
)
from asw.lint.analysis.describing import described
from asw.lint.analysis.flow import Passage
from asw.lint.analysis.places import child, find
from asw.lint.analysis.walk import Site, Walk, targets_of
from asw.lint.analysis.ways import Ways

Told = tuple[tuple[str | int, ...], Problem]
"""A problem without its place, and the steps to it from the definition."""
_VARIABLE: Final = re.compile(r"\$([^\W\d]\w*)")
_NO_MATCH: Final = "the execution then fails with States.Runtime, which no Catch takes"


def choice_problems(ways: Ways) -> Iterator[Told]:
    """Rules that never match or always do, Choices that do not cover all that may come."""
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
            return  # it always fails, which is reported for its condition
        if not verdict.may_match and at not in noted:
            yield steps, _never(number, by_others=verdict.might_match)


def _always(state: ChoiceState, number: int) -> Problem:
    rest = "the rules after it" if number < len(state.choices) else f"Default '{state.default}'"
    return problem_with(
        RULE_ALWAYS_MATCHES,
        f"Rule {number} always matches.",
        f"{rest} will never be taken; remove what is unreachable, or correct the rule",
    )


def _never(number: int, *, by_others: bool) -> Problem:
    why = "no value that may come here satisfies it"
    if by_others:
        why = "the rules before it match everything that it would match"
    return problem_with(
        RULE_NEVER_MATCHES,
        f"Rule {number} never matches.",
        f"{why}; remove it, correct it, or move it up",
    )


def _without_default(state: ChoiceState, passage: Passage) -> Problem:
    if not any(verdict.may_match for verdict in passage.verdicts):
        return problem_with(
            CHOICE_WITHOUT_DEFAULT,
            "No rule of this Choice ever matches, and it has no Default.",
            f"{_NO_MATCH}; correct the rules, or add a Default",
            "ERROR",
        )
    remaining = _remaining(state, passage)
    return problem_with(
        CHOICE_WITHOUT_DEFAULT,
        "The rules of this Choice do not cover all that may come, and it has no Default.",
        f"{remaining}{_NO_MATCH}; add a Default, such as a Fail state that says what is wrong",
    )


def _remaining(state: ChoiceState, passage: Passage) -> str:
    """What is left of the value that the first rule tests, if easy to say."""
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
    """States that no run reaches, though reached states lead to them.

    If such a predecessor certainly fails, only that is reported. Later states of an unreachable
    chain are not reported either.
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
    """Whether the state is the first of a block that its faultless owner never runs."""
    owner = site.block.owner
    if owner is None or site.block.block.start_at != site.state.name:
        return False
    return owner.state.name in ways.passages and not is_broken(ways, owner.state.name)


def is_broken(ways: Ways, name: str) -> bool:
    """Whether the state has a certain fault, which is reported there."""
    passage = ways.passages[name]
    return passage.failure is not None or any(
        note.kind in ("never there", "always fails") for note in passage.notes
    )


def _unreached(name: str, why: str) -> Problem:
    return problem_with(
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


def unread_values(walk: Walk, definition: Mapping[str, Json]) -> Iterator[Told]:
    """Unread variables, each where it is first assigned; each Pass whose result is dropped.

    Any text with the variable's name after a ``$`` counts as reading it.
    """
    read = set(_names_in(definition))
    told: set[str] = set()
    for site in walk.sites.values():
        for steps, name in _assigned(site.state):
            if name not in read and name not in told:
                told.add(name)
                yield (
                    (*site.steps, *steps),
                    problem_with(
                        VALUE_NEVER_READ,
                        f"Nothing reads the variable ${name}.",
                        "remove it, or read it where it is needed",
                    ),
                )
        if isinstance(site.state, PassState) and _is_dropped(site.state):
            yield (
                (*site.steps, "ResultPath"),
                problem_with(
                    VALUE_NEVER_READ,
                    "What this Pass makes is dropped.",
                    "ResultPath null keeps the input only; give it a place such as $.made",
                ),
            )


def _is_dropped(state: PassState) -> bool:
    makes = state.result is not ABSENT or state.parameters is not ABSENT
    return makes and state.result_path is None and state.assign is ABSENT


def _names_in(value: Json) -> Iterator[str]:
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str):
            yield from _VARIABLE.findall(here)
        elif isinstance(here, dict):
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)


def _assigned(state: State) -> Iterator[tuple[tuple[str | int, ...], str]]:
    givers: list[tuple[tuple[str | int, ...], Json]] = [((), state.assign)]
    if isinstance(state, ChoiceState):
        givers += [(("Choices", at), it.assign) for at, it in enumerate(state.choices)]
    if isinstance(state, WorkFields):
        givers += [(("Catch", at), it.assign) for at, it in enumerate(state.catch)]
    for steps, assign in givers:
        for key in assign if isinstance(assign, dict) else ():
            name = key.removesuffix(MARK) if state.language == "JSONPath" else key
            yield (*steps, "Assign", key), name


def problem_with(code: str, summary: str, hint: str, severity: Severity = "WARNING") -> Problem:
    """A problem whose place ``check`` adds."""
    return Problem(severity=severity, code=code, path="", summary=summary, hint=hint)
