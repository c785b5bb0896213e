"""``asw stop``: arguments only."""

import sys
from typing import Any

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(
        command="asw stop hello-1 --yes",
        does="Abort an execution without being asked; one that is over stays as it is.",
        where="cluster",
        exit_code=1,
    ),
    Example(
        command="asw stop hello-1 --error Order.Cancelled --cause 'the customer called' -y --wait",
        does="Say why, and wait until it is aborted.",
        where="cluster",
        exit_code=1,
    ),
    Example(
        command="asw stop hello-1 --local --yes",
        does="The same on this machine.",
        exit_code=1,
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument(
    "names", nargs=-1, callback=options.named("Execution"), shell_complete=completion.executions
)
@options.selector
@click.option("--error", help="Name of the error that it reports.")
@click.option("--cause", help="What it reports as the cause, for people.")
@click.option("--yes", "-y", "is_yes", is_flag=True, help="Abort without asking.")
@options.wait
@options.timeout
@options.silent
@options.target_options
def command(names: tuple[str, ...], selector: str | None, *, target: Target, **given: Any) -> None:
    """Abort an execution.

    NAMES are executions; -l chooses those with labels instead that are not over. Tasks that run
    are cancelled, no Catch and no Retry of theirs is tried, and the execution ends as Aborted
    with the error and cause that are given. asw redrive may take it up again later.

    On a terminal it is asked first, with how the execution stands; without one --yes must be
    said. What is over already is told so, and the others are stopped all the same.

    Exit code 1: one of them was over already, or the answer was no.
    """
    from asw.cli.acting.choosing import Choice  # noqa: PLC0415
    from asw.cli.acting.halting import StopOptions, stop  # noqa: PLC0415
    from asw.cli.acting.waiting import Waiting  # noqa: PLC0415

    choice = Choice(names=names, selector=selector)
    options = StopOptions(**{name: given.pop(name) for name in ("error", "cause", "is_yes")})
    sys.exit(stop(target, choice, options, Waiting(**given)))
