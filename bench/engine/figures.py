"""What was measured, in a unit, and whether it is what it must be."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["aim", "must", "missed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Samples in the unit that ``form`` writes, such as ``{:.2f} s``."""

    samples: Sequence[float]
    form: str

    @property
    def median(self) -> float:
        """The one in the middle, which a busy machine moves least."""
        return statistics.median(self.samples)

    @property
    def range(self) -> str:
        """The least and the greatest."""
        return " - ".join(self.form.format(end) for end in (min(self.samples), max(self.samples)))

    def __str__(self) -> str:
        return self.form.format(self.median)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a number must reach, and what it aims at: at least, where more is better."""

    must: float
    aim: float
    is_more_better: bool
    form: str

    def verdict(self, value: float) -> Verdict:
        """The better of the two that the value reaches."""
        if self._reaches(value, self.aim):
            return "aim"
        return "must" if self._reaches(value, self.must) else "missed"

    def worded(self, bound: float) -> str:
        """One of the two bounds."""
        return f"{'>=' if self.is_more_better else '<='} {self.form.format(bound)}"

    def _reaches(self, value: float, bound: float) -> bool:
        return value >= bound if self.is_more_better else value <= bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: a figure, or its ratio to another one, against its goal."""

    what: str
    figure: Figure
    beside: Figure | None = None
    goal: Goal

    @property
    def value(self) -> float:
        """What the goal is about."""
        return self.figure.median / (1 if self.beside is None else self.beside.median)

    def cells(self) -> tuple[str, ...]:
        """Its texts: what, median, range, the one beside, ratio, must, aim, verdict."""
        ratio = "" if self.beside is None else self.goal.form.format(self.value)
        return (
            self.what,
            str(self.figure),
            self.figure.range,
            "" if self.beside is None else str(self.beside),
            ratio,
            self.goal.worded(self.goal.must),
            self.goal.worded(self.goal.aim),
            self.goal.verdict(self.value),
        )
