"""``asw version``."""

import click

from asw import __version__
from asw.cli.command import Command, Example

_EXAMPLES = (Example(command="asw version", does="Show which asw this is."),)


@click.command(cls=Command, examples=_EXAMPLES)
def command() -> None:
    """Print the version."""
    click.echo(f"asw {__version__}")
