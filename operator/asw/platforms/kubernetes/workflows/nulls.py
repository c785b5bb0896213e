"""What is said of a Workflow whose nulls got lost on the way, or would with its annotation. Pure.

The list in the spec is evidence, never a source: a null is not put back by it, since one that was
deleted on purpose looks the same (docs/design/0015-nulls-that-survive.md).
"""

from typing import Final

from asw.api.applied import LAST_APPLIED
from asw.api.nulls import NULLS_AT_RISK, NULLS_LOST, some_of
from asw.api.workflow import Workflow
from asw.asl.problems import Problem
from asw.reconciler.reading import LONGEST_MESSAGE, SHOWN, Verdict

_DEFINITION: Final = "/definition"
_MEND: Final = (
    "Helm, kubectl edit and other merge patches drop nulls; write spec.definitionText, or apply"
    " with --server-side; if it is meant to be otherwise, take it off spec.nulls"
)


def without_its_nulls(workflow: Workflow) -> Verdict | None:
    """The refusal of a Workflow that lacks nulls which ``spec.nulls`` names; None of any other."""
    lost = workflow.lost_nulls
    if not lost:
        return None
    problems = tuple(
        Problem(
            severity="ERROR",
            code=NULLS_LOST,
            path=_path(pointer),
            summary=f"spec.nulls says that {pointer} is null, and it is not",
            hint=_MEND,
        )
        for pointer in lost[:SHOWN]
    )
    return Verdict(problems=problems, errors=len(lost), functions=None)


def reminders(workflow: Workflow) -> tuple[Problem, ...]:
    """A warning where nulls are known from the annotation of kubectl apply alone."""
    places = some_of(workflow.unlisted_nulls) if workflow.completed else ""
    if not places:
        return ()
    return (
        Problem(
            severity="WARNING",
            code=NULLS_AT_RISK,
            path="/",
            summary=(
                f"kubectl apply left nulls out, which only the annotation {LAST_APPLIED} has:"
                f" {places}"[:LONGEST_MESSAGE]
            ),
            hint="a copy without it is another workflow; write spec.definitionText, apply with"
            " --server-side, or name them in spec.nulls",
        ),
    )


def _path(pointer: str) -> str:
    """Where it is in the definition; all that is elsewhere is told by the message alone."""
    is_within = pointer.startswith(f"{_DEFINITION}/")
    return pointer.removeprefix(_DEFINITION) if is_within else "/"
