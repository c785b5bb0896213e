"""The commands that work on this machine; each returns its exit code."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from asw.cli.applying import store_plan
from asw.cli.awaiting import awaited
from asw.cli.following import FRAME_SECONDS, FRAME_SHARE
from asw.cli.inputs import place_of_input, read_input
from asw.cli.screen import Screen
from asw.executions.local.folders import unusable
from asw.executions.local.session import NewRun, Session, open_session
from asw.executions.orders import checked_name
from asw.executions.port import RunSnapshot
from asw.executions.target import Target
from asw.lint.checking import check_files
from asw.lint.findings import has_error
from asw.lint.plan import InputOptions, Plan, PlannedRun, plan_bare_run
from asw.messages import t
from asw.platforms.local.faults import UnusableFolder
from asw.platforms.local.presence import alone, sharing
from asw.reconciler.platform import ExecutionKey

ALL_WELL = 0
NOT_SUCCEEDED = 1
BAD_INPUT = 2
INTERRUPTED = 130

QUICK_SECONDS = 0.3
"""What is over by then needs no picture that moves."""
SHOWN_EVENTS = 100
"""A longer history is left to ``asw history``."""

Begin = Callable[[Session], list[ExecutionKey]]
Lock = Callable[[Path], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The command line's own words about the run."""

    input_text: str | None = None
    input_file: str | None = None
    name: str | None = None


def run(screen: Screen, paths: Sequence[Path], options: RunOptions, folder: Path) -> int:
    """Check everything, then run the Executions, or the only Workflow."""
    if options.name is not None:
        checked_name(options.name)
    has_input, value = read_input(options.input_text, options.input_file)
    place = place_of_input(options.input_text, options.input_file)
    inputs = InputOptions(name=options.name, has_input=has_input, input=value, place=place)
    checked = check_files(paths, inputs, is_local=True)
    plan, findings = checked.plan, list(checked.findings)
    if not checked.manifests.executions:
        findings += plan_bare_run(checked.manifests, inputs, plan)
    screen.findings(findings)
    if has_error(findings):
        return BAD_INPUT
    if not plan.runs:
        screen.say(t("nothing to run: no Execution and no Workflow there"))
        return BAD_INPUT

    def begin(session: Session) -> list[ExecutionKey]:
        is_named = options.name is not None
        if is_named:
            session.require_free({run.name for run in plan.runs})
        store_plan(plan, session.catalogue)
        keys = session.start(map(partial(_new_run, plan), plan.runs), is_named=is_named)
        for run, key in zip(plan.runs, keys, strict=True):
            if checked.manifests.executions and key.name != run.name:
                words = {"name": run.name, "new": key.name}
                screen.remark(t("{name} was run before: this is {new}", **words))
        return keys

    return _work(screen, folder, sharing, begin)


def _new_run(plan: Plan, run: PlannedRun) -> NewRun:
    return NewRun(
        name=run.name,
        execution_name=run.execution_name,
        workflow=run.workflow,
        input=run.input,
        objects=plan.workflows[run.workflow].objects.absolute(),
    )


def resume(screen: Screen, folder: Path) -> int:
    """Go on with everything that is not over."""
    return _work(screen, folder, alone, Session.resume)


def _work(screen: Screen, folder: Path, lock: Lock, begin: Begin) -> int:
    """Begin something, let it run to its end, and show it."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        with lock(folder):
            snapshots = awaited(_run_to_end(screen, folder, begin))
    except UnusableFolder as error:
        raise unusable(error, _place(folder)) from error
    except KeyboardInterrupt:
        screen.say(t("interrupted; go on with: asw resume {place}", place=_place(folder)))
        return INTERRUPTED
    if not snapshots:
        screen.say(t("nothing to do: no such execution, or it is over"))
    for snapshot in snapshots:
        screen.report(snapshot, events=SHOWN_EVENTS, place=_place(folder))
    is_well = all(snapshot.run.phase == "Succeeded" for snapshot in snapshots)
    return ALL_WELL if is_well else NOT_SUCCEEDED


def _place(folder: Path) -> str:
    """Options that name the store to other verbs."""
    return Target(is_local=True, data=folder).options


async def _run_to_end(screen: Screen, folder: Path, begin: Begin) -> list[RunSnapshot]:
    async with open_session(folder, echo=screen.echo) as session:
        keys = begin(session)
        await _watch(screen, session, keys)
        return [session.snapshot(key) for key in keys]


async def _watch(screen: Screen, session: Session, keys: Sequence[ExecutionKey]) -> None:
    """Wait for the end, showing how it goes on where it takes long."""
    end = asyncio.ensure_future(session.finish(keys))
    await asyncio.wait((end,), timeout=QUICK_SECONDS)
    if not end.done():
        with screen.live_view() as view:
            while not end.done():
                began_at = time.monotonic()
                for key in keys:
                    view.take(session.snapshot(key, after=view.seen(key.uid)))
                view.draw()
                cost = time.monotonic() - began_at
                await asyncio.wait((end,), timeout=max(FRAME_SECONDS, FRAME_SHARE * cost))
            for key in keys:
                view.take(session.snapshot(key, after=view.seen(key.uid)))
    await end
