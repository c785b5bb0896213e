"""``asw watch``: follows executions as they change."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import click

from asw.cli import completion, options
from asw.cli.acting.following import follow
from asw.cli.command import Command, Example
from asw.cli.live import LiveView
from asw.cli.objects.asking import read_query
from asw.cli.objects.formats import formatted, read_format
from asw.cli.objects.listing import Show, print_runs
from asw.cli.objects.printing import print_row, print_text
from asw.cli.objects.tables import Cell, padded, runs_table, widths_of
from asw.executions.naming import open_named
from asw.executions.opening import open_runs
from asw.executions.port import Query, Runs
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import ALL_WELL, NOT_SUCCEEDED

_EXAMPLES = (
    Example(
        command="asw watch hello-1",
        does="Follow an execution to its end, in a picture on a terminal.",
        where="cluster",
    ),
    Example(command="asw watch hello-1 --local", does="Follow one on this machine."),
    Example(
        command="asw watch hello-1 --local -o json",
        does="Print its object with every change.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument(
    "name",
    required=False,
    callback=options.named("Execution"),
    shell_complete=completion.executions,
)
@options.query_options
@options.output
@options.no_headers
@options.target_options
def command(name: str | None, form: str, *, no_headers: bool, **asked: Any) -> None:
    """Follow executions as they change.

    With a NAME, follows that execution until it is over: on a terminal as a moving picture,
    elsewhere with a line for each change. The exit code is 0 if it succeeded, else 1. Without a
    NAME, follows all executions that the options choose, with a line for each change, until you
    press Ctrl-C.

    If the connection breaks it is opened again, and nothing is printed twice.
    """
    show = Show(form=read_format(form), has_head=not no_headers)
    if name is not None:
        sys.exit(asyncio.run(watch_run(asked["target"], name, show)))
    query = read_query(asked["query"], datetime.now(UTC))
    sys.exit(asyncio.run(watch_runs(asked["target"], query, show)))


async def watch_runs(target: Target, query: Query, show: Show) -> int:
    """Show executions, then every change of one, until the user stops it."""
    async with open_runs(target) as runs:
        await _watch(runs, query, show, name=None)
    return ALL_WELL


async def watch_run(target: Target, name: str, show: Show) -> int:
    """Show an execution until it is over; the exit code says whether it succeeded."""
    async with open_named(name, target) as (runs, known_name):
        if show.form.name == "table" and sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 -- for terminals alone

            view = LiveView(Console(stderr=True, highlight=False))
            (run,) = await follow(runs, [known_name], view)
            print_runs([run], Query(), show)
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
