"""Findings as compilers tell theirs: ``file:line:column: error: CODE: sentence``.

On a terminal the line of the file follows, and a caret under the place.
"""

import sys
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TextIO

import click

from asw.failures import some_of
from asw.lint.findings import Finding
from asw.lint.rules import MEANINGS
from asw.messages import language, t

WIDEST_LINE = 160
"""Characters of a line of a file that are shown."""
MOST_ALIKE = 3
"""Up to this many equal warnings are printed one by one."""


def show_findings(findings: Sequence[Finding], stream: TextIO | None = None) -> None:
    """All of them, on standard error by default."""
    stream = sys.stderr if stream is None else stream
    is_terminal = stream.isatty()
    for first, others in _alike(findings):
        for line in finding_lines(first, has_picture=is_terminal):
            click.echo(line, file=stream)
        if others:
            click.echo(f"    {_elsewhere(others)}", file=stream)


def _alike(findings: Sequence[Finding]) -> Iterator[tuple[Finding, Sequence[Finding]]]:
    """The findings in their order; of many warnings that say the same the first has the others."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_sense(finding), []).append(finding)
    for finding in findings:
        group = groups[_sense(finding)]
        if not finding.is_warning or len(group) <= MOST_ALIKE:
            yield finding, ()
        elif finding is group[0]:
            yield finding, group[1:]


def _sense(finding: Finding) -> tuple[str, ...]:
    return (finding.file, finding.subject, finding.code, finding.message, finding.remedy)


def _elsewhere(others: Sequence[Finding]) -> str:
    """How many others there are, and where the first of them stand."""
    places = [str(it.position.line) if it.position else it.path for it in others]
    return t(
        "the same in {count} more places, on lines {lines}",
        count=len(others),
        lines=some_of(places),
    )


def finding_lines(finding: Finding, *, has_picture: bool) -> Iterator[str]:
    """The lines of one finding; colours are taken away by who writes to what is no terminal."""
    colour = "yellow" if finding.is_warning else "red"
    label = click.style(t("warning") if finding.is_warning else t("error"), fg=colour, bold=True)
    yield f"{click.style(finding.place, bold=True)}: {label}: {_one_line(finding.sentence)}"
    if finding.path and language() != "en" and finding.code in MEANINGS:
        yield f"    {t(MEANINGS[finding.code])}"  # the sentence above is AWS's own
    if has_picture and finding.source is not None and finding.position is not None:
        yield from _picture(finding, colour)


def _picture(finding: Finding, colour: str) -> Iterator[str]:
    """The line of the file, cut around the place where it is long, and carets below."""
    assert finding.source is not None
    assert finding.position is not None
    position = finding.position
    line = finding.source.line(position.line)
    at = position.column - 1
    end = position.end_column - 1 if position.end_line == position.line else len(line)
    start = max(0, at - WIDEST_LINE // 2) if len(line) > WIDEST_LINE else 0
    shown = _printable(line[start : start + WIDEST_LINE])
    before = _printable(line[start:at])
    marked = _printable(line[at : min(end, start + WIDEST_LINE)])
    number = str(position.line)
    yield click.style(f"{number:>5} | ", dim=True) + shown
    carets = "^" * max(1, _width(marked))
    yield " " * (max(len(number), 5) + 3 + _width(before)) + click.style(carets, fg=colour)


def _printable(text: str) -> str:
    """The text without characters that would move the cursor or ring a bell."""
    return "".join(
        " " if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") else character
        for character in text
    )


def _one_line(text: str) -> str:
    """Payloads of users are in messages: nothing of them may look like a line of its own."""
    return _printable(" ".join(text.splitlines()))


def _width(text: str) -> int:
    """Cells of a terminal: Chinese takes two each."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    zero = sum(unicodedata.combining(character) != 0 for character in text)
    return len(text) + wide - zero
