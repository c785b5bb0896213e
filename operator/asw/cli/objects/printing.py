"""Prints objects: the one place where their texts and tables go to standard output."""

import sys
from collections.abc import Iterable, Sequence

import click

from asw.cli.objects.tables import Cell, Look, Row, aligned
from asw.messages.visible import visible


def print_table(head: Sequence[str], rows: Sequence[Row], look: Look) -> None:
    """The table; colours only where a terminal shows them."""
    for line in aligned(head, rows, look):
        print_row(line)


def print_row(cells: Iterable[Cell]) -> None:
    """One line of a table whose cells are padded already."""
    click.echo("".join(map(_coloured, cells)).rstrip())


def print_text(text: str) -> None:
    """Text for programs; on a terminal a line end keeps the prompt apart."""
    is_open = bool(text) and not text.endswith("\n")
    click.echo(text, nl=is_open and sys.stdout.isatty())


def _coloured(cell: Cell) -> str:
    text = visible(cell.text)
    return text if cell.colour is None else click.style(text, fg=cell.colour)
