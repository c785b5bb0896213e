"""``asw start``: arguments only."""

import sys
from typing import Any

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(
        command="""asw start hello --input '{"name": "Ada"}'""",
        does="Start an execution, and print its name.",
        where="cluster",
    ),
    Example(
        command="asw start hello --input-file input.json --wait",
        does="Start one, follow it, and print its output.",
        where="cluster",
    ),
    Example(
        command="asw start hello - --wait --timeout 2m -q < input.json",
        does="Take the input from standard input, and wait two minutes at most for the output.",
        where="cluster",
    ),
    Example(
        command="""asw start hello --local --input '{"name": "Ada"}'""",
        does="Run a Workflow that asw apply or asw run brought to this machine.",
    ),
    Example(
        command="asw start hello --local --name again --label team=blue --input-file input.json",
        does="Choose name and labels.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("workflow", callback=options.named("Workflow"), shell_complete=completion.workflows)
@click.argument("source", metavar="[-]", required=False)
@options.inputs
@click.option("--name", help="Name of the execution, else one is made up.")
@click.option("--label", "labels", multiple=True, metavar="KEY=VALUE", help="A label of it.")
@click.option(
    "--output",
    "-o",
    "form",
    metavar="FORMAT",
    help="Print its object: json, yaml or name.",
    shell_complete=completion.formats,
)
@options.wait
@options.timeout
@options.silent
@options.target_options
def command(workflow: str, source: str | None, *, target: Target, **given: Any) -> None:
    """Start an execution of a Workflow.

    The Workflow is one of the namespace; without an input its defaultInput is taken, else {}. The
    name of the execution is printed. With --wait the execution is followed to its end, and its
    output is printed instead; the exit code is 0 where it succeeded, 1 where it did not, and 5
    where --timeout was over first. Ctrl-C ends the waiting, not the execution.

    On this machine (--local) the Workflow is one that asw apply or asw run brought there. It runs
    here and now, so that its end is always waited for; Ctrl-C interrupts it, and asw resume goes
    on.
    """
    from asw.cli.acting.starting import read_labels, start  # noqa: PLC0415
    from asw.cli.acting.waiting import Waiting  # noqa: PLC0415
    from asw.cli.inputs import STDIN, read_input  # noqa: PLC0415
    from asw.cli.objects.formats import read_program_format  # noqa: PLC0415
    from asw.executions.port import StartOrder  # noqa: PLC0415
    from asw.failures import Failure  # noqa: PLC0415
    from asw.messages import t  # noqa: PLC0415

    text, file = given.pop("input_text"), given.pop("input_file")
    if source not in (None, STDIN):
        raise Failure(
            t("asw start takes one Workflow: {word!r} is too much", word=source),
            remedy=t("an input is given with --input JSON, --input-file FILE, or - to read it"),
        )
    if source is not None:  # as an input file; together with another one it is one too many
        text, file = (text, source) if file is None else (source, file)
    has_input, value = read_input(text, file)
    order = StartOrder(
        workflow=workflow,
        name=given.pop("name"),
        has_input=has_input,
        input=value,
        labels=read_labels(given.pop("labels")),
    )
    form = read_program_format(given.pop("form"))
    given["is_waiting"] = given["is_waiting"] or given["timeout"] is not None
    sys.exit(start(target, order, Waiting(**given), form))
