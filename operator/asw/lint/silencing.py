"""Warnings that their author does not want to hear: ``--ignore``, and notes in the files.

A note reads ``asw: ignore CODE, CODE``. It stands in a comment of YAML, in the line that is told or
right above it, or in the field Comment of the state or the machine, for all that is in them. Pure.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from asw.asl.values import Json
from asw.failures import Failure, nearest
from asw.lint.documents import Document
from asw.lint.findings import Finding, steps_of
from asw.lint.rules import MEANINGS
from asw.messages import t

_NOTE: Final = re.compile(r"\basw: ignore (\w+(?:, *\w+)*)")


def known_codes(codes: Iterable[str]) -> frozenset[str]:
    """The codes themselves. Raises Failure with the nearest for one that there is not."""
    wanted = frozenset(codes)
    for code in sorted(wanted - MEANINGS.keys()):
        message = t("--ignore {code}: no such code", code=code)
        remedy = nearest(code, MEANINGS) or t("docs/reference/findings.md names all")
        raise Failure(message, remedy=remedy)
    return wanted


def heard(
    findings: Iterable[Finding], documents: Sequence[Document], ignored: Collection[str] = ()
) -> list[Finding]:
    """The findings without the warnings that are ignored; errors are always told."""
    return [
        finding
        for finding in findings
        if not finding.is_warning
        or (finding.code not in ignored and not _is_noted(finding, documents))
    ]


def _is_noted(finding: Finding, documents: Iterable[Document]) -> bool:
    texts = [*_comments_at(finding), *_fields_around(finding, documents)]
    return any(
        finding.code in re.split(r", *", found[1])
        for text in texts
        if (found := _NOTE.search(text))
    )


def _comments_at(finding: Finding) -> Iterator[str]:
    """Comments of YAML in the line, and those that have the lines above it for themselves."""
    source, position = finding.source, finding.position
    if source is None or source.is_json or position is None:
        return
    yield source.line(position.line).partition("#")[2]
    number = position.line - 1
    while (line := source.line(number).strip()).startswith("#"):
        yield line
        number -= 1


def _fields_around(finding: Finding, documents: Iterable[Document]) -> Iterator[str]:
    """What the Comments say of the objects that the finding is in."""
    steps = steps_of(finding.pointer)
    for document in documents:
        above = tuple(map(str, document.steps))
        place = (document.origin.file, document.number, above)
        if place == (finding.file, finding.document, steps[: len(above)]):
            yield from _comments_on(document.content, steps[len(above) :])


def _comments_on(content: Json, steps: Sequence[str]) -> Iterator[str]:
    here = content
    for step in (*steps, ""):
        if isinstance(here, str) and step:  # a definition as text
            try:
                here = json.loads(here)
            except (ValueError, RecursionError):
                return
        if isinstance(here, dict):
            if isinstance(comment := here.get("Comment"), str):
                yield comment
            here = here.get(step)
        elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            return
