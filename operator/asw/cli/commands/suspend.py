"""``asw suspend``: lets executions start nothing new."""

import sys

import click

from asw.api.phases import UNFINISHED_PHASES
from asw.cli import options
from asw.cli.acting.actor import Actor, Choice, acting
from asw.cli.acting.refusing import why_no_halt
from asw.cli.acting.waiting import Waiting
from asw.cli.command import Command, Example
from asw.executions.target import Target
from asw.messages import t

_EXAMPLES = (
    Example(
        command="asw suspend hello-1",
        does="Let an execution start nothing new; one that is over stays as it is.",
        where="cluster",
        exit_code=1,
    ),
    Example(
        command="asw suspend -l team=shop",
        does="The same for all with a label.",
        where="cluster",
        exit_code=4,
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.executions
@options.silent
@options.target_options
def command(
    names: tuple[str, ...], selector: str | None, *, is_quiet: bool, target: Target
) -> None:
    """Let an execution start nothing new.

    NAMES are executions; -l chooses those that are not over by labels instead. Running tasks finish
    and their results are kept, timers keep their deadlines, and time-outs keep counting. Nothing
    new is started, retried or entered. Children of its distributed Maps are suspended too. asw
    resume ends the suspension.

    Exit code 1: one of them is over.
    """
    sys.exit(suspend(target, Choice(names=names, selector=selector), Waiting(is_quiet=is_quiet)))


def suspend(target: Target, choice: Choice, waiting: Waiting) -> int:
    """Let executions start nothing new; the exit code."""

    async def act(place: Actor) -> None:
        for run in await place.chosen(choice, UNFINISHED_PHASES, why_no_halt):
            with place.telling():
                if run.is_suspended:
                    place.say(t("{name} is already suspended", name=run.name))
                    continue
                await place.runs.suspend(run, is_suspended=True)
                place.say(
                    t(
                        "{name} is suspended: what runs finishes, nothing new starts; asw resume "
                        "{name}{where} resumes it",
                        name=run.name,
                        where=place.where,
                    )
                )

    return acting(target, waiting, act)
