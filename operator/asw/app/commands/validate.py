"""``asw validate``: arguments only."""

import sys
from pathlib import Path

import click

from asw.app import options
from asw.app.command import Command


@click.command(cls=Command)
@options.paths
def command(paths: tuple[Path, ...]) -> None:
    """Say everything that is wrong with manifests and definitions."""
    from asw.app import local_commands  # noqa: PLC0415
    from asw.app.screen import Look, Screen  # noqa: PLC0415

    sys.exit(local_commands.validate(Screen(Look()), paths))
