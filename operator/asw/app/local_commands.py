"""The commands that work on this machine; each returns its exit code."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from asw.app.documents import Finding, read_documents
from asw.app.manifests import Manifests, read_manifests
from asw.app.plan import Plan, Wishes, make_plan, plan_bare_run
from asw.app.screen import Screen
from asw.app.session import Report, Session, open_session, report_on
from asw.asl.values import from_text
from asw.local.database import UnusableFolder
from asw.local.lock import alone, sharing
from asw.local.store import open_existing_store
from asw.reconciler.platform import ExecutionKey

ALL_WELL = 0
NOT_SUCCEEDED = 1
BAD_INPUT = 2
INTERRUPTED = 130

QUICK_SECONDS = 0.3
"""What is over by then needs no picture that moves."""
FRAME_SECONDS = 0.125
SHOWN_EVENTS = 100
"""A longer history is left to ``asw history``."""

Begin = Callable[[Session], list[ExecutionKey]]
Lock = Callable[[Path], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The command line's own words about the run."""

    input_text: str | None = None
    name: str | None = None


def run(screen: Screen, paths: Sequence[Path], wish: Wish, folder: Path) -> int:
    """Check everything, then run the Executions, or the only Workflow."""
    wishes, findings = _understand(wish)
    manifests, plan, found = _plan(paths, wishes)
    findings += found
    if not manifests.executions:
        findings += plan_bare_run(manifests, wishes, plan)
    screen.findings(findings)
    if _has_error(findings):
        return BAD_INPUT
    if not plan.runs:
        screen.say("nothing to run: no Execution and no Workflow there")
        return BAD_INPUT
    return _work(screen, folder, sharing, lambda session: session.start(plan))


def resume(screen: Screen, folder: Path) -> int:
    """Go on with everything that is not over."""
    return _work(screen, folder, alone, Session.resume)


def stop(screen: Screen, name: str, folder: Path) -> int:
    """Abort one execution that is not over; that it ends so is what was asked for."""
    code = _work(screen, folder, alone, lambda session: session.stop(name))
    return ALL_WELL if code == NOT_SUCCEEDED else code


def validate(screen: Screen, paths: Sequence[Path]) -> int:
    """Show all findings."""
    _, plan, findings = _plan(paths, Wishes())
    screen.findings(findings)
    if _has_error(findings):
        return BAD_INPUT
    screen.say(f"valid: {len(plan.workflows)} Workflows, {len(plan.functions)} Functions")
    return ALL_WELL


def history(screen: Screen, name: str, folder: Path) -> int:
    """Show one execution as it stands."""
    try:
        store = open_existing_store(folder)
    except UnusableFolder as error:
        return _refuse(screen, str(error))
    try:
        summary = store.executions.summary(name)
        if summary is None:
            return _refuse(screen, f"no execution {name!r} in {folder}; asw list shows all")
        screen.report(report_on(store, summary))
    finally:
        store.close()
    return ALL_WELL


def list_executions(screen: Screen, folder: Path, *, with_children: bool) -> int:
    """Show all executions; children of distributed Maps only on request."""
    try:
        store = open_existing_store(folder)
    except UnusableFolder as error:
        return _refuse(screen, str(error))
    screen.executions(store.executions.summaries(with_children=with_children))
    store.close()
    return ALL_WELL


def _understand(wish: Wish) -> tuple[Wishes, list[Finding]]:
    """The wishes of the command line, its JSON read."""
    if wish.input_text is None:
        return Wishes(name=wish.name), []
    text, place = wish.input_text, "--input"
    try:
        if text.startswith("@"):
            place = text[1:]
            text = Path(place).read_text(encoding="utf-8")
        return Wishes(name=wish.name, has_input=True, input=from_text(text)), []
    except (OSError, ValueError) as error:
        return Wishes(), [Finding(place, f"no JSON to read: {error}")]


def _plan(paths: Sequence[Path], wishes: Wishes) -> tuple[Manifests, Plan, list[Finding]]:
    documents, unreadable = read_documents(paths)
    manifests, misshapen = read_manifests(documents)
    plan, wrong = make_plan(manifests, wishes)
    return manifests, plan, [*unreadable, *misshapen, *wrong]


def _has_error(findings: Sequence[Finding]) -> bool:
    return any(not finding.is_warning for finding in findings)


def _refuse(screen: Screen, sentence: str) -> int:
    screen.say(sentence)
    return BAD_INPUT


def _work(screen: Screen, folder: Path, lock: Lock, begin: Begin) -> int:
    """Begin something, let it run to its end, and show it."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        with lock(folder):
            reports = asyncio.run(_run_to_end(screen, folder, begin))
    except UnusableFolder as error:
        return _refuse(screen, str(error))
    except KeyboardInterrupt:
        screen.say(f"interrupted; go on with: asw resume --data {folder}")
        return INTERRUPTED
    if not reports:
        screen.say("nothing to do: no such execution, or it is over")
    for report in reports:
        screen.report(report, events=SHOWN_EVENTS)
    is_well = all(report.summary.status == "SUCCEEDED" for report in reports)
    return ALL_WELL if is_well else NOT_SUCCEEDED


async def _run_to_end(screen: Screen, folder: Path, begin: Begin) -> list[Report]:
    async with open_session(folder, echo=screen.echo) as session:
        keys = begin(session)
        await _watch(screen, session, keys)
        return [session.report(key) for key in keys]


async def _watch(screen: Screen, session: Session, keys: Sequence[ExecutionKey]) -> None:
    """Wait for the end, with a picture that moves where it takes long and somebody watches."""
    end = asyncio.ensure_future(session.finish(keys))
    await asyncio.wait((end,), timeout=QUICK_SECONDS)
    live = None if end.done() else screen.open_live()
    if live is not None:
        with live:
            while not end.done():
                began_at = time.monotonic()
                screen.draw(live, [session.report(key) for key in keys])
                cost = time.monotonic() - began_at
                await asyncio.wait((end,), timeout=max(FRAME_SECONDS, 10 * cost))
    await end
