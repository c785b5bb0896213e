"""Fields whose value has the right type and never the right size or form."""

import math

from asw.asl.timestamps import parse_timestamp
from asw.lint.analysis.describing import described
from asw.lint.analysis.evaluation import EvaluationContext, FieldSteps, Note
from asw.lint.analysis.shapes import Shape


def check_bounds(
    evaluation: EvaluationContext,
    found: Shape | None,
    bounds: tuple[float, float],
    about: tuple[FieldSteps, str, str],
) -> None:
    """Note that the field always fails, if no number that may be found there is in the bounds.

    Both belong to the numbers allowed. ``about`` is the field, its expression, and the error that
    it fails with. A value that is no number at all is another matter.
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
    """Note that the field always fails, if no text that may be found there is a timestamp."""
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
    evaluation.note(Note(kind="always fails", where=where, text=source, reason=reason, error=error))
