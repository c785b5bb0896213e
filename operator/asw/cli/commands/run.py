"""``asw run``: runs what files describe, on this machine."""

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
        does="Run the Workflow of this folder on another input, and print only the output.",
    ),
    Example(
        command="asw run . --input-file input.json > greeting.txt",
        does="Read the input from a file, and write the output to another.",
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
    ConfigMaps as kubectl takes them, or a bare definition. All Executions are run; without any, the
    only Workflow is run, on its default input. --input overrides the inputs of manifests.
    Everything is checked before anything starts. A --name that an execution has already is refused;
    without --name a number is added to make the name unique.

    The output is printed on standard output, as JSON; everything else goes to standard error.
    During a long run a terminal shows each running state, what it waits for, how far each Map is,
    and the graph if it fits; elsewhere there is a line for each state that is entered, left or
    failed. The graph and the last hundred events come at the end.

    The exit code is 0 if all executions succeeded and 1 if one did not. After Ctrl-C, asw resume
    continues.
    """
    from asw.cli.acting.running import run_files  # noqa: PLC0415 -- help needs none of it

    sys.exit(run_files(paths, look, data, name=name, text=input_text, file=input_file))
