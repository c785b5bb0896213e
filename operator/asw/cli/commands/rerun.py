"""``asw rerun``: arguments only."""

import sys
from typing import Any

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(
        command="asw rerun hello-1 --local",
        does="Run it anew on the same input; the output is printed.",
    ),
    Example(
        command="""asw rerun hello-2 --input '{"name": "Ada"}' --local""",
        does="On another input.",
    ),
    Example(
        command="asw rerun hello-1 --wait",
        does="Start it anew on the cluster, and follow it to its end.",
        where="cluster",
    ),
    Example(
        command="asw rerun hello-2 --input-file input.json --name hello-again --revision same",
        does="On an input from a file, with the definition that it ran.",
        where="cluster",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("name", callback=options.named("Execution"), shell_complete=completion.executions)
@options.inputs
@click.option("--name", "new_name", help="Name of the new execution, else NAME-r1, NAME-r2, ...")
@click.option(
    "--revision",
    type=click.Choice(("current", "same")),
    default="current",
    show_default=True,
    help="The Workflow's definition as it is now, or the one that NAME ran.",
)
@options.wait
@options.timeout
@options.silent
@options.target_options
def command(
    name: str, new_name: str | None, revision: str, *, target: Target, **given: Any
) -> None:
    """Start an execution anew, on the same input or another.

    NAME is an execution, however it ended or stands. A new one of the same Workflow is started,
    on the input that NAME ran on unless another is given, with its labels; NAME stays as it is.
    What had finished is run again too: asw redrive is what goes on where it failed.

    The new one's name is printed. With --wait, and always on this machine (--local), it is
    followed to its end instead, and its output is printed; the exit code is that of its outcome.
    """
    from asw.cli.acting.repeating import RerunOptions, rerun  # noqa: PLC0415
    from asw.cli.acting.waiting import Waiting  # noqa: PLC0415
    from asw.cli.inputs import read_input  # noqa: PLC0415

    has_input, value = read_input(given.pop("input_text"), given.pop("input_file"))
    options = RerunOptions(
        has_input=has_input,
        input=value,
        name=new_name,
        is_same_revision=revision == "same",
    )
    sys.exit(rerun(target, name, options, Waiting(**given)))
