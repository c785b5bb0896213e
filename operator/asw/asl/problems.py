"""Problems of a definition: what is wrong, where, and what to do about it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal, TypeAlias

Severity: TypeAlias = Literal["ERROR", "WARNING"]

SCHEMA_VALIDATION_FAILED: Final = "SCHEMA_VALIDATION_FAILED"
"""AWS: a field is missing, misspelt, of the wrong type or out of range."""
INVALID_JSON_DESCRIPTION: Final = "INVALID_JSON_DESCRIPTION"
"""AWS: the definition is not JSON."""
MISSING_TRANSITION_TARGET: Final = "MISSING_TRANSITION_TARGET"
"""AWS: a transition leads to a missing state, or no transition leads to a state."""
DUPLICATE_STATE_NAME: Final = "DUPLICATE_STATE_NAME"
"""AWS: two states of the machine have the same name."""
DUPLICATE_FIELD: Final = "DuplicateField"
"""An object has the same field twice, so one of the values would be lost."""
MISSING_END_STATE: Final = "MISSING_END_STATE"
"""AWS: no state of the machine ends it."""
INVALID_STATE_NAME: Final = "INVALID_STATE_NAME"
"""AWS: the name of a state is too long or empty."""
INVALID_LABEL_NAME: Final = "INVALID_LABEL_NAME"
"""AWS: a Map's Label is too long or has invalid characters."""
DUPLICATE_LABEL_NAME: Final = "DUPLICATE_LABEL_NAME"
"""AWS: two Maps of the machine have the same Label."""
INVALID_VARIABLE_NAME: Final = "INVALID_VARIABLE_NAME"
"""AWS: Assign sets an invalid variable name."""
RESERVED_VARIABLE_NAME: Final = "RESERVED_VARIABLE_NAME"
"""AWS: Assign sets ``states``, which is AWS's own."""
NO_DOLLAR: Final = "NO_DOLLAR"
"""AWS, a warning: a path or call in a field whose name lacks the ending ``.$``."""
NO_PATH: Final = "NO_PATH"
"""AWS, a warning: a path in a field whose name does not end in Path."""
PASS_RESULT_IS_STATIC: Final = "PASS_RESULT_IS_STATIC"  # noqa: S105 - a code, not a password
"""AWS, a warning: a path in Result, which is taken literally."""
ENDLESS_BLOCK: Final = "EndlessBlock"
"""No path through the states of a branch or item processor ever ends."""
FORBIDDEN_LOOP: Final = "ForbiddenLoop"
"""TCSL: states may not form a loop."""
TOO_LARGE: Final = "DefinitionTooLarge"
"""The definition is over AWS's limit of 1 MB, or nested too deeply."""
NOT_SUPPORTED: Final = "NotSupported"
"""AWS supports it, this version does not."""
IGNORED: Final = "Ignored"
"""The field is accepted but has no effect."""
BEYOND_DIALECT: Final = "BeyondDialect"
"""TCSL does not document it, but it works here."""
DUPLICATE_VARIABLE_NAME: Final = "DUPLICATE_VARIABLE_NAME"
"""AWS: Assign sets a variable of an outer scope, which an inner scope can only read."""
POSSIBLY_UNDEFINED_VARIABLE: Final = "POSSIBLY_UNDEFINED_VARIABLE"
"""AWS, a warning: a variable is read that no state assigns."""
OTHER_LANGUAGE: Final = "OtherQueryLanguage"
"""A text looks like an expression of the query language that the state does not use."""
UNKNOWN_ERROR_NAME: Final = "UnknownErrorName"
"""An error name looks like one of the language's own but is not."""

INVALID_JSONATA_EXPRESSION: Final = "INVALID_JSONATA_EXPRESSION"
"""AWS: the source does not parse."""
UNSUPPORTED_JSONATA_EXPRESSION: Final = "UNSUPPORTED_JSONATA_EXPRESSION"
"""AWS: the source reads an input document, which does not exist in ASL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem; ``path`` is a JSON pointer, ``/States/sum/Resource``, or ``/`` for the whole.

    ``summary`` is AWS's sentence if we know it, ``hint`` what we can add: the reason or the remedy.
    ``location`` is where AWS reports it, in AWS's spelling, such as ``/States/C/Choices[0]/Next``:
    often the enclosing object; empty if AWS names no place. One that ``is_consequence`` disappears
    when another is fixed, as unreachable states do with the misspelt Next that should lead to them;
    AWS reports it all the same. ``offset`` is its place in the text at ``path``, in characters, if
    it is in a text and that is known.
    """

    severity: Severity
    code: str
    path: str
    summary: str
    hint: str = ""
    location: str = ""
    is_consequence: bool = False
    offset: int | None = None

    @property
    def message(self) -> str:
        """Summary and hint, as one sentence."""
        return f"{self.summary.removesuffix('.')}: {self.hint}" if self.hint else self.summary

    def __str__(self) -> str:
        return f"{self.severity} {self.code} at {self.path}: {self.message}"


def to_fix(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those that the author has to fix: one per mistake."""
    return tuple(problem for problem in problems if not problem.is_consequence)


class InvalidDefinition(Exception):
    """The definition cannot run; ``problems`` lists everything found, warnings included."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def pointer_of(steps: Iterable[str | int]) -> str:
    """The steps to a place as a JSON pointer (RFC 6901); ``/`` for the whole, as at AWS."""
    return "/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint at the known name nearest to this one; empty if none is near."""
    near = nearest_name(name, known)
    return "" if near is None else f"did you mean '{near}'?"


def nearest_name(name: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known name that this one most likely stands for; None if none is near.

    ``likeness`` is the least similarity, as difflib measures it: 1 for the same name.
    """
    by_folded = {candidate.casefold(): candidate for candidate in known}
    near = get_close_matches(name.casefold(), by_folded, n=1, cutoff=likeness)
    return by_folded[near[0]] if near else None
