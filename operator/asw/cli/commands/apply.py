"""``asw apply``: arguments only."""

import sys
from pathlib import Path

import click

from asw.cli import options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(
        command="asw apply workflow.yaml functions.yaml --local",
        does="Have what is started or redriven from now on use these files.",
    ),
    Example(
        command="asw apply . --local && asw redrive hello-2 --local",
        does="Take up what failed with the code that was mended; here nothing was, and it fails.",
        exit_code=1,
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--filename",
    "-f",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A path, as kubectl takes it.",
)
@options.target_options
def command(paths: tuple[Path, ...], files: tuple[Path, ...], target: Target) -> None:
    """Put Workflows and Functions into this machine's store, and run nothing.

    PATHS are files, or folders of them, as kubectl apply takes them; a bare definition is the
    Workflow of its file's name. asw start, rerun and redrive --local use what was put last, by
    this or by asw run. An execution keeps the definition that it began with: redrive --revision
    current goes on with the new one. Functions have no revisions: the next call of each runs the
    new code.

    Everything is checked before anything is put. One line an object says what became of it:
    created, configured or unchanged. Executions in the files are not started.

    On a cluster kubectl apply does this; here --local, --data or ASW_LOCAL=1 is needed.
    """
    from asw.cli.applying import apply  # noqa: PLC0415

    sys.exit(apply((*paths, *files), target))
