"""Where the expressions of one state are worked out: what they read, and what was noted of them.

A note says what is wrong with one field; ``findings`` puts it into words. The first error that is
certain is kept as the ``failure`` of the state: no run gets past it.
"""

from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from asw.lint.analysis.places import Steps, keeping
from asw.lint.analysis.shapes import NOTHING, Shape

NoteKind: TypeAlias = Literal["never there", "maybe missing", "finds nothing", "always fails"]
FieldSteps: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is wrong with a field, by its steps from the state.

    ``text`` is the expression. ``steps`` lead from ``root`` (None the state's input, else the name
    of a variable) to what is missing, ``at`` is the number of the step that fails, ``near`` are
    the names that are there instead. ``why`` says what an "always fails" fails with,
    or ``reason`` does, in words. ``is_sure``
    is False where a run may get past the field without evaluating it. ``seen`` is what is there
    instead of what is wanted.
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


@dataclass(slots=True)
class EvaluationContext:
    """``raw`` is the state's raw input, ``document`` what ``$`` means at the moment.

    ``has_states`` are the fields of ``$states`` besides input and context, by name. ``passed`` are
    places that any run which gets past here has, as root and steps. ``may_fail``: something was
    worked out that may fail with an error that a Catcher takes.
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
        """Keep the note, and its failure where it is the first that is certain."""
        self.notes.append(note if self.is_sure else replace(note, is_sure=False))
        is_failure = note.kind in ("never there", "always fails")
        if is_failure and self.is_sure and note.is_sure and self.failure is None:
            self.failure = note.error

    def has(self, root: str | None, steps: Steps) -> None:
        """Whoever gets past here has something at this place."""
        if self.is_sure:
            self.passed.append((root, steps))

    def settle(self) -> None:
        """Take for granted in ``raw`` and ``variables`` what was ``passed``."""
        for root, steps in self.passed:
            if root is None:
                self.raw = _had(self.raw, steps)
            else:
                self.variables = _had(self.variables, (root, *steps))
        self.passed.clear()


def _had(value: Shape, steps: Steps) -> Shape:
    kept = keeping(value, steps, lambda found: found)
    return value if kept is NOTHING else kept
