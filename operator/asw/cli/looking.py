"""``asw list``, ``get`` and ``watch``: objects of the place where the verb acts, as they are."""

import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click

from asw.asl.values import JsonObject
from asw.cli.command import show_failure
from asw.cli.objects.asking import Asked, read_objects
from asw.cli.objects.formats import Format, formatted, listed
from asw.cli.objects.printing import print_row, print_table, print_text
from asw.cli.objects.tables import Cell, Look, objects_table, padded, runs_table, widths_of
from asw.executions.naming import names_file, open_named
from asw.executions.opening import open_runs
from asw.executions.port import Detail, Query, Runs
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import ALL_WELL, NOT_SUCCEEDED
from asw.failures import Failure, not_found
from asw.messages import t

_DETAILS: Mapping[str, Detail] = {"table": "row", "name": "row", "wide": "wide"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """In which format, with or without the head of a table, in which order."""

    form: Format
    has_head: bool = True
    sort_by: Sequence[str] | None = None

    @property
    def detail(self) -> Detail:
        """How much of each execution it needs."""
        if self.sort_by is not None:
            return "whole"
        return _DETAILS.get(self.form.name, "whole")

    def look(self, query: Query) -> Look:
        """The table that it asks for."""
        return Look(
            is_wide=self.form.name == "wide",
            has_namespace=query.all_namespaces,
            has_head=self.has_head,
        )


def read_sort_by(text: str | None) -> Sequence[str] | None:
    """The names of the fields on the way to what to sort by. Raises Failure."""
    if text is None:
        return None
    if re.fullmatch(r"\{?(\.?([^\s.\\{}\[\]*@()]|\\.)+)+\}?", text) is None:
        raise Failure(
            t("--sort-by: {text!r} is not a path of names", text=text),
            remedy=t("it reads like: --sort-by .status.startTime"),
        )
    names = re.split(r"(?<!\\)\.", text.strip("{}").removeprefix("."))
    return [name.replace("\\.", ".") for name in names]


async def list_runs(target: Target, query: Query, show: Show) -> int:
    """Show the executions that the query means."""
    async with open_runs(target) as runs:
        found = _sorted(await runs.list(query, show.detail), show.sort_by)
        if show.form.is_table and not found:
            _say_none(runs, target, query)
        else:
            _print_runs(found, query, show)
    return ALL_WELL


async def get_objects(target: Target, words: Sequence[str], query: Query, show: Show) -> int:
    """Show objects by name, or all of a kind; what is not there is told after those that are."""
    files = [word for word in words if names_file(word)]
    others = [word for word in words if word not in files]
    asked = read_objects(others) if others or not files else []
    if asked == [Asked("Execution")] and not files:
        return await list_runs(target, query, show)
    found: list[JsonObject] = []
    failures: list[Failure] = []
    for file in files:
        found += await _filed(file, target, failures)
    if asked:
        async with open_runs(target) as runs:
            for each in asked:
                found += await _named(runs, each, failures)
    is_one = len(found) == 1 and len(files) + sum(len(each.names) for each in asked) == 1
    _print_objects(found, query, show, is_one=is_one)
    for failure in failures[:-1]:
        show_failure(failure)
    if failures:
        raise failures[-1]
    return ALL_WELL


async def watch_runs(target: Target, query: Query, show: Show) -> int:
    """Show executions, then every change of one, until somebody ends it."""
    async with open_runs(target) as runs:
        await _watch(runs, query, show, name=None)
    return ALL_WELL


async def watch_run(target: Target, name: str, show: Show) -> int:
    """Show an execution until it is over; the exit code tells whether it succeeded."""
    async with open_named(name, target) as (runs, known_name):
        if show.form.name == "table" and sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 -- for terminals alone

            from asw.cli.following import follow  # noqa: PLC0415
            from asw.cli.live import LiveView  # noqa: PLC0415

            view = LiveView(Console(stderr=True, highlight=False))
            (run,) = await follow(runs, [known_name], view)
            _print_runs([run], Query(), show)
        else:
            run = await _watch(runs, Query(with_children=True), show, name=known_name)
    return ALL_WELL if run.phase == "Succeeded" else NOT_SUCCEEDED


async def _watch(runs: Runs, query: Query, show: Show, *, name: str | None) -> Any:
    """Every change; of one execution the last one, once it is over."""
    printer = _Printer(show, query)
    if name is None:
        # Of a table the widths have to be known; anything else the watch tells by itself.
        found = await runs.list(query, show.detail if show.form.is_table else "row")
        printer.first(found if show.form.is_table else ())
    changes = runs.watch(query, name=name, detail=show.detail)
    async with aclosing(changes):
        async for run in changes:
            printer.next(run)
            if name is not None and (run.is_settled or run.phase == "Deleted"):
                return run
    raise AssertionError("a watch has no end")


class _Printer:
    """Prints what is new; a table keeps the widths that it began with."""

    def __init__(self, show: Show, query: Query) -> None:
        self._show = show
        self._query = query
        self._shown: dict[str, tuple[str, object]] = {}
        self._widths: list[int] = []

    def first(self, found: Sequence[Run]) -> None:
        for run in found:
            self.next(run, beside=found)

    def next(self, run: Run, *, beside: Sequence[Run] = ()) -> None:
        version = (run.phase, run.manifest["metadata"].get("resourceVersion", run.manifest))
        if self._shown.get(run.uid) == version:
            return
        self._shown[run.uid] = version
        if not self._show.form.is_table:
            print_text(formatted(run.manifest, [run.manifest], self._show.form))
            return
        look = self._show.look(self._query)
        now = datetime.now(UTC)
        head, (row,) = runs_table([run], look, now)
        if not self._widths:
            self._widths = widths_of(head, runs_table(beside or [run], look, now)[1])
            if look.has_head:
                print_row(padded(list(map(Cell, head)), self._widths))
        print_row(padded(row, self._widths))


async def _filed(file: str, target: Target, failures: list[Failure]) -> list[JsonObject]:
    try:
        async with open_named(file, target) as (runs, name):
            return [(await runs.get(name)).manifest]
    except Failure as failure:
        failures.append(failure)
        return []


async def _named(runs: Runs, asked: Asked, failures: list[Failure]) -> list[JsonObject]:
    if asked.kind != "Execution" and not asked.names:
        return list(await (runs.workflows() if asked.kind == "Workflow" else runs.functions()))
    found: list[JsonObject] = []
    for name in asked.names:
        try:
            found.append(await _one(runs, asked.kind, name))
        except Failure as failure:
            failures.append(failure)
    return found


async def _one(runs: Runs, kind: str, name: str) -> JsonObject:
    match kind:
        case "Execution":
            return (await runs.get(name)).manifest
        case "Workflow":
            return await runs.workflow(name)
    functions = {item["metadata"]["name"]: item for item in await runs.functions()}
    if name not in functions:
        raise not_found(
            t(
                "no {kind} {name!r} in namespace {namespace}",
                kind=kind,
                name=name,
                namespace=runs.namespace,
            ),
            name,
            functions,
            t("asw get functions shows all"),
        )
    return functions[name]


def _print_objects(found: Sequence[JsonObject], query: Query, show: Show, *, is_one: bool) -> None:
    if not show.form.is_table:
        if found or not is_one:
            print_text(formatted(found[0] if is_one else listed(found), found, show.form))
        return
    look, now = show.look(query), datetime.now(UTC)
    kinds = [it for it in ("Execution", "Workflow", "Function") if it in _kinds(found)]
    for number, kind in enumerate(kinds):
        items = [item for item in found if item["kind"] == kind]
        if number > 0:
            click.echo()
        if kind == "Execution":
            table = runs_table([Run(item) for item in items], look, now)
        else:
            table = objects_table(kind, items, look, now)
        print_table(*table, look)


def _kinds(items: Sequence[JsonObject]) -> set[str]:
    return {item["kind"] for item in items}


def _print_runs(found: Sequence[Run], query: Query, show: Show) -> None:
    if show.form.is_table:
        look = show.look(query)
        print_table(*runs_table(found, look, datetime.now(UTC)), look)
        return
    items = [run.manifest for run in found]
    print_text(formatted(listed(items), items, show.form))


def _say_none(runs: Runs, target: Target, query: Query) -> None:
    if target.is_local:
        sentence = t("no executions found in {place}", place=target.data)
    elif query.all_namespaces:
        sentence = t("no executions found")
    else:
        sentence = t("no executions found in namespace {namespace}", namespace=runs.namespace)
    click.echo(sentence, err=True)


def _sorted(found: Sequence[Run], sort_by: Sequence[str] | None) -> Sequence[Run]:
    """In the order of what the path leads to; those without it first, as kubectl has it."""
    if sort_by is None:
        return found

    def key(run: Run) -> tuple[bool, str, Any]:
        value: Any = run.manifest
        for name in sort_by:
            value = value.get(name) if isinstance(value, Mapping) else None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return (
            value is not None,
            "number" if is_number else "text",
            value if is_number else str(value),
        )

    return sorted(found, key=key)
