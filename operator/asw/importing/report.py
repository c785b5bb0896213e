"""The report of an import, for people and for programs. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from asw.asl.values import Json
from asw.importing.conversion import Conversion
from asw.importing.found import Kind
from asw.messages import t

_ORDER: Final[tuple[Kind, ...]] = (
    "carried",
    "function",
    "unsupported",
    "open",
    "invalid",
    "left-out",
)


def _titles() -> Mapping[Kind, str]:
    return {
        "carried": t("Carries over"),
        "function": t("Needs a Function"),
        "unsupported": t("Not supported"),
        "open": t("To be filled in"),
        "invalid": t("Wrong in the definition"),
        "left-out": t("Left out"),
    }


def as_text(conversion: Conversion) -> Iterator[tuple[Kind | None, str]]:
    """Lines, the titles with the kind that they stand for, so that they may be coloured."""
    titles = _titles()
    for kind in _ORDER:
        notes = [note for note in conversion.notes if note.kind == kind]
        if not notes:
            continue
        yield kind, titles[kind]
        for note in notes:
            yield None, f"  {note.place}: {note.message}"
            if note.remedy:
                yield None, f"      {note.remedy}"


def as_json(conversion: Conversion) -> Json:
    """The same as an object; ``needsWork`` is what the exit code says."""
    return {
        "workflows": [it["metadata"]["name"] for it in conversion.workflows],
        "functions": [it["metadata"]["name"] for it in conversion.functions],
        "needsWork": conversion.needs_work,
        "notes": [
            {
                "kind": note.kind,
                "place": note.place,
                "message": note.message,
                **({"remedy": note.remedy} if note.remedy else {}),
            }
            for note in conversion.notes
        ],
    }
