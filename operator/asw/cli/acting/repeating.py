"""Redrives executions, says what a redrive would do, and starts executions anew."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import click

from asw.api.phases import UNSUCCESSFUL_PHASES
from asw.asl.values import Json, to_text
from asw.cli.acting.choosing import Choice
from asw.cli.acting.ordering import first_number, input_of, kept_labels, next_name
from asw.cli.acting.place import Actor, acting
from asw.cli.acting.refusing import why_no_redrive, why_no_rerun
from asw.cli.acting.waiting import Waiting, answer_to_redrive
from asw.cli.views.redrive_text import draw
from asw.executions.naming import means_file, open_named, refuse_file
from asw.executions.port import Definition, RedriveOptions, Runs, StartOrder
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import ALL_WELL, NOT_FOUND, NOT_SUCCEEDED
from asw.explain.redrive import RedrivePlan, foresee
from asw.failures import Failure
from asw.messages import t

CURRENT = "current"
"""Stands for the revision that the Workflow has now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RerunOptions:
    """What is to differ from the execution that is run anew; ``input`` where ``has_input``."""

    has_input: bool = False
    input: Json = None
    name: str | None = None
    is_same_revision: bool = False


def redrive(target: Target, choice: Choice, revision: str | None, waiting: Waiting) -> int:
    """Take up executions where they failed, once it is sure that this can be; the exit code."""

    async def act(place: Actor) -> None:
        asked = []
        for chosen in await place.chosen(choice, UNSUCCESSFUL_PHASES, why_no_redrive):
            with place.telling():
                run = await _whole(place, choice, chosen)
                name, plan = await _foreseen(place, run, revision)
                if plan is not None and plan.refusal is not None:
                    raise _refused(place, run, plan.refusal)
                await _warn(place, run, plan)
                await place.runs.redrive(run, RedriveOptions(revision=name))
                if not target.is_local:
                    await _answer(place, run)
                asked.append(run)
        await place.conclude(asked)

    return acting(target, waiting, act)


def plan(target: Target, choice: Choice, revision: str | None, *, is_json: bool) -> int:
    """Say what a redrive would run again and reuse, and change nothing; the exit code.

    Names of exported files will do too. It is 1 where one of them could not be redriven.
    """
    files = [] if choice.selector is not None else [*filter(means_file, choice.names)]
    others = replace(choice, names=[name for name in choice.names if name not in files])

    async def act(place: Actor, some: Choice) -> None:
        for chosen in await place.chosen(some, UNSUCCESSFUL_PHASES, why_no_redrive):
            with place.telling():
                run = await _whole(place, some, chosen)
                await _tell_plan(place, run, revision, is_json=is_json)

    async def look(file: str) -> int:
        async with open_named(file, target) as (runs, name):
            place = Actor(runs=runs, target=Target(), waiting=Waiting())
            await act(place, Choice(names=(name,)))
            return place.code

    codes = [asyncio.run(look(file)) for file in dict.fromkeys(files)]
    if others.names or not files:
        codes.append(acting(target, Waiting(), lambda place: act(place, others)))
    return next(filter(None, codes), ALL_WELL)


async def _tell_plan(place: Actor, run: Run, revision: str | None, *, is_json: bool) -> None:
    name, found = await _foreseen(place, run, revision)
    if found is None:
        raise _refused(place, run, t("nothing of what it remembers is left"))
    pinned = name or run.status.get("revision")
    if is_json:
        click.echo(to_text({"name": run.name, "revision": pinned, **found.to_plain()}))
    elif found.refusal is None:
        is_alike = any(work.is_alike for work in found.works)
        _print(run, found, pinned, await _way_out(place, run) if is_alike else "")
    if found.refusal is not None:
        raise _refused(place, run, found.refusal)


def rerun(target: Target, name: str, options: RerunOptions, waiting: Waiting) -> int:
    """Start an execution of the same Workflow; its name is printed; the exit code."""

    async def act(place: Actor) -> None:
        runs = place.runs
        refuse_file(name)
        old = await runs.get(name)
        if (refusal := why_no_rerun(old, place.where)) is not None:
            raise refusal
        value = options.input if options.has_input else input_of(old, await runs.history(old))
        order = StartOrder(
            workflow=old.workflow,
            name=options.name or await _free_name(runs, old.name),
            has_input=True,
            input=value,
            labels=kept_labels(old.labels),
            revision=old.status.get("revision") if options.is_same_revision else None,
        )
        new = await runs.start(order)
        if not (waiting.is_waiting or target.is_local):
            click.echo(new.name)
        place.say(t("{name} runs what {old} ran", name=new.name, old=old.name))
        await place.conclude([new])

    return acting(target, waiting, act)


async def _whole(place: Actor, choice: Choice, run: Run) -> Run:
    """All of one: where a selector chose it, a row of a table is known."""
    return run if choice.selector is None else await place.runs.get(run.name)


async def _warn(place: Actor, run: Run, plan: RedrivePlan | None) -> None:
    """Tell of what cannot go better by being done again."""
    alike = [work.state for work in plan.works if work.is_alike] if plan is not None else []
    if alike:
        words = {"state": ", ".join(dict.fromkeys(alike)), "name": run.name}
        way = await _way_out(place, run)
        place.say(
            t(
                "{state} of {name} fails again, as its definition and its data are the same: {way}",
                **words,
                way=way,
            )
        )


async def _way_out(place: Actor, run: Run) -> str:
    """How to go on with another definition: the Workflow may have none yet."""
    with suppress(Failure):
        if await _wanted(place.runs, run, CURRENT) == (None, None):
            apply = (
                f"asw apply PATH{place.where}" if place.target.is_local else "kubectl apply -f PATH"
            )
            again = f"asw redrive {run.name} --revision {CURRENT}{place.where}"
            return t(
                "its Workflow still has the definition that it ran; once that is mended: {command}",
                command=f"{apply} && {again}",
            )
    return t("--revision current goes on with the Workflow's definition as it is now")


async def _free_name(runs: Runs, name: str) -> str:
    number = first_number(name)
    while await _exists(runs, next_name(name, number)):
        number += 1
    return next_name(name, number)


async def _exists(runs: Runs, name: str) -> bool:
    try:
        await runs.get(name)
    except Failure as failure:
        if failure.code == NOT_FOUND:
            return False
        raise
    return True


async def _answer(place: Actor, run: Run) -> None:
    """Tell what became of the request. Raises Failure where it was refused."""
    answer = await answer_to_redrive(place.runs, run)
    values = {"name": run.name}
    if answer is None:
        place.say(t("{name} was asked to go on, and has not yet: asw watch {name}", **values))
    elif answer.redrive_refusal is not None:
        raise _refused(place, run, answer.redrive_refusal)
    else:
        place.say(t("{name} goes on where it failed", **values))


async def _foreseen(
    place: Actor, run: Run, revision: str | None
) -> tuple[str | None, RedrivePlan | None]:
    """The revision that takes over, None for its own, and what it would do, if that is known.

    Raises Failure where there is nothing to go on with.
    """
    runs, name, new = place.runs, None, None
    if revision is not None:
        name, new = await _wanted(runs, run, revision)
    if run.started_at is None:
        raise _refused(place, run, t("it ended before its first state"))
    record, old = await runs.record(run), await runs.definition(run)
    if record is None or record.outcome is None or old is None:
        return name, None
    machine = None if new is None else new.machine
    events = await runs.history(run)
    return name, foresee(record, old.machine, events, now=datetime.now(UTC), new=machine)


async def _wanted(runs: Runs, run: Run, revision: str) -> tuple[str | None, Definition | None]:
    """The revision of this name, or the Workflow's current one; None for the one that it ran."""
    if revision == CURRENT:
        workflow = await runs.workflow(run.workflow)
        status, metadata = workflow.get("status") or {}, workflow["metadata"]
        seen = status.get("observedGeneration", metadata.get("generation"))
        if status.get("revision") is None or seen != metadata.get("generation"):
            raise Failure(
                t("Workflow {name} has no current revision", name=run.workflow),
                remedy=t("see its problems: kubectl describe workflow {name}", name=run.workflow),
                code=NOT_SUCCEEDED,
            )
        revision = str(status["revision"])
    if revision == run.status.get("revision"):
        return None, None
    return revision, await runs.revision(run, revision)


def _refused(place: Actor, run: Run, reason: str) -> Failure:
    return Failure(
        t("{name} cannot be redriven: {reason}", name=run.name, reason=reason),
        remedy=t("asw rerun {name}{where} starts it anew", name=run.name, where=place.where),
        code=NOT_SUCCEEDED,
    )


def _print(run: Run, found: RedrivePlan, revision: str | None, way_out: str) -> None:
    number = run.redrive_count + 1
    values = {"name": run.name, "number": number, "revision": revision or "-"}
    click.echo(t("{name}: redrive {number}, with revision {revision}", **values))
    for line in draw(found, way_out):
        click.echo(line)
