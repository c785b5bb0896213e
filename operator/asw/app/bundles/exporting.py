"""Asks the port for everything of an execution, and writes the file: the part with effects."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from asw import __version__
from asw.app.awaiting import awaited
from asw.app.bundles.contents import SUFFIX, Bundle, Exported, to_bytes
from asw.app.bundles.redaction import by_paths, redacted
from asw.app.exits import BAD_INPUT
from asw.app.failures import Failure
from asw.app.messages import t
from asw.app.runs.naming import open_named
from asw.app.runs.port import LogLine, LogWish, Run, Runs, TaskSight
from asw.app.runs.sights import has_distributed_map, public_name
from asw.app.runs.target import Target
from asw.app.why.gather import failed_children
from asw.asl.model import StateMachine
from asw.asl.values import Json, JsonObject

_CHILDREN = 10
"""Children that did not succeed and go into the file with their parent, the first by number."""
_APART = ("record", "pages", "history", "historyChunks")
"""Fields of a status that the file holds elsewhere, whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportWish:
    """What is to be in the file. ``paths`` are to be redacted; ``is_redacted``: every value is."""

    has_code: bool = True
    has_logs: bool = False
    is_redacted: bool = False
    paths: tuple[str, ...] = ()


def write_bundle(name: str, target: Target, wish: ExportWish, output: Path | None) -> None:
    """Write the execution of that name into the file, by default one of its name; ``-`` is stdout.

    The file's name is printed on standard output.
    """
    if wish.paths:
        by_paths(wish.paths)  # a path that is none is told before anything is read
    bundle = awaited(_gathered(name, target, wish))
    if wish.is_redacted or wish.paths:
        bundle = redacted(bundle, () if wish.is_redacted else wish.paths)
    content = to_bytes(bundle)
    if output is not None and str(output) == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    path = output or Path(f"{bundle.main.run.name}{SUFFIX}")
    _write(path, content)
    for sentence in bundle.missing:
        click.echo(t("left out: {what}", what=sentence), err=True)
    click.echo(str(path))


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing: no half of a file is left where the disk is full.

    It holds payloads, so it is its owner's alone, until that one gives it to others.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Failure(
            t("cannot write {path}: {reason}", path=path, reason=error.strerror),
            remedy=t("name another file with -o"),
            code=BAD_INPUT,
        ) from error


async def _gathered(name: str, target: Target, wish: ExportWish) -> Bundle:
    async with open_named(name, target) as (runs, found):
        return await gather_bundle(runs, await runs.get(found), wish)


async def gather_bundle(runs: Runs, run: Run, wish: ExportWish) -> Bundle:
    """Everything that the place knows of the execution, with nothing redacted yet."""
    missing: list[str] = []
    definition = await runs.definition(run)
    machine = definition.machine if definition else None
    return Bundle(
        made_by=__version__,
        made_at=datetime.now(UTC),
        main=await _exported(runs, run, wish, missing),
        definition_text=definition.text if definition else None,
        dialect=definition.dialect if definition else "ASL",
        workflow=await _workflow(runs, run, missing),
        functions=await _functions(runs, machine, wish, missing),
        children=await _children(runs, run, machine, wish, missing),
        has_logs=wish.has_logs,
        missing=tuple(dict.fromkeys(missing)),
    )


async def _exported(runs: Runs, run: Run, wish: ExportWish, missing: list[str]) -> Exported:
    output = await runs.output(run)
    status = {key: it for key, it in run.status.items() if key not in _APART}
    if run.phase == "Succeeded":
        status["output"] = output
    tasks: Sequence[TaskSight] = ()
    try:
        tasks = await runs.tasks(run)
    except Failure as failure:
        missing.append(failure.message)
    return Exported(
        run=Run({**run.manifest, "status": status}),
        events=await runs.history(run),
        record=await runs.record(run),
        tasks=tuple(tasks),
        lines=tuple(await _lines(runs, run, missing)) if wish.has_logs else (),
    )


async def _lines(runs: Runs, run: Run, missing: list[str]) -> list[LogLine]:
    try:
        return [line async for line in runs.logs(run, LogWish(has_times=True))]
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
    runs: Runs, machine: StateMachine | None, wish: ExportWish, missing: list[str]
) -> tuple[JsonObject, ...]:
    """Those that the definition names; one that a path names while it runs is not found."""
    try:
        everything = await runs.functions()
    except Failure as failure:
        missing.append(failure.message)
        return ()
    named = machine.functions if machine else frozenset()
    found = [it for it in everything if public_name(it) in named]
    return tuple(it if wish.has_code else _without_code(it) for it in found)


def _without_code(manifest: JsonObject) -> JsonObject:
    spec: dict[str, Json] = dict(manifest.get("spec") or {})
    code = spec.get("code") or {}
    if isinstance(code, dict) and code.get("inline"):
        spec["code"] = {**code, "inline": dict.fromkeys(code["inline"], "")}
    return {**manifest, "spec": spec}


async def _children(
    runs: Runs, run: Run, machine: StateMachine | None, wish: ExportWish, missing: list[str]
) -> tuple[Exported, ...]:
    if machine is None or not has_distributed_map(machine.block):
        return ()
    own, count = await failed_children(runs, run, _CHILDREN)
    if count > len(own):
        rest = count - len(own)
        missing.append(t("{count} more children that did not succeed", count=rest))
    bare = replace(wish, has_logs=False)
    return tuple([await _exported(runs, it, bare, missing) for it in own])
