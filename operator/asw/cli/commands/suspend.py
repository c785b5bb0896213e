"""``asw suspend``: arguments only."""

import sys

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(
        command="asw suspend hello-1",
        does="Let an execution start nothing new; one that is over stays as it is.",
        where="cluster",
        exit_code=1,
    ),
    Example(
        command="asw suspend -l team=shop",
        does="The same for all that have a label.",
        where="cluster",
        exit_code=4,
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument(
    "names", nargs=-1, callback=options.named("Execution"), shell_complete=completion.executions
)
@options.selector
@options.silent
@options.target_options
def command(
    names: tuple[str, ...], selector: str | None, *, is_quiet: bool, target: Target
) -> None:
    """Let an execution start nothing new.

    NAMES are executions; -l chooses those with labels instead that are not over. Tasks that run
    finish and their results are kept, timers keep their deadlines, time-outs count on; nothing
    new is started, retried or entered. With it are the children of its distributed Maps. asw
    resume lets it go on.

    Exit code 1: one of them is over.
    """
    from asw.cli.acting.choosing import Choice  # noqa: PLC0415
    from asw.cli.acting.halting import suspend  # noqa: PLC0415
    from asw.cli.acting.waiting import Waiting  # noqa: PLC0415

    sys.exit(suspend(target, Choice(names=names, selector=selector), Waiting(is_quiet=is_quiet)))
