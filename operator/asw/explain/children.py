"""What the record of a distributed Map knows of its children. Pure.

Children of ExecutionType EXPRESS keep no history and have no object. What is left of one that
failed is in its parent's record: its item, its error and its cause.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from asw.asl.model import MapState
from asw.engine.children import derived_uuid
from asw.engine.record import OnMapRun, Tolerance, ordinal_of
from asw.executions.causes import named
from asw.executions.visits import Visit
from asw.explain.case import Case
from asw.explain.explanation import FailedItem
from asw.messages import t

_SHOWN_ERRORS: Final = 3


def has_express_children(state: object) -> bool:
    """Whether it is a distributed Map whose children keep no history."""
    distribution = state.distribution if isinstance(state, MapState) else None
    return distribution is not None and distribution.execution_type == "EXPRESS"


def failed_item(case: Case, visit: Visit) -> FailedItem | None:
    """The first child of the visited Map by number that failed; None if none is known."""
    waiting = _waiting(case, visit)
    if waiting is None or not waiting.failures or not has_express_children(case.state(visit.name)):
        return None
    index = min(waiting.failures)
    output = waiting.failures[index]
    return FailedItem(
        index=index,
        uid=derived_uuid(case.run.uid, ordinal_of(waiting, index)),
        input=waiting.items[index],
        error=output.get("Error"),
        cause=output.get("Cause"),
    )


def children_notes(case: Case, visit: Visit) -> Iterator[str]:
    """How the children of the visited Map ended, with which errors, and what it tolerates."""
    waiting = _waiting(case, visit)
    if waiting is None:
        return
    yield t(
        "Of {total} children {done} succeeded and {failed} failed.",
        total=len(waiting.items),
        done=len(waiting.outputs),
        failed=len(waiting.failures),
    )
    if not waiting.failures:
        return
    ends = (waiting.failures[index] for index in sorted(waiting.failures))
    errors = Counter(named(it.get("Error") or t("no error name"), it.get("Cause")) for it in ends)
    for error, count in errors.most_common(_SHOWN_ERRORS):
        yield t("{count} of them with {error}", count=count, error=error)
    yield from _tolerated(waiting.map_run.tolerance)


def _tolerated(tolerance: Tolerance) -> Iterator[str]:
    if tolerance.count is None and tolerance.percentage is None:
        yield t("It tolerates none: no ToleratedFailureCount, no ToleratedFailurePercentage.")
    if tolerance.count is not None:
        yield t("Its ToleratedFailureCount is {count}.", count=tolerance.count)
    if tolerance.percentage is not None:
        yield t("Its ToleratedFailurePercentage is {percent}.", percent=f"{tolerance.percentage:g}")


def _waiting(case: Case, visit: Visit) -> OnMapRun | None:
    frame = case.frame(visit)
    return frame.waiting if frame is not None and isinstance(frame.waiting, OnMapRun) else None
