"""The commands that work on this machine; each returns its exit code."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from asw.app.checking import check_files
from asw.app.faults import json_fault
from asw.app.findings import Finding, has_error
from asw.app.messages import t
from asw.app.plan import Wishes, plan_bare_run
from asw.app.rules import INVALID_ARGUMENT
from asw.app.screen import Screen
from asw.app.session import Report, Session, open_session, report_on
from asw.app.sources import Source
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
    checked = check_files(paths, wishes, is_local=True)
    plan = checked.plan
    findings += checked.findings
    if not checked.manifests.executions:
        findings += plan_bare_run(checked.manifests, wishes, plan)
    screen.findings(findings)
    if has_error(findings):
        return BAD_INPUT
    if not plan.runs:
        screen.say(t("nothing to run: no Execution and no Workflow there"))
        return BAD_INPUT
    return _work(screen, folder, sharing, lambda session: session.start(plan))


def resume(screen: Screen, folder: Path) -> int:
    """Go on with everything that is not over."""
    return _work(screen, folder, alone, Session.resume)


def stop(screen: Screen, name: str, folder: Path) -> int:
    """Abort one execution that is not over; that it ends so is what was asked for."""
    code = _work(screen, folder, alone, lambda session: session.stop(name))
    return ALL_WELL if code == NOT_SUCCEEDED else code


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
    except UnicodeDecodeError:
        return Wishes(), [_no_json(place, t("not UTF-8 text"))]
    except OSError as error:
        return Wishes(), [_no_json(place, str(error))]
    except ValueError as error:
        source = Source(place, text, is_json=True)
        fault = json_fault(error, source)
        found = _no_json(place, fault.message)
        return Wishes(), [
            replace(found, remedy=fault.remedy, position=fault.position, source=source)
        ]


def _no_json(place: str, reason: str) -> Finding:
    message = t("no JSON to read: {reason}", reason=reason)
    return Finding(file=place, code=INVALID_ARGUMENT, message=message)


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
