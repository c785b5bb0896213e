"""Words that YAML 1.1 reads as no text, and what is said where one of them is a mistake. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from asw.app.checks.findings import Finding
from asw.app.messages import t
from asw.asl.values import to_text

_PLAIN: Final = re.compile(r"[\w~.:+-]{1,40}", re.ASCII)


def with_readings(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings; an error at a word such as ``on`` says as what YAML reads it."""
    for finding in findings:
        reading = "" if finding.is_warning else _reading_at(finding)
        if reading:
            yield replace(finding, remedy="; ".join(filter(None, (finding.remedy, reading))))
        else:
            yield finding


def _reading_at(finding: Finding) -> str:
    source, position = finding.source, finding.position
    if source is None or source.is_json or position is None:
        return ""
    if position.line != position.end_line:
        return ""
    word = source.line(position.line)[position.column - 1 : position.end_column - 1]
    read = read_as(word)
    if read in (None, word):
        return ""
    return t("YAML reads {word} as {read}: quote it to make it text", word=word, read=read)


def read_as(word: str) -> str | None:
    """What a word without quotes is in YAML, as JSON text; None where it is text."""
    if not _PLAIN.fullmatch(word):
        return None
    import yaml  # noqa: PLC0415 -- only where something is told

    try:
        value = yaml.safe_load(word)
    except (yaml.YAMLError, ValueError):
        return None
    return to_text(value) if value is None or isinstance(value, bool | int) else None
