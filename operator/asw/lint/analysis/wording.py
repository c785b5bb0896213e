"""Turns notes into problems: what is wrong, on which way, and what to do."""

from typing import Final

from asw.asl.errors import INTRINSIC_FAILURE, RUNTIME
from asw.asl.problems import Problem, Severity, did_you_mean
from asw.lint.analysis.codes import FIELD_ALWAYS_FAILS, PATH_MAY_BE_MISSING, PATH_NEVER_FOUND
from asw.lint.analysis.describing import described, some_of
from asw.lint.analysis.evaluation import Note
from asw.lint.analysis.places import Steps
from asw.lint.analysis.rules import problem_with
from asw.lint.analysis.ways import Way, Ways

WANTED: Final = {
    "arrays": "an array",
    "booleans": "a boolean",
    "numbers": "a number",
    "objects": "an object",
    "texts": "a text",
}
"""Words for the parts of a shape."""
_UNCAUGHT: Final = "the state then fails with States.Runtime, which no Catch takes"


def problem_of(note: Note, name: str, ways: Ways) -> Problem:
    """The problem that a note of this state describes."""
    match note.kind:
        case "never there":
            return _never(note, name, ways)
        case "maybe missing":
            return _maybe(note, name, ways)
        case "finds nothing":
            return problem_with(
                PATH_NEVER_FOUND,
                f"The path '{note.text}' never finds anything.",
                "it is always an empty list; compare its names with those of the data",
            )
        case "always fails":
            return _fails(note)


def _never(note: Note, name: str, ways: Ways) -> Problem:
    what = "path" if note.error == RUNTIME else "expression"
    hints = [_why(note), _by(note, ways.without(name, note.root, _lost(note)), is_never=True)]
    if not note.is_sure:
        hints.append("the states of the Map would fail for every item")
    elif note.error == RUNTIME:
        hints.append(_UNCAUGHT)
    return problem_with(
        PATH_NEVER_FOUND,
        f"The {what} '{note.text}' never finds anything.",
        "; ".join(filter(None, hints)),
        _severity(note),
    )


def _maybe(note: Note, name: str, ways: Ways) -> Problem:
    what = "path" if note.error == RUNTIME else "expression"
    by = _by(note, ways.without(name, note.root, _lost(note)), is_never=False)
    remedy = "test it with a Choice (IsPresent) first, or see that it is always there"
    if note.error != RUNTIME:
        remedy = f"test it with $exists({note.text}) first, or see that it is always there"
    return problem_with(
        PATH_MAY_BE_MISSING,
        f"The {what} '{note.text}' may find nothing.",
        "; ".join(filter(None, (by, remedy))),
    )


def _lost(note: Note) -> Steps:
    """The steps up to the first that is missing."""
    return note.steps[: note.at + 1] if note.at >= 0 else ()


def _why(note: Note) -> str:
    if note.at == -2:
        return "it is always undefined"
    if note.at == -1:
        near = did_you_mean(note.root or "", note.near)
        return f"no state before this one assigns ${note.root}" + (f", {near}" if near else "")
    if not note.steps:
        return ""
    step = note.steps[note.at]
    if isinstance(step, int):
        return f"there is no item [{step}]"
    if not note.near:
        return f"there is no '{step}'"
    near = did_you_mean(step, note.near)
    there = f"there is no '{step}' (but {some_of(map(repr, note.near), 'and')})"
    return f"{there}, {near}" if near else there


def _by(note: Note, way: Way, *, is_never: bool) -> str:
    """How it comes to be missing."""
    if note.root is None and not note.is_raw:
        return "" if is_never else "what it is read from need not have it"
    if way.replaces_input:
        return (
            f"the Catch of '{way.states[0]}' puts the error output in the place of the whole input"
            " (a ResultPath such as $.error would keep it)"
        )
    if is_never and len(way.states) < 2:
        return ""
    told = " -> ".join(f"'{state}'" for state in way.states)
    if way.from_input:
        alone = len(way.states) == 1
        return "the input may come without it" + ("" if alone else f", by way of {told}")
    if len(way.states) < 2:
        return "it need not be in what enters the state"
    caught = " (caught)" if way.lost_by is not None and way.lost_by.way == "catch" else ""
    return "" if is_never else f"it is missing on the way {told}{caught}"


def _fails(note: Note) -> Problem:
    if note.why == "place":
        summary = f"The result never finds a place at '{note.text}'."
        hint = "a value on the way to it is not an object, or is an array without such an item"
    elif note.reason:
        what = {INTRINSIC_FAILURE: "The call ", RUNTIME: "The path "}.get(note.error, "")
        summary, hint = f"{what}'{note.text}' always fails.", note.reason
    elif note.at:
        summary = f"The call '{note.text}' always fails."
        hint = (
            f"its argument {note.at} must be {WANTED[note.why]}, and is always "
            f"{described(note.seen)}"
        )
    else:
        summary = f"What '{note.text}' finds is never {WANTED[note.why]}."
        hint = f"it is always {described(note.seen)}"
    return problem_with(
        FIELD_ALWAYS_FAILS,
        summary,
        f"{hint}; the state then fails with {note.error}",
        _severity(note),
    )


def _severity(note: Note) -> Severity:
    return "ERROR" if note.is_sure else "WARNING"
