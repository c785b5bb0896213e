"""Lists executions: for ``asw list``, and for ``asw get`` without a name."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click

from asw.cli.objects.formats import Format, formatted, listed
from asw.cli.objects.printing import print_table, print_text
from asw.cli.objects.tables import Look, runs_table
from asw.executions.opening import open_runs
from asw.executions.port import Detail, Query, Runs
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import ALL_WELL
from asw.failures import Failure
from asw.messages import t

_DETAILS: Mapping[str, Detail] = {"table": "row", "name": "row", "wide": "wide"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """The format, whether a table has a header, and the order."""

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
            remedy=t("write it like --sort-by .status.startTime"),
        )
    names = re.split(r"(?<!\\)\.", text.strip("{}").removeprefix("."))
    return [name.replace("\\.", ".") for name in names]


async def list_runs(target: Target, query: Query, show: Show) -> int:
    """Show the executions that match the query."""
    async with open_runs(target) as runs:
        found = sorted_runs(await runs.list(query, show.detail), show.sort_by)
        if show.form.is_table and not found:
            _say_none(runs, target, query)
        else:
            print_runs(found, query, show)
    return ALL_WELL


def print_runs(found: Sequence[Run], query: Query, show: Show) -> None:
    """All of them as a table, or as a List in a format for programs."""
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


def sorted_runs(found: Sequence[Run], sort_by: Sequence[str] | None) -> Sequence[Run]:
    """Sorted by the value at the path; those without it come first, as in kubectl."""
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
