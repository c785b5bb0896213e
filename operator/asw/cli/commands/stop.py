"""``asw stop``: aborts executions, once somebody said yes."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from asw.api.phases import UNFINISHED_PHASES
from asw.cli import options
from asw.cli.acting.actor import Actor, Choice, acting
from asw.cli.acting.confirming import is_answered_yes, is_somebody_there
from asw.cli.acting.refusing import why_no_halt
from asw.cli.acting.waiting import Waiting, to_the_end
from asw.cli.command import Command, Example
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import NOT_SUCCEEDED
from asw.failures import Failure, some_of
from asw.messages import t

_EXAMPLES = (
    Example(
        command="asw stop hello-1 --yes",
        does="Abort an execution without a question; one that is over stays as it is.",
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
@options.executions
@click.option("--error", help="Name of the error to record.")
@click.option("--cause", help="Cause to record, for people to read.")
@click.option("--yes", "-y", "is_yes", is_flag=True, help="Abort without asking.")
@options.wait
@options.timeout
@options.silent
@options.target_options
def command(names: tuple[str, ...], selector: str | None, *, target: Target, **given: Any) -> None:
    """Abort an execution.

    NAMES are executions; -l chooses those that are not over by labels instead. Running tasks are
    cancelled without trying their Retry and Catch, and the execution ends as Aborted with the given
    error and cause. asw redrive can resume it later.

    On a terminal you are asked first, and see the state of the execution; without a terminal --yes
    is needed. Executions that are over already are reported, and the others are stopped all the
    same.

    Exit code 1: one of them was over already, or the answer was no.
    """
    choice = Choice(names=names, selector=selector)
    options = StopOptions(**{name: given.pop(name) for name in ("error", "cause", "is_yes")})
    sys.exit(stop(target, choice, options, Waiting(**given)))


@dataclass(frozen=True, slots=True, kw_only=True)
class StopOptions:
    """What a stopped execution records, and whether it was confirmed beforehand."""

    error: str | None = None
    cause: str | None = None
    is_yes: bool = False


def stop(target: Target, choice: Choice, options: StopOptions, waiting: Waiting) -> int:
    """Abort executions that are not over, after a confirmation; the exit code."""

    async def act(place: Actor) -> None:
        runs = await place.chosen(choice, UNFINISHED_PHASES, why_no_halt)
        if runs and not confirm_stop(runs, is_yes=options.is_yes):
            place.say(t("nothing was stopped"))
            place.code = NOT_SUCCEEDED
            return
        stopped = []
        for run in runs:
            with place.telling():
                await place.runs.stop(run, error=options.error, cause=options.cause)
                stopped.append(run)
                if target.is_local:
                    place.say(t("{name} is aborted", name=run.name))
                elif not waiting.is_waiting:
                    place.say(t("{name} was asked to stop", name=run.name))
        if stopped and waiting.is_waiting and not target.is_local:
            for run in await to_the_end(place.runs, [run.name for run in stopped], waiting):
                place.say(t("{name} ended: {phase}", name=run.name, phase=run.phase))

    return acting(target, waiting, act)


def confirm_stop(runs: Sequence[Run], *, is_yes: bool) -> bool:
    """Whether to abort them. Raises Failure if nobody can be asked."""
    if is_yes:
        return True
    if not is_somebody_there():
        names = some_of([run.name for run in runs])
        raise Failure(
            t("asw stop asks before it aborts, and there is no terminal to ask on"),
            remedy=t("add --yes to abort {names}", names=names),
        )
    return is_answered_yes(question(runs))


def question(runs: Sequence[Run]) -> str:
    """The question: the state of one execution, or the names of several."""
    if len(runs) > 1:
        names = some_of([run.name for run in runs])
        return t("Abort {count} executions: {names}?", count=len(runs), names=names)
    (run,) = runs
    since = run.started_at or run.created_at
    values = {
        "name": run.name,
        "phase": run.phase,
        "since": f"{since.astimezone():%Y-%m-%d %H:%M:%S}",
    }
    if run.states:
        return t(
            "Abort execution {name} ({phase} since {since}, in {states})?",
            states=run.states,
            **values,
        )
    return t("Abort execution {name} ({phase} since {since})?", **values)
