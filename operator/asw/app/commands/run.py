"""``asw run``: arguments only."""

import sys
from pathlib import Path

import click

from asw.app import options
from asw.app.command import Command, Example

_EXAMPLES = (
    Example(command="asw run .", does="Run the only Workflow of this folder on its default input."),
    Example(
        command="""asw run workflow.yaml functions.yaml --input '{"name": "Ada"}' -q""",
        does="Run it on another input and print the output alone.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.paths
@click.option("--input", "input_text", metavar="JSON|@FILE", help="Input, whatever manifests say.")
@click.option("--name", help="Name of the execution.")
@options.data
@options.logs
@options.quiet
@options.json_lines
def command(
    paths: tuple[Path, ...],
    input_text: str | None,
    name: str | None,
    data: Path,
    **look: bool,
) -> None:
    """Run what manifests or a definition describe, on this machine.

    PATHS are files, or folders of them, of YAML or JSON: Workflows, Functions, Executions and
    ConfigMaps as kubectl takes them, or a bare definition. Without an Execution, the only
    Workflow is run.
    """
    from asw.app import local_commands  # noqa: PLC0415
    from asw.app.screen import Look, Screen  # noqa: PLC0415

    wish = local_commands.Wish(input_text=input_text, name=name)
    sys.exit(local_commands.run(Screen(Look(**look)), paths, wish, data))
