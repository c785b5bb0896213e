"""``asw resume``: arguments only."""

import sys
from pathlib import Path

import click

from asw.app import options
from asw.app.command import Command


@click.command(cls=Command)
@options.data
@options.logs
@options.quiet
@options.json_lines
def command(data: Path, **look: bool) -> None:
    """Go on with what was suspended or interrupted."""
    from asw.app import local_commands  # noqa: PLC0415
    from asw.app.screen import Look, Screen  # noqa: PLC0415

    sys.exit(local_commands.resume(Screen(Look(**look)), data))
