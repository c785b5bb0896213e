"""``asw run``: arguments only."""

import sys
from pathlib import Path

import click

from asw.cli import options
from asw.cli.command import Command, Example

_EXAMPLES = (
    Example(
        command="asw run workflow.yaml functions.yaml",
        does="Run the only Workflow of these files on its default input.",
    ),
    Example(
        command="""asw run . --input '{"name": "Ada"}' -q""",
        does="Run that of this folder on another input, and print the output alone.",
    ),
    Example(
        command="asw run . --input-file input.json > greeting.txt",
        does="Take the input from a file, and put the output into another.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.paths
@options.inputs
@click.option("--name", help="Name of the execution.")
@options.data
@options.logs
@options.quiet
@options.json_lines
def command(
    paths: tuple[Path, ...],
    *,
    input_text: str | None,
    input_file: str | None,
    name: str | None,
    data: Path,
    **look: bool,
) -> None:
    """Run what manifests or a definition describe, on this machine.

    PATHS are files, or folders of them, of YAML or JSON: Workflows, Functions, Executions and
    ConfigMaps as kubectl takes them, or a bare definition. All Executions are run; without one the
    only Workflow is, on the --input, whatever manifests say, or its default. Everything is checked
    before anything starts. A --name that an execution has already is refused; without one a number
    makes the name free.

    The output is printed on standard output, as JSON; everything else goes to standard error. While
    a run takes long, a terminal shows each state at work, what it waits for, how far each Map is,
    and the graph while it fits; elsewhere there is a line for each state that is entered, left or
    failed. In the end come the graph and the last hundred events.

    The exit code is 0 where all executions succeeded and 1 where one did not. After Ctrl-C
    asw resume goes on.
    """
    from asw.cli import local_commands  # noqa: PLC0415
    from asw.cli.screen import Look, Screen  # noqa: PLC0415

    options = local_commands.RunOptions(input_text=input_text, input_file=input_file, name=name)
    sys.exit(local_commands.run(Screen(Look(**look)), paths, options, data))
