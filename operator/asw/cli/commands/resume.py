"""``asw resume``: lets executions go on."""

import sys
from typing import Any

import click

from asw.api.phases import UNFINISHED_PHASES
from asw.cli import options
from asw.cli.acting.actor import Actor, Choice, acting
from asw.cli.acting.refusing import why_no_resume
from asw.cli.acting.waiting import Waiting
from asw.cli.command import Command, Example
from asw.cli.screen import Look, Screen
from asw.executions.target import Target
from asw.failures import Failure
from asw.messages import t

_EXAMPLES = (
    Example(
        command="asw resume --local",
        does="Resume everything in this folder that was interrupted.",
    ),
    Example(
        command="asw resume hello-2",
        does="End a suspension; what failed needs asw redrive instead.",
        where="cluster",
        exit_code=1,
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.executions
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
    """Resume what was suspended or interrupted.

    On a cluster NAMES are suspended executions, or -l chooses them by labels; they start new work
    again. With --wait they are followed to their end, and the exit code is that of their outcome.

    On this machine (--local) an execution is interrupted if its asw ended before it did. asw resume
    works on everything that is not over, or on NAMES alone, until it is over. What had finished
    does not run again. --logs shows what functions print, and --json prints outcomes as JSON, if no
    name is given.

    Exit code 1: one of them is over, or did not succeed.
    """
    if target.is_local and not names and selector is None:
        look = Look(is_quiet=waiting["is_quiet"], is_json=is_json, has_logs=has_logs)
        from asw.cli.acting.local_work import resume_all  # noqa: PLC0415 -- a cluster needs no engine

        sys.exit(resume_all(Screen(look), target.data))

    sys.exit(resume(target, Choice(names=names, selector=selector), Waiting(**waiting)))


def resume(target: Target, choice: Choice, waiting: Waiting) -> int:
    """Let executions continue; on this machine work on them until they are over. The exit code."""

    async def act(place: Actor) -> None:
        if not choice.names and choice.selector is None:
            raise Failure(
                t("no execution was named"),
                remedy=t(
                    "name one or more, or choose by labels with -l SELECTOR; asw resume --local "
                    "resumes what was interrupted on this machine"
                ),
            )
        going_on = []
        for run in await place.chosen(choice, UNFINISHED_PHASES, why_no_resume):
            with place.telling():
                if run.is_suspended:
                    await place.runs.suspend(run, is_suspended=False)
                    place.say(t("{name} was resumed", name=run.name))
                elif not target.is_local:
                    place.say(
                        t("{name} is not suspended: there is nothing to resume", name=run.name)
                    )
                going_on.append(run)
        await place.conclude(going_on)

    return acting(target, waiting, act)
