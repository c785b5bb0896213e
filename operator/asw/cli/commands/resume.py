"""``asw resume``: arguments only."""

import sys
from typing import Any

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(
        command="asw resume --local",
        does="Go on with everything of this folder that was interrupted.",
    ),
    Example(
        command="asw resume hello-2",
        does="Lift a suspension; what failed needs asw redrive instead.",
        where="cluster",
        exit_code=1,
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument(
    "names", nargs=-1, callback=options.named("Execution"), shell_complete=completion.executions
)
@options.selector
@options.logs
@options.json_lines
@options.wait
@options.timeout
@options.silent
@options.target_options
def command(
    names: tuple[str, ...],
    selector: str | None,
    *,
    has_logs: bool,
    is_json: bool,
    target: Target,
    **waiting: Any,
) -> None:
    """Go on with what was suspended or interrupted.

    On a cluster NAMES are suspended executions, or -l chooses them by labels; they start new work
    again. With --wait they are followed to their end, and the exit code is that of their outcome.

    On this machine (--local) an execution is interrupted when its asw ended before it did: asw
    resume works on everything that is not over, or on NAMES alone, until it is. What had finished
    is not run again. --logs and --json show what functions print, and outcomes as JSON, where no
    name is given.

    Exit code 1: one of them is over, or did not succeed.
    """
    if target.is_local and not names and selector is None:
        from asw.cli import local_commands  # noqa: PLC0415
        from asw.cli.screen import Look, Screen  # noqa: PLC0415

        look = Look(is_quiet=waiting["is_quiet"], is_json=is_json, has_logs=has_logs)
        sys.exit(local_commands.resume(Screen(look), target.data))

    from asw.cli.acting.choosing import Choice  # noqa: PLC0415
    from asw.cli.acting.halting import resume  # noqa: PLC0415
    from asw.cli.acting.waiting import Waiting  # noqa: PLC0415

    sys.exit(resume(target, Choice(names=names, selector=selector), Waiting(**waiting)))
