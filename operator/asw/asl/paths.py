"""The language's paths: InputPath and the like, reference paths, and where a result is placed.

Adds to ``jsonpath`` what ASL and AWS add: the context object (``$$``), and AWS's wording for each
field whose path finds nothing.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from asw.asl.budget import FULL, Budget, OverBudgetError
from asw.asl.elsewhere import Chance, End, settle
from asw.asl.errors import RESULT_PATH_MATCH_FAILURE, RUNTIME, StatesError, StatesErrorCodec
from asw.asl.jsonpath import (
    Path,
    PathSyntaxError,
    Root,
    explain_missing,
    find,
    parse_path,
)
from asw.asl.scope import Scope
from asw.asl.values import ABSENT, Absent, Json, is_longer, quote

LONGEST_FINDING: Final = 4_000_000
"""The longest text of what a path finds: it may find the same parts again and again."""

_NAMED_FIELDS = frozenset({"ErrorPath", "CausePath"})
_WAIT_FIELDS = frozenset({"SecondsPath", "TimestampPath"})


def evaluate_path(
    path: str | None, document: Json, scope: Scope, *, field: str = "InputPath"
) -> Json:
    """What the path finds; ASL: a null path gives ``{}``.

    A definite path finds a value, any other a list, possibly an empty one. Raises StatesError in
    AWS's words for this field if a definite path finds nothing.
    """
    if path is None:
        return {}
    return read(parse_path(path), document, scope, field=field)


def find_value(path: str, document: Json, scope: Scope) -> Json | Absent:
    """What the path finds, or ABSENT if a definite path finds nothing."""
    parsed = parse_path(path)
    if parsed.root is Root.VARIABLE and parsed.variable not in scope.variables:
        return ABSENT
    return _find(parsed, start_of(parsed, document, scope))


def read(path: Path, document: Json, scope: Scope, *, field: str) -> Json:
    """``evaluate_path`` for a parsed path."""
    start = start_of(path, document, scope)
    value = _find(path, start)
    if value is ABSENT:
        raise StatesError(RUNTIME, _why_missing(path, start, field))
    return value


def start_of(path: Path, document: Json, scope: Scope) -> Json:
    """The value that the path starts from: the document, the context object or a variable.

    Raises StatesError if there is no such variable.
    """
    if path.root is Root.DOCUMENT:
        return document
    if path.root is Root.CONTEXT:
        return scope.context
    name = path.variable
    if name is None or name not in scope.variables:
        raise StatesError(RUNTIME, f"The variable '${name}' is not defined.")
    return scope.variables[name]


def _find(path: Path, start: Json) -> Json:
    if path.steps is not None:
        return find(path, start)
    return settle(
        partial(_attempt, path, start),
        lambda: PathQuestion(path.text, start),
        is_costly=lambda: path.is_matching,
    )


@dataclass(frozen=True, slots=True)
class PathQuestion(StatesErrorCodec):
    """What a path finds, as a question that another process can answer."""

    text: str
    start: Json
    chance: Chance | None = None

    def evaluate(self, chance: Chance | None) -> Json | Absent:
        """What the path finds, within the full budget."""
        return _attempt(parse_path(self.text), self.start, FULL, chance)

    def exhausted(self, by: End) -> Exception:
        """The path took too much time or memory."""
        return StatesError(RUNTIME, f"Invalid path '{self.text}' : it takes too much {by}")


def _attempt(path: Path, start: Json, units: int, _chance: Chance | None) -> Json | Absent:
    """What the path finds. Raises OverBudgetError if more units than these might help."""
    budget = Budget(units)
    try:
        found = find(path, start, budget)
        if path.is_repeating and isinstance(found, list | dict):
            budget.weigh(found)
            budget.spend(FULL if is_longer(found, LONGEST_FINDING) else 0)
    except OverBudgetError:
        if units < FULL:
            raise
        reason = f"Invalid path '{path.text}' : it looks at too many values"
        raise StatesError(RUNTIME, reason) from None
    return found


def is_definite(path: str) -> bool:
    """Whether the path finds at most one value, rather than a list."""
    return parse_path(path).is_definite


def check_path(path: str) -> str | None:
    """What is wrong with the path; None if nothing is."""
    try:
        parse_path(path)
    except PathSyntaxError as problem:
        return str(problem)
    return None


def check_reference_path(path: str) -> str | None:
    """Why the path is not a Reference Path (ASL: one that names one place); None if it is."""
    problem = check_path(path)
    if problem is not None:
        return problem
    if parse_path(path).steps is None:
        return (
            "it may only have names and single indexes, as in $.a['b'][0], since it must name "
            "one place"
        )
    return None


def apply_result_path(path: str | None, input_value: Json, result: Json) -> Json:
    """The input with the result put where the path says (ASL: ResultPath).

    None discards the result, ``$`` replaces the whole input; missing objects are created. Raises
    StatesError if a value on the way is not an object, or an array lacks the item.
    """
    if path is None:
        return input_value
    steps = parse_path(path).steps
    assert steps is not None, "parse lets reference paths only into a ResultPath"
    try:
        return _put(steps, input_value, result)
    except _NoPlaceError:
        raise StatesError(
            RESULT_PATH_MATCH_FAILURE,
            f"Unable to apply ReferencePath {path} to input {quote(input_value)}",
        ) from None


class _NoPlaceError(Exception):
    """The path does not lead to a place in this value."""


def _put(steps: tuple[str | int, ...], value: Json | Absent, result: Json) -> Json:
    if not steps:
        return result
    step, *rest = steps
    if isinstance(step, str):
        if value is ABSENT:
            return {step: _put(tuple(rest), ABSENT, result)}
        if isinstance(value, dict):
            return {**value, step: _put(tuple(rest), value.get(step, ABSENT), result)}
    elif isinstance(value, list) and -len(value) <= step < len(value):
        changed = list(value)
        changed[step] = _put(tuple(rest), value[step], result)
        return changed
    raise _NoPlaceError


def _why_missing(path: Path, start: Json, field: str) -> str:
    if field in _WAIT_FIELDS:
        return f"The {field} parameter does not reference an input value: {path.text}"
    if field == "Variable":
        return (
            f"Invalid path '{path.text}': "
            "The choice state's condition path references an invalid value."
        )
    if start is None:
        return "Unable to apply Path transformation to null or empty input."
    if field.endswith(".$") or field in _NAMED_FIELDS:
        return (
            f"The JSONPath '{path.text}' specified for the field '{field}' "
            f"could not be found in the input '{quote(start)}'"
        )
    return f"Invalid path '{path.text}' : {explain_missing(path, start)}"
