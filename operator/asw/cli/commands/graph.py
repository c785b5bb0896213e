"""``asw graph``: arguments only."""

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(command="asw graph workflow.yaml", does="Draw the Workflow of a file."),
    Example(
        command="asw graph hello-2 --local",
        does="Show how an execution went: states by colour, with times and tries.",
    ),
    Example(
        command="asw graph hello.asl.json -o svg > hello.svg",
        does="Make a picture for a web page, in light and in dark.",
    ),
    Example(command="asw graph hello.asl.json -o mermaid", does="Make a diagram for Markdown."),
    Example(
        command="asw graph workflow/hello -o dot",
        does="Make a file for Graphviz of a Workflow on the cluster.",
        where="cluster",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("what", metavar="FILE|EXECUTION|WORKFLOW", shell_complete=completion.drawn)
@options.target_options
@click.option(
    "--output",
    "-o",
    "form",
    type=click.Choice(("text", "svg", "mermaid", "dot", "json")),
    default="text",
    show_default=True,
    help="Form of the picture; json has states and transitions as data.",
)
@click.option("--workflow", "-w", help="Which Workflow of the files, where there are several.")
def command(what: str, target: Target, form: str, workflow: str | None) -> None:
    """Draw a state machine, or how an execution went through it.

    A FILE (or folder) holds manifests or a bare definition; a file that asw export wrote is an
    execution. Else the name of an execution is looked for, then that of a Workflow;
    execution/NAME and workflow/NAME say which is meant.

    Of an execution each state is marked and coloured by how it went, with the time that it took,
    how often it was visited and tried, and how far the iterations of a Map are. The marks: ✓ done,
    ! failed and caught, ⋯ at work, ✗ failed, ⊘ stopped because of another, · not reached.

    SVG is one file without references, light or dark as its reader's screen is. Mermaid is a
    stateDiagram-v2, DOT is for Graphviz.
    """
    from asw.cli.views.graphs import show_graph  # noqa: PLC0415

    show_graph(target, what, form=form, workflow=workflow)
