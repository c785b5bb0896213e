"""The evaluation of one state's expressions: what they read, and the notes on them.

A note says what is wrong with one field; ``wording`` puts it into words. The first certain error is
kept as the ``failure`` of the state: no run gets past it.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, TypedDict, Unpack

from asw.asl.timestamps import parse_timestamp
from asw.lint.analysis.describing import described
from asw.lint.analysis.places import Steps, keeping
from asw.lint.analysis.shapes import NOTHING, Shape

NoteKind: TypeAlias = Literal["never there", "maybe missing", "finds nothing", "always fails"]
FieldSteps: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is wrong with a field, by its steps from the state.

    ``text`` is the expression. ``steps`` lead from ``root`` (None for the state's input, else a
    variable) to what is missing, ``at`` is the number of the failing step, ``near`` are the names
    that exist there. ``why`` is the kind of value that an "always fails" needs and ``seen`` what it
    gets instead, or ``reason`` explains it in words. ``is_sure`` is False if a run may get past the
    field without evaluating it.
    """

    kind: NoteKind
    where: FieldSteps
    text: str
    steps: tuple[str | int, ...] = ()
    root: str | None = None
    at: int = 0
    near: tuple[str, ...] = ()
    why: str = ""
    reason: str = ""
    error: str = ""
    is_raw: bool = False
    is_sure: bool = True
    seen: Shape = NOTHING


class Failing(TypedDict, total=False):
    """How a field always fails: the fields of ``Note`` that say so."""

    at: int
    why: str
    reason: str
    is_sure: bool
    seen: Shape


@dataclass(slots=True)
class EvaluationContext:
    """What the expressions of a state read; ``raw`` is the state's raw input.

    ``has_states`` are the fields of ``$states`` besides input and context, by name. ``passed`` are
    places, as root and steps, that exist in every run that gets past here. ``may_fail``: something
    evaluated may fail with an error that a Catcher takes.
    """

    raw: Shape
    variables: Shape
    context: Shape
    has_states: dict[str, Shape] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    failure: str | None = None
    passed: list[tuple[str | None, Steps]] = field(default_factory=list)
    is_sure: bool = True
    may_fail: bool = False

    def note(self, note: Note) -> None:
        """Keep the note, and its failure if it is the first certain one."""
        self.notes.append(note if self.is_sure else replace(note, is_sure=False))
        is_failure = note.kind in ("never there", "always fails")
        if is_failure and self.is_sure and note.is_sure and self.failure is None:
            self.failure = note.error

    def note_failure(
        self, where: FieldSteps, text: str, error: str, **more: Unpack[Failing]
    ) -> None:
        """Note that the field at ``where`` always fails with the error."""
        self.note(Note(kind="always fails", where=where, text=text, error=error, **more))

    def has(self, root: str | None, steps: Steps) -> None:
        """Remember that every run that gets past here has something at this place."""
        if self.is_sure:
            self.passed.append((root, steps))

    def settle(self) -> None:
        """Narrow ``raw`` and ``variables`` by what was ``passed``."""
        for root, steps in self.passed:
            if root is None:
                self.raw = _had(self.raw, steps)
            else:
                self.variables = _had(self.variables, (root, *steps))
        self.passed.clear()


def _had(value: Shape, steps: Steps) -> Shape:
    kept = keeping(value, steps, lambda found: found)
    return value if kept is NOTHING else kept


def wants(
    evaluation: EvaluationContext, found: Shape, kind: str, about: tuple[FieldSteps, str, str]
) -> bool:
    """Whether a value of this kind may be found there; otherwise note that the field always fails.

    ``about`` is the field, its expression, and the error with which it fails. What never finds
    anything is another problem.
    """
    where, source, error = about
    if found is NOTHING or getattr(found, kind):
        return True
    evaluation.note_failure(where, source, error, why=kind, seen=found)
    return False


def check_bounds(
    evaluation: EvaluationContext,
    found: Shape | None,
    bounds: tuple[float, float],
    about: tuple[FieldSteps, str, str],
) -> None:
    """Note that the field always fails, if no number that may be found is within the bounds.

    The bounds are inclusive. ``about`` is the field, its expression, and the error with which it
    fails. Values that are not numbers are not judged here.
    """
    least, most = bounds
    numbers = None if found is None else found.numbers
    if found is None or numbers is None:
        return
    if numbers.high < (least, 0) or numbers.low > (most, 0):
        allowed = f"from {least} on" if math.isinf(most) else f"from {least} to {most}"
        _note(evaluation, found, f"a number {allowed}", about)


def check_instant(
    evaluation: EvaluationContext, found: Shape | None, about: tuple[FieldSteps, str, str]
) -> None:
    """Note that the field always fails, if no text that may be found is a timestamp."""
    texts = None if found is None else found.texts
    if found is None or texts is None or texts.constants is None:
        return
    if all(parse_timestamp(it) is None for it in texts.constants):
        _note(evaluation, found, "a timestamp such as 2026-11-24T10:00:00Z", about)


def _note(
    evaluation: EvaluationContext, found: Shape, wanted: str, about: tuple[FieldSteps, str, str]
) -> None:
    where, source, error = about
    reason = f"{where[-1]} must be {wanted}, and is always {described(found)}"
    evaluation.note_failure(where, source, error, reason=reason)
