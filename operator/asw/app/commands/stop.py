"""``asw stop``: arguments only."""

import sys
from pathlib import Path

import click

from asw.app import options
from asw.app.command import Command


@click.command(cls=Command)
@click.argument("name")
@options.data
@options.quiet
@options.json_lines
def command(name: str, data: Path, **look: bool) -> None:
    """Abort an execution."""
    from asw.app import local_commands  # noqa: PLC0415
    from asw.app.screen import Look, Screen  # noqa: PLC0415

    sys.exit(local_commands.stop(Screen(Look(**look)), name, data))
