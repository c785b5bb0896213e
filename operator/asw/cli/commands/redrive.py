"""``asw redrive``: resumes executions where they failed, or says what that would do."""

import asyncio
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click

from asw.api.phases import UNSUCCESSFUL_PHASES
from asw.asl.values import to_text
from asw.cli import options
from asw.cli.acting.actor import Actor, Choice, acting
from asw.cli.acting.refusing import why_no_redrive
from asw.cli.acting.waiting import Waiting, answer_to_redrive
from asw.cli.command import Command, Example
from asw.cli.views.redrive_text import draw
from asw.executions.naming import means_file, open_named
from asw.executions.port import Definition, RedriveOptions, Runs
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import ALL_WELL, NOT_SUCCEEDED
from asw.explain.redrive import RedrivePlan, foresee
from asw.failures import Failure
from asw.messages import t

_EXAMPLES = (
    Example(
        command="asw redrive hello-2 --plan --local",
        does="Show what would run again and what is reused; nothing is changed.",
    ),
    Example(
        command="asw redrive hello-2 --local",
        does="Resume it where it failed, and follow it to its end; this one fails again.",
        exit_code=1,
    ),
    Example(
        command="asw redrive hello-2 --revision current --plan -o json",
        does="Check whether the current definition of the Workflow could take over.",
        where="cluster",
    ),
    Example(
        command="asw redrive hello-2 --wait --timeout 5m",
        does="Resume it, and follow it to its end.",
        where="cluster",
        exit_code=1,
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.executions
@click.option(
    "--revision",
    metavar="NAME|current",
    help="Continue with this revision of the Workflow; by default with the one that it ran.",
)
@click.option("--plan", "is_plan", is_flag=True, help="Show what it would do, and change nothing.")
@options.text_or_json("Format of the plan.")
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
    """Resume an execution where it failed.

    NAMES are executions that failed, timed out or were aborted; -l chooses such by labels. As on
    AWS, states that finished keep their results, those that failed or were interrupted run again
    with all their retries, and the history continues.

    --plan shows beforehand which states run again, which branches, iterations and children
    continue or are reused, and whether another revision could take over: it must have every state
    that the run has been through, in the same place and of the same type. --revision current is
    the definition that the Workflow has now. For --plan a NAME may be a file of asw export.

    On this machine (--local) the execution is followed to its end. On a cluster it runs by itself;
    --wait follows it.

    Exit code 1: it cannot be redriven (it is not over, it succeeded, or the revision does not
    fit), or it did not succeed this time either.
    """
    choice = Choice(names=names, selector=selector)
    is_plan, is_json = given.pop("is_plan"), given.pop("form") == "json"
    if is_plan:
        sys.exit(plan(target, choice, revision, is_json=is_json))
    sys.exit(redrive(target, choice, revision, Waiting(**given)))


CURRENT = "current"
"""Stands for the revision that the Workflow has now."""


def redrive(target: Target, choice: Choice, revision: str | None, waiting: Waiting) -> int:
    """Resume executions where they failed, after checking that this is possible; the exit code."""

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
    """Show what a redrive would run again and reuse, without changing anything; the exit code.

    Names may be exported files. The exit code is 1 if one of them could not be redriven.
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
        raise _refused(place, run, t("its record or its definition is gone"))
    pinned = name or run.status.get("revision")
    if is_json:
        click.echo(to_text({"name": run.name, "revision": pinned, **found.to_plain()}))
    elif found.refusal is None:
        is_alike = any(work.is_alike for work in found.works)
        _print(run, found, pinned, await _way_out(place, run) if is_alike else "")
    if found.refusal is not None:
        raise _refused(place, run, found.refusal)


async def _whole(place: Actor, choice: Choice, run: Run) -> Run:
    """The whole execution: if a selector chose it, only a table row of it was read."""
    return run if choice.selector is None else await place.runs.get(run.name)


async def _warn(place: Actor, run: Run, plan: RedrivePlan | None) -> None:
    """Warn about what will fail again."""
    alike = [work.state for work in plan.works if work.is_alike] if plan is not None else []
    if alike:
        words = {"state": ", ".join(dict.fromkeys(alike)), "name": run.name}
        way = await _way_out(place, run)
        place.say(
            t(
                "{state} of {name} fails again, because its definition and its data are "
                "the same: {way}",
                **words,
                way=way,
            )
        )


async def _way_out(place: Actor, run: Run) -> str:
    """How to continue with another definition, which the Workflow may not have yet."""
    with suppress(Failure):
        if await _wanted(place.runs, run, CURRENT) == (None, None):
            apply = (
                f"asw apply PATH{place.where}" if place.target.is_local else "kubectl apply -f PATH"
            )
            again = f"asw redrive {run.name} --revision {CURRENT}{place.where}"
            return t(
                "its Workflow still has the definition that it ran; once that is fixed: {command}",
                command=f"{apply} && {again}",
            )
    return t("--revision current uses the definition that the Workflow has now")


async def _answer(place: Actor, run: Run) -> None:
    """Say what became of the request. Raises Failure if it was refused."""
    answer = await answer_to_redrive(place.runs, run)
    values = {"name": run.name}
    if answer is None:
        place.say(t("{name} was asked to resume, and has not yet: asw watch {name}", **values))
    elif answer.redrive_refusal is not None:
        raise _refused(place, run, answer.redrive_refusal)
    else:
        place.say(t("{name} resumes where it failed", **values))


async def _foreseen(
    place: Actor, run: Run, revision: str | None
) -> tuple[str | None, RedrivePlan | None]:
    """The revision that takes over, None for its own, and what it would do, if known.

    Raises Failure if there is nothing to continue with.
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
        remedy=t("asw rerun {name}{where} starts it again", name=run.name, where=place.where),
        code=NOT_SUCCEEDED,
    )


def _print(run: Run, found: RedrivePlan, revision: str | None, way_out: str) -> None:
    number = run.redrive_count + 1
    values = {"name": run.name, "number": number, "revision": revision or "-"}
    click.echo(t("{name}: redrive {number}, with revision {revision}", **values))
    for line in draw(found, way_out):
        click.echo(line)
