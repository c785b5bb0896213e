"""Lays out help that has wide characters, each of which fills two columns of a terminal.

click counts characters and breaks at spaces, which Chinese has none of; without wide characters
its own layout stands.
"""

import re
from collections.abc import Iterable, Iterator
from unicodedata import east_asian_width

import click

from asw.messages import t

_WIDE = "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6]"
_CLOSING = "，。、；：？！）】》」』”’…"
_OPENING = "（【《「『“‘"
_PIECES = re.compile(
    rf"\s+|[{_OPENING}]*(?:{_WIDE}|(?:(?!{_WIDE})[^\s{_OPENING}{_CLOSING}])+)?[{_CLOSING}]*"
)
_MARK_OF_LINES = "\b"
"""click: what follows this is shown line by line."""
_NEW_LINE = r"[ \t]*(?<!\n)\n(?!\n)[ \t]*"
_LINE_WITHIN_WIDE = re.compile(
    rf"(?<=[{_OPENING}{_CLOSING}]){_NEW_LINE}"
    rf"|{_NEW_LINE}(?=[{_OPENING}{_CLOSING}])"
    rf"|(?<={_WIDE}){_NEW_LINE}(?={_WIDE})"
)
_FIRST_COLUMN_AT_MOST = 30
_GAP = 2


class HelpFormatter(click.HelpFormatter):
    """Lays out help with wide characters; leaves other help to click."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The line that says how the verb is called."""
        super().write_usage(prog, args, t("Usage: ") if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        """The line above a section."""
        self.write(f"{'':>{self.current_indent}}{t('{heading}:', heading=heading)}\n")

    def write_text(self, text: str) -> None:
        """Paragraphs, filled up to the width."""
        if not has_wide(text):
            super().write_text(text)
            return
        margin = " " * self.current_indent
        room = self.width - self.current_indent
        paragraphs = [
            "\n".join(f"{margin}{line}" for line in _lines(paragraph, room))
            for paragraph in text.strip("\n").split("\n\n")
        ]
        self.write("\n\n".join(paragraphs) + "\n")

    def write_dl(
        self,
        rows: Iterable[tuple[str, str]],
        col_max: int = _FIRST_COLUMN_AT_MOST,
        col_spacing: int = _GAP,
    ) -> None:
        """Names and what they mean, in two columns."""
        rows = list(rows)
        if not any(has_wide(f"{first}{second}") for first, second in rows):
            super().write_dl(rows, col_max, col_spacing)
            return
        column = min(max(columns_of(first) for first, _ in rows), col_max) + col_spacing
        margin, under = " " * self.current_indent, " " * (self.current_indent + column)
        for first, second in rows:
            rest = column - columns_of(first)
            lines = filled(second, max(self.width - len(under), 10))
            start = " " * rest if rest >= col_spacing or not second else f"\n{under}"
            self.write(f"{margin}{first}{start}{f'{chr(10)}{under}'.join(lines)}".rstrip() + "\n")


class HelpContext(click.Context):
    """Help of the verbs is laid out so."""

    formatter_class = HelpFormatter


def has_wide(text: str) -> bool:
    """Whether something in it fills two columns."""
    return re.search(_WIDE, text) is not None


def columns_of(text: str) -> int:
    """How many columns of a terminal it fills."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def joined(text: str) -> str:
    """Lines that end and go on within Chinese, put together: a space there is none of its own."""
    return _LINE_WITHIN_WIDE.sub("", text)


def filled(text: str, width: int) -> list[str]:
    """The text in lines of so many columns at most, unless one word is longer.

    Chinese may be broken between any two signs, but none begins with a closing sign or ends with
    an opening one.
    """
    lines, line = [], ""
    for piece in _pieces(joined(text)):
        if columns_of(line.rstrip() if piece.isspace() else line + piece) > width and line.strip():
            lines.append(line.rstrip())
            line = ""
        if line or not piece.isspace():
            line += piece
    return [*lines, line.rstrip()]


def _lines(paragraph: str, width: int) -> list[str]:
    if paragraph.startswith(_MARK_OF_LINES):
        return paragraph.removeprefix(_MARK_OF_LINES).strip("\n").splitlines()
    return filled(paragraph, width)


def _pieces(text: str) -> Iterator[str]:
    for found in _PIECES.finditer(text):
        if found[0]:
            yield " " if found[0].isspace() else found[0]
