"""Asks the port for everything of an execution that goes into an exported file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from asw import __version__
from asw.api.names import LABEL_CHILD, LABEL_PARENT_UID
from asw.api.phases import UNSUCCESSFUL_PHASES
from asw.asl.model import StateMachine
from asw.asl.values import Json, JsonObject
from asw.executions.bundles.contents import Bundle, Exported
from asw.executions.bundles.runs import BundleRuns
from asw.executions.port import Detail, LogLine, LogOptions, Query, Runs, TaskSnapshot
from asw.executions.run import Run
from asw.executions.snapshots import has_distributed_map, public_name
from asw.failures import Failure
from asw.messages import t

MOST_CHILDREN = 10
"""How many children that did not succeed are in the file of their parent, the first by number."""
APART = ("record", "pages", "history", "historyChunks")
"""Fields of a status that the file holds elsewhere, whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """What the file contains. ``paths`` are redacted; with ``is_redacted`` every value is."""

    has_code: bool = True
    has_logs: bool = False
    is_redacted: bool = False
    paths: tuple[str, ...] = ()


async def gather_bundle(runs: Runs, run: Run, options: ExportOptions) -> Bundle:
    """Everything that the place knows; nothing is redacted yet, unless it was in a bundle."""
    missing: list[str] = []
    definition = await runs.definition(run)
    machine = definition.machine if definition else None
    return Bundle(
        made_by=__version__,
        made_at=datetime.now(UTC),
        main=await _exported(runs, run, options, missing),
        definition_text=definition.text if definition else None,
        dialect=definition.dialect if definition else "ASL",
        workflow=await _workflow(runs, run, missing),
        functions=await _functions(runs, machine, options, missing),
        children=await _children(runs, run, machine, options, missing),
        redacted=runs.bundle.redacted if isinstance(runs, BundleRuns) else (),
        has_logs=options.has_logs,
        missing=tuple(dict.fromkeys(missing)),
    )


async def _exported(runs: Runs, run: Run, options: ExportOptions, missing: list[str]) -> Exported:
    output = await runs.output(run)
    status = {key: it for key, it in run.status.items() if key not in APART}
    if run.phase == "Succeeded":
        status["output"] = output
    tasks: Sequence[TaskSnapshot] = ()
    try:
        tasks = await runs.tasks(run)
    except Failure as failure:
        missing.append(failure.message)
    return Exported(
        run=Run({**run.manifest, "status": status}),
        events=await runs.history(run),
        record=await runs.record(run),
        tasks=tuple(tasks),
        lines=tuple(await _lines(runs, run, missing)) if options.has_logs else (),
    )


async def _lines(runs: Runs, run: Run, missing: list[str]) -> list[LogLine]:
    try:
        return [line async for line in runs.logs(run, LogOptions(has_times=True))]
    except Failure as failure:
        missing.append(failure.message)
        return []


async def _workflow(runs: Runs, run: Run, missing: list[str]) -> JsonObject | None:
    # Children of distributed Maps have the label of the Map in the name of theirs.
    name = run.workflow.partition("/")[0]
    try:
        return await runs.workflow(name)
    except Failure as failure:
        missing.append(failure.message)
        return None


async def _functions(
    runs: Runs, machine: StateMachine | None, options: ExportOptions, missing: list[str]
) -> tuple[JsonObject, ...]:
    """Those that the definition names; one that a path names at run time is not found."""
    try:
        everything = await runs.functions()
    except Failure as failure:
        missing.append(failure.message)
        return ()
    named = machine.functions if machine else frozenset()
    found = [it for it in everything if public_name(it) in named]
    return tuple(it if options.has_code else without_code(it) for it in found)


def without_code(manifest: JsonObject) -> JsonObject:
    """The Function without the texts of its files."""
    spec: dict[str, Json] = dict(manifest.get("spec") or {})
    code = spec.get("code") or {}
    if isinstance(code, dict) and code.get("inline"):
        spec["code"] = {**code, "inline": dict.fromkeys(code["inline"], "")}
    return {**manifest, "spec": spec}


async def _children(
    runs: Runs, run: Run, machine: StateMachine | None, options: ExportOptions, missing: list[str]
) -> tuple[Exported, ...]:
    if machine is None or not has_distributed_map(machine.block):
        return ()
    own, count = await failed_children(runs, run, MOST_CHILDREN)
    if count > len(own):
        missing.append(more_children(count - len(own)))
    bare = replace(options, has_logs=False)
    return tuple([await _exported(runs, it, bare, missing) for it in own])


def more_children(count: int) -> str:
    """The sentence on children that are not in the file."""
    return t("{count} more children that did not succeed", count=count)


class Family(Protocol):
    """What is asked for the children of an execution; ``Runs`` is one."""

    async def list(self, query: Query, detail: Detail = "whole") -> Sequence[Run]:
        """Executions of the query."""

    async def get(self, name: str) -> Run:
        """The execution of that name."""


async def failed_children(runs: Family, run: Run, most: int) -> tuple[list[Run], int]:
    """The first children by number that did not succeed, and how many did not in all.

    There may be thousands: only those that are returned are read whole.
    """
    query = Query(
        selector=f"{LABEL_PARENT_UID}={run.uid}",
        phases=UNSUCCESSFUL_PHASES,
        with_children=True,
    )
    found = sorted(await runs.list(query, "row"), key=_ordinal)
    return [await runs.get(each.name) for each in found[:most]], len(found)


def _ordinal(child: Run) -> int:
    """The number that its parent knows it by; a row of a table has it only in a label."""
    parent = child.spec.get("parent")
    return int(child.labels[LABEL_CHILD] if parent is None else parent["ordinal"])
