"""Lines with a style on standard output: coloured on a terminal that wants it, plain elsewhere."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import click

from asw.messages.visible import visible

_STYLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "title": {"bold": True},
    "bad": {"fg": "red", "bold": True},
    "good": {"fg": "green"},
    "dim": {"dim": True},
    "command": {"fg": "cyan"},
}


def print_lines(lines: Iterable[tuple[str, str]]) -> None:
    """Each text in its style; click leaves colours out where no terminal listens."""
    for text, style in lines:
        shown = visible(text)
        click.echo(click.style(shown, **_STYLES[style]) if style in _STYLES else shown)
