"""Stops executions, suspends them, lets them go on."""

from dataclasses import dataclass

from asw.api.phases import UNFINISHED_PHASES
from asw.cli.acting.choosing import Choice
from asw.cli.acting.confirming import confirm_stop
from asw.cli.acting.place import Actor, acting
from asw.cli.acting.refusing import why_no_resume, why_no_stop, why_no_suspend
from asw.cli.acting.waiting import Waiting, to_the_end
from asw.executions.target import Target
from asw.exits import NOT_SUCCEEDED
from asw.failures import Failure
from asw.messages import t


@dataclass(frozen=True, slots=True, kw_only=True)
class StopOptions:
    """What a stopped execution reports, and whether it was confirmed beforehand."""

    error: str | None = None
    cause: str | None = None
    is_yes: bool = False


def stop(target: Target, choice: Choice, options: StopOptions, waiting: Waiting) -> int:
    """Abort executions that are not over, once somebody said yes; the exit code."""

    async def act(place: Actor) -> None:
        runs = await place.chosen(choice, UNFINISHED_PHASES, why_no_stop)
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


def suspend(target: Target, choice: Choice, waiting: Waiting) -> int:
    """Let executions start nothing new; the exit code."""

    async def act(place: Actor) -> None:
        for run in await place.chosen(choice, UNFINISHED_PHASES, why_no_suspend):
            with place.telling():
                if run.is_suspended:
                    place.say(t("{name} is suspended already", name=run.name))
                    continue
                await place.runs.suspend(run, is_suspended=True)
                place.say(
                    t(
                        "{name} is suspended: what runs finishes, nothing new starts; "
                        "asw resume {name}{where} lets it go on",
                        name=run.name,
                        where=place.where,
                    )
                )

    return acting(target, waiting, act)


def resume(target: Target, choice: Choice, waiting: Waiting) -> int:
    """Let executions go on; on this machine that is to work on them; the exit code."""

    async def act(place: Actor) -> None:
        if not choice.names and choice.selector is None:
            raise Failure(
                t("no execution is named"),
                remedy=t(
                    "name one or more, or choose by labels with -l SELECTOR; asw resume --local "
                    "goes on with what was interrupted on this machine"
                ),
            )
        going_on = []
        for run in await place.chosen(choice, UNFINISHED_PHASES, why_no_resume):
            with place.telling():
                if run.is_suspended:
                    await place.runs.suspend(run, is_suspended=False)
                    place.say(t("{name} goes on", name=run.name))
                elif not target.is_local:
                    place.say(t("{name} is not suspended: it goes on anyway", name=run.name))
                going_on.append(run)
        await place.conclude(going_on)

    return acting(target, waiting, act)
