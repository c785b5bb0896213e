"""``asw validate``: arguments only."""

import sys
from pathlib import Path

import click

from asw.app import options
from asw.app.command import Command, Example

_EXAMPLES = (
    Example(command="asw validate .", does="Check the manifests of this folder."),
    Example(command="asw validate hello.asl.json", does="Check a bare definition."),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.paths
def command(paths: tuple[Path, ...]) -> None:
    """Say everything that is wrong with manifests and definitions."""
    from asw.app import validating  # noqa: PLC0415

    sys.exit(validating.validate(paths))
