"""The result of a plan as lines, each with a sign of what changes: ``+``, ``-``, ``~``. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from asw.asl.values import ABSENT, Absent, Json, to_text
from asw.draw.boxes import shorten
from asw.messages import t
from asw.planning.in_flight import InFlightRun
from asw.planning.result import ObjectOutlook, PlanResult
from asw.planning.values import Change, Difference

Sign = Literal["+", "-", "~", "!", " "]
_SIGNS: dict[Change, Sign] = {"added": "+", "removed": "-", "changed": "~", "renamed": "~"}
_VALUE_CELLS = 60
_LISTED = 12
"""How many names a line has at most."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the picture; its sign says its colour as well."""

    sign: Sign
    depth: int
    text: str

    def __str__(self) -> str:
        return f"{'    ' * self.depth}{self.sign} {self.text}".rstrip()


def draw(result: PlanResult) -> Iterator[Line]:
    """Every object that changes, what stays, and how many of each."""
    for each in result.objects:
        if each.fate != "same" or each.refusal is not None:
            yield from _object(each)
    for kind, names in result.only_there.items():
        if names:
            values = {"kind": kind, "names": _listed(names)}
            yield Line(" ", 0, t("not in the files, stays: {kind} {names}", **values))


def summary_of(result: PlanResult) -> str:
    """How many objects are to be created, to be changed, and stay as they are."""
    if not result.has_differences:
        count = len(result.objects)
        return t(
            "no difference between the files and {place} (compared: {count})",
            place=result.place,
            count=count,
        )
    return t(
        "{added} to create, {changed} to change, {same} as they are, in {place}",
        added=result.count("added"),
        changed=result.count("changed"),
        same=result.count("same"),
        place=result.place,
    )


def _object(each: ObjectOutlook) -> Iterator[Line]:
    sign: Sign = {"added": "+", "changed": "~", "same": " "}[each.fate]  # type: ignore[assignment]
    yield Line(sign, 0, f"{each.kind} {each.name}")
    for difference in each.differences:
        yield from _difference(difference, 1)
    yield from (Line("~" if each.fate == "changed" else " ", 1, note) for note in each.notes)
    if each.refusal is not None:
        yield Line("!", 1, t("would be refused: {reason}", reason=each.refusal))
    yield from _callers(each)
    yield from _flights(each)


def _difference(difference: Difference, depth: int) -> Iterator[Line]:
    yield Line(_SIGNS[difference.change], depth, _text(difference))
    for part in difference.parts:
        yield from _difference(part, depth + 1)


def _text(difference: Difference) -> str:
    name = difference.name
    if difference.kind is None:
        return _field_text(difference)
    state = t("state {name} ({kind})", name=name, kind=difference.kind)
    if difference.change == "renamed":
        return t("{state}, previously {before}", state=state, before=difference.before)
    summary = difference.after if difference.change == "added" else difference.before
    if isinstance(summary, Absent) or not summary:
        return state
    return f"{state}: " + ", ".join(f"{field} {_value(value)}" for field, value in summary.items())


def _field_text(difference: Difference) -> str:
    name, before, after = difference.name, difference.before, difference.after
    if name.startswith("spec.code["):
        file = name.removeprefix("spec.code[").removesuffix("]")
        gone, come = (0 if isinstance(each, Absent) else each for each in (before, after))
        if difference.change == "changed":
            return t(
                "code of {file}: {come} lines added, {gone} removed",
                file=file,
                come=come,
                gone=gone,
            )
        return t("code of {file}: {count} lines", file=file, count=come + gone)
    is_transition = name.rpartition(".")[2] == "Next"
    if isinstance(before, Absent) and not is_transition:
        return f"{name}: {_value(after)}"
    if isinstance(after, Absent) and not is_transition:
        return f"{name}: {_value(before)}"
    return f"{name}: {_value(before)} → {_value(after)}"


def _value(value: Json | Absent) -> str:
    """Names of states and the like as they are, everything else as JSON."""
    if value is ABSENT:
        return t("end")
    text = value if isinstance(value, str) and value and " " not in value else to_text(value)
    return shorten(text, _VALUE_CELLS)


def _callers(each: ObjectOutlook) -> Iterator[Line]:
    if each.callers:
        values = {"count": len(each.callers), "names": _listed(each.callers)}
        sentence = t("in flight: {count}, whose next calls run the new one: {names}", **values)
        yield Line(" ", 1, sentence)


def _listed(names: Sequence[str]) -> str:
    """The first of them; JSON has all."""
    shown = ", ".join(names[:_LISTED])
    more = len(names) - _LISTED
    return t("{names} and {count} more", names=shown, count=more) if more > 0 else shown


def _flights(each: ObjectOutlook) -> Iterator[Line]:
    if not each.flights:
        return
    count = len(each.flights) + each.more_flights
    yield Line(" ", 1, t("in flight: {count}", count=count))
    for flight in each.flights:
        yield Line(" ", 2, _flight(flight))
    if each.more_flights:
        yield Line(" ", 2, t("and {count} more", count=each.more_flights))


def _flight(flight: InFlightRun) -> str:
    values = {"name": flight.name, "phase": flight.phase, "states": flight.states or "-"}
    if flight.revision is None:
        return t("{name} ({phase}): has not started, will run the new definition", **values)
    if not flight.is_known:
        return t("{name} ({phase}, {states}): keeps its revision", **values)
    if flight.misfit is None:
        return t(
            "{name} ({phase}, {states}): keeps its revision; after a stop or a failure, "
            "asw redrive {name} --revision current moves it",
            **values,
        )
    return t(
        "{name} ({phase}, {states}): keeps its revision and cannot move: {reason}",
        **values,
        reason=flight.misfit,
    )
