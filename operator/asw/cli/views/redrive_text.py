"""The plan of a redrive as lines of text. Pure."""

from collections.abc import Iterator, Mapping

from asw.api.instants import instant_text
from asw.explain.redrive import How, RedrivePlan, Work
from asw.messages import t

_MOST_INDEXES = 10


def draw(plan: RedrivePlan, way_out: str) -> Iterator[str]:
    """What runs again and what is reused; for redrives that are possible.

    ``way_out`` says how to make work what would fail again.
    """
    yield t("runs again:")
    for work in plan.works:
        yield f"{'    ' * (len(work.around) + 1)}{_work(work)}"
    if any(work.is_alike for work in plan.works):
        yield f"    {way_out}"
    yield t("is reused:")
    if not plan.reused:
        yield "    " + t("nothing: no state had finished")
        return
    yield "    " + ", ".join(_times(plan.reused))


def _times(reused: Mapping[str, int]) -> Iterator[str]:
    for name, count in reused.items():
        yield name if count == 1 else t("{name} ({count} times)", name=name, count=count)


def _work(work: Work) -> str:
    return f"{work.state} ({work.kind}){_where(work)}: {_what(work)}"


def _where(work: Work) -> str:
    """In which branches or iterations of the innermost state around it."""
    if not work.around:
        return ""
    shown = ", ".join(map(str, work.indexes[:_MOST_INDEXES]))
    shown += ", …" if len(work.indexes) > _MOST_INDEXES else ""
    return " " + t(
        "in {count} of {state}: {indexes}",
        count=len(work.indexes),
        state=work.around[-1],
        indexes=shown,
    )


def _what(work: Work) -> str:
    if work.is_alike:
        return t("fails again: its definition and its data are the same")
    if work.how == "again" and work.function is not None:
        return t("{resource} is started again, with all its retries", resource=work.function)
    until = "" if work.until is None else instant_text(work.until)
    numbers = {"kept": work.kept, "again": work.again, "first": work.first}
    ways: Mapping[How, str] = {
        "again": t("runs again"),
        "whole": t("runs again as a whole, with everything in it"),
        "next": t("is entered"),
        "wait": t("waits on until {until}", until=until),
        "over": t("continues at once: it waited until {until}", until=until),
        "write": t("all {kept} results are kept, and written again", kept=work.kept),
        "parts": t("{kept} kept, {again} again, {first} for the first time", **numbers),
    }
    return ways[work.how]
