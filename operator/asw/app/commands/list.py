"""``asw list``: arguments only."""

import sys
from pathlib import Path

import click

from asw.app import options
from asw.app.command import Command


@click.command(cls=Command)
@click.option("--children", is_flag=True, help="Those of distributed Maps as well.")
@options.data
@options.json_lines
def command(*, children: bool, data: Path, **look: bool) -> None:
    """List executions."""
    from asw.app import local_commands  # noqa: PLC0415
    from asw.app.screen import Look, Screen  # noqa: PLC0415

    screen = Screen(Look(**look))
    sys.exit(local_commands.list_executions(screen, data, with_children=children))
