"""Words that YAML 1.1 reads as no text, and what is said where one of them is a mistake. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from asw.lint.findings import Finding
from asw.lint.locating import read_as
from asw.messages import t


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
