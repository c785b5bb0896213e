"""Silences warnings: by ``--ignore``, and by notes in the files. Pure.

A note reads ``asw: ignore CODE, CODE``. It is a YAML comment on the line of the finding or directly
above it, or in the field Comment of a state or machine, where it covers all of it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from asw.asl.values import Json, from_text
from asw.failures import Failure, nearest
from asw.lint.documents import Document
from asw.lint.findings import Finding, steps_of
from asw.lint.rules import MEANINGS, STALE_NOTE
from asw.messages import t

_NOTE: Final = re.compile(r"\basw: ignore (\w+(?:, *\w+)*)")


def known_codes(codes: Iterable[str]) -> frozenset[str]:
    """The codes. Raises Failure for an unknown one, with the nearest known one."""
    wanted = frozenset(codes)
    for code in sorted(wanted - MEANINGS.keys()):
        message = t("--ignore {code}: no such code", code=code)
        remedy = nearest(code, MEANINGS) or t("docs/reference/findings.md names all")
        raise Failure(message, remedy=remedy)
    return wanted


def heard(
    findings: Iterable[Finding], documents: Sequence[Document], ignored: Collection[str] = ()
) -> list[Finding]:
    """The findings without ignored warnings; errors are always kept."""
    return [
        finding
        for finding in findings
        if not finding.is_warning
        or (finding.code not in ignored and not _is_noted(finding, documents))
    ]


@dataclass(frozen=True, slots=True)
class _Note:
    """Where it stands: a line of a file, or the object whose Comment it is."""

    file: str
    place: int | tuple[int, Sequence[str]]
    """A line; or the number of a document, and the steps to the object."""
    codes: Sequence[str] = field(compare=False)


def stale_notes(
    documents: Sequence[Document], findings: Iterable[Finding], unasked: Collection[str] = ()
) -> list[Finding]:
    """A warning for each code of a note that silences nothing, of all that was found.

    ``unasked`` are codes that nobody looked for: of these nothing is known.
    """
    used = {
        (note, finding.code)
        for finding in findings
        if finding.is_warning
        for note in _notes_about(finding, documents)
    }
    stale = {
        (note, code): document
        for document in documents
        for note in _notes_in(document)
        for code in note.codes
        if code not in unasked and (note, code) not in used
    }
    return [_stale(document, note, code) for (note, code), document in stale.items()]


def _stale(document: Document, note: _Note, code: str) -> Finding:
    source, remedy = document.origin.source, t("take the note out")
    if code not in MEANINGS:
        remedy = nearest(code, MEANINGS) or remedy
    if isinstance(note.place, int):
        position = None if source is None else source.at_line(note.place)
        pointer = ""
    else:
        steps = (*note.place[1], "Comment")
        position = None if source is None else source.locate(document.number, steps, "best")
        pointer = "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)
    return Finding(
        file=note.file,
        code=STALE_NOTE,
        severity="WARNING",
        message=t("asw: ignore {code} silences nothing", code=code),
        remedy=remedy,
        pointer=pointer,
        position=position,
        source=source,
        document=document.number,
    )


def _is_noted(finding: Finding, documents: Iterable[Document]) -> bool:
    return any(finding.code in note.codes for note in _notes_about(finding, documents))


def _notes_about(finding: Finding, documents: Iterable[Document]) -> Iterator[_Note]:
    yield from _comments_at(finding)
    steps = steps_of(finding.pointer)
    for document in documents:
        above = tuple(map(str, document.steps))
        place = (document.origin.file, document.number, above)
        if place == (finding.file, finding.document, steps[: len(above)]):
            for at, text in _comments_on(document.content, steps[len(above) :]):
                yield from _note(finding.file, (document.number, (*above, *at)), text)


def _note(file: str, place: int | tuple[int, Sequence[str]], text: str) -> Iterator[_Note]:
    if found := _NOTE.search(text):
        yield _Note(file, place, tuple(re.split(r", *", found[1])))


def _comments_at(finding: Finding) -> Iterator[_Note]:
    """Comments of YAML in the line, and those that have the lines above it for themselves."""
    source, position = finding.source, finding.position
    if source is None or source.is_json or position is None:
        return
    number = position.line
    yield from _note(finding.file, number, source.line(number).partition("#")[2])
    while (line := source.line(number := number - 1).strip()).startswith("#"):
        yield from _note(finding.file, number, line)


def _comments_on(content: Json, steps: Sequence[str]) -> Iterator[tuple[Sequence[str], str]]:
    """Comments of the objects on the way, each with the steps to its object."""
    here = content
    for number, step in enumerate((*steps, "")):
        if step:
            here = _opened(here)
        if isinstance(here, dict):
            if isinstance(comment := here.get("Comment"), str):
                yield steps[:number], comment
            here = here.get(step)
        elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            return


def _opened(value: Json) -> Json:
    """A definition as text becomes what it says."""
    if not isinstance(value, str):
        return value
    try:
        return from_text(value)
    except (ValueError, RecursionError):
        return None


def _notes_in(document: Document) -> Iterator[_Note]:
    origin = document.origin
    if (source := origin.source) is not None and not source.is_json:
        for number in range(1, source.text.count("\n") + 2):
            yield from _note(origin.file, number, source.line(number).partition("#")[2])
    above = tuple(map(str, document.steps))
    waiting: list[tuple[Sequence[str], Json]] = [((), document.content)]
    while waiting:
        at, value = waiting.pop()
        if isinstance(value, list):
            waiting += [((*at, str(number)), each) for number, each in enumerate(value)]
        elif isinstance(value, dict):
            if isinstance(comment := value.get("Comment"), str):
                yield from _note(origin.file, (document.number, (*above, *at)), comment)
            waiting += [
                ((*at, name), _opened(each) if name == "definitionText" else each)
                for name, each in value.items()
            ]
