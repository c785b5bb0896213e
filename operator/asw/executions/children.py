"""What the children of distributed Maps have in sum: they have histories of their own. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from asw.executions.port import Children
from asw.executions.progress import IDLE, Mark, Progress


def of_children(visits: Mapping[str, tuple[int, int]], *, is_over: bool) -> dict[str, Progress]:
    """What children's states have in sum, given how often they entered and left each.

    One that was entered and never left, in an execution that is over, has failed or was stopped.
    """
    return {
        name: Progress(
            mark=_mark_of(entered, left, is_over=is_over),
            visits=entered,
            open=0 if is_over else entered - left,
        )
        for name, (entered, left) in visits.items()
    }


def with_children(
    progress: Mapping[str, Progress],
    visits: Mapping[str, tuple[int, int]],
    map_runs: Mapping[str, Children],
    *,
    is_over: bool,
) -> dict[str, Progress]:
    """An execution's progress with that of its distributed Maps' children in it."""
    whole = {**of_children(visits, is_over=is_over), **progress}
    for state, children in map_runs.items():
        whole[state] = replace(whole.get(state, IDLE), children=children)
    return whole


def _mark_of(entered: int, left: int, *, is_over: bool) -> Mark:
    if entered == left:
        return "done"
    return "failed" if is_over else "running"
