"""``asw redrive``: arguments only."""

import sys
from typing import Any

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(
        command="asw redrive hello-2 --plan --local",
        does="What would run again, and what is reused; nothing is changed.",
    ),
    Example(
        command="asw redrive hello-2 --local",
        does="Take it up where it failed, and see it through; this one fails again.",
        exit_code=1,
    ),
    Example(
        command="asw redrive hello-2 --revision current --plan -o json",
        does="Whether the Workflow's definition as it is now could take over.",
        where="cluster",
    ),
    Example(
        command="asw redrive hello-2 --wait --timeout 5m",
        does="Take it up, and follow it to its end.",
        where="cluster",
        exit_code=1,
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument(
    "names", nargs=-1, callback=options.named("Execution"), shell_complete=completion.executions
)
@options.selector
@click.option(
    "--revision",
    metavar="NAME|current",
    help="Go on with this revision of the Workflow, else with the one that it ran.",
)
@click.option("--plan", "is_plan", is_flag=True, help="Say what it would do, and change nothing.")
@click.option(
    "--output",
    "-o",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How the plan is printed.",
)
@options.wait
@options.timeout
@options.silent
@options.target_options
def command(
    names: tuple[str, ...],
    selector: str | None,
    revision: str | None,
    *,
    target: Target,
    **given: Any,
) -> None:
    """Take up an execution where it failed.

    NAMES are executions that failed, timed out or were aborted; -l chooses such by labels. As AWS
    does it: states that finished keep their results, those that failed or were interrupted are
    worked again with all their retries, and the history goes on.

    --plan says beforehand which states run again, which branches, iterations and children go on
    or are reused, and whether another revision could take over: it must have every state that
    the run has been through, in the same place and of the same type. --revision current names
    the definition that the Workflow has now. For --plan a NAME may be a file of asw export.

    On this machine (--local) the execution is seen through to its end. On a cluster it runs on by
    itself; --wait follows it.

    Exit code 1: it cannot be redriven (it is not over, it succeeded, the revision does not fit),
    or it did not succeed this time either.
    """
    from asw.cli.acting import repeating  # noqa: PLC0415
    from asw.cli.acting.choosing import Choice  # noqa: PLC0415
    from asw.cli.acting.waiting import Waiting  # noqa: PLC0415

    choice = Choice(names=names, selector=selector)
    is_plan, is_json = given.pop("is_plan"), given.pop("output") == "json"
    if is_plan:
        sys.exit(repeating.plan(target, choice, revision, is_json=is_json))
    sys.exit(repeating.redrive(target, choice, revision, Waiting(**given)))
