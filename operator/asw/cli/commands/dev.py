"""``asw dev``: arguments only; ``developing`` does it."""

import sys
from pathlib import Path

import click

from asw.cli.command import Command, Example

_EXAMPLES = (
    Example(
        command="asw dev",
        does="Check and test this folder now, and again whenever a file changes.",
        where="endless",
    ),
    Example(
        command="asw dev . -k Ada",
        does="Run only the cases with Ada in their name.",
        where="endless",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "-k",
    "words",
    metavar="WORDS",
    help="Run only the cases with these words in name or file; also: 'a or b and not c'.",
)
@click.option("--logs", "has_logs", is_flag=True, help="Show what real functions print.")
def command(paths: tuple[Path, ...], *, words: str | None, has_logs: bool) -> None:
    """Check and test again whenever a file changes.

    PATHS are folders or files; by default this folder. Manifests, definitions, code of functions
    and test files are watched, in folders and below them; hidden files are not. After each change
    everything is checked as by asw validate -r, and if it is valid, all test files are run as by
    asw test. Only what is wrong is shown, and the counts: on a terminal as one screen, elsewhere
    line by line.

    Changes that come together are taken together. Ctrl-C ends it, with exit code 0.
    """
    from asw.cli.developing import develop  # noqa: PLC0415 -- help needs none of it

    sys.exit(develop(paths or (Path(),), words=words, has_logs=has_logs))
