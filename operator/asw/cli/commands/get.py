"""``asw get``: shows objects by name, or all of a kind."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from asw.asl.values import JsonObject
from asw.cli import completion, options
from asw.cli.archives import archived_run, find_run, require_place
from asw.cli.command import Command, Example, show_failure
from asw.cli.objects.archived import Further, list_archived
from asw.cli.objects.asking import Asked, read_objects, read_query
from asw.cli.objects.connections import Reach
from asw.cli.objects.formats import formatted, listed, read_format
from asw.cli.objects.functions import Usage, read_usage
from asw.cli.objects.listing import Show, list_runs
from asw.cli.objects.printing import print_table, print_text
from asw.cli.objects.tables import objects_table, runs_table
from asw.executions.naming import names_file, open_named
from asw.executions.opening import open_runs
from asw.executions.port import Query, Runs
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import ALL_WELL
from asw.failures import Failure, not_found
from asw.messages import t

_ORDER = ("Execution", "Workflow", "Function", "Connection")
"""Of the tables, if several kinds were asked for."""
_EXAMPLES = (
    Example(command="asw get hello-1", does="Show how an execution stands.", where="cluster"),
    Example(
        command="asw get hello-1 --local -o yaml",
        does="Show the whole object, as kubectl would.",
    ),
    Example(
        command="asw get hello-2 --archived -o json",
        does="Show one that was deleted, as the archive has it.",
        where="archive",
    ),
    Example(command="asw get workflows --local", does="Show the Workflows that were run here."),
    Example(
        command="asw get functions --local -o wide",
        does="Show who calls each Function, and how its newest call went.",
    ),
    Example(
        command="asw get connections -o wide",
        does="Show whether calls can be made by each Connection, and why not.",
        where="cluster",
    ),
    Example(
        command="asw get wf/hello fn/greet -o yaml",
        does="Show a Workflow and a Function.",
        where="cluster",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("names", nargs=-1, shell_complete=completion.objects)
@options.query_options
@options.output
@options.no_headers
@options.target_options
@options.archived
def command(names: tuple[str, ...], form: str, *, no_headers: bool, **asked: Any) -> None:
    """Show executions as objects.

    NAMES are names of executions, files that asw export wrote, or KIND/NAME, where KIND is exe, wf,
    fn or conn: Execution, Workflow, Function, Connection. A kind alone shows all of that kind.
    Without NAMES all executions are shown that the options choose. Objects that do not exist are
    reported after those that do, with exit code 4.

    -o wide shows of Functions also the digest of the code that the next call runs, the Workflows
    whose current definition calls them, and how the newest call went that is still known: when,
    for which execution, and in parentheses the digest of its code if that was another one. Of
    Connections it shows what keeps calls from being made.

    One object is printed as it is, several as a List. Executions of this machine's store have the
    same shape as on a cluster, without what only a cluster knows. Those of the archive lack what
    the engine keeps for itself; without NAMES --archived shows as much of each as a list does.
    """
    query = read_query(asked["query"], datetime.now(UTC))
    show = Show(form=read_format(form), has_head=not no_headers)
    sys.exit(asyncio.run(get_objects(asked["target"], names, query, show)))


async def get_objects(target: Target, words: Sequence[str], query: Query, show: Show) -> int:
    """Show objects by name, or all of a kind; missing ones are reported at the end."""
    files = [word for word in words if names_file(word)]
    others = [word for word in words if word not in files]
    asked = read_objects(others) if others or not files else []
    if asked == [Asked("Execution")] and not files:
        if target.is_archived:
            return await list_archived(target, query, show, Further())
        return await list_runs(target, query, show)
    found: list[JsonObject] = []
    failures: list[Failure] = []
    for file in files:
        found += await _filed(file, target, failures)
    usage = None
    if target.is_archived:
        found += await _archived(asked, target, failures)
    elif asked:
        async with open_runs(target) as runs:
            for each in asked:
                found += await _named(runs, each, target, failures)
            if show.form.name == "wide" and (functions := _of_kind(found, "Function")):
                usage = await read_usage(runs, functions)
    is_one = len(found) == 1 and len(files) + sum(len(each.names) for each in asked) == 1
    _print_objects(found, query, show, usage, is_one=is_one)
    for failure in failures[:-1]:
        show_failure(failure)
    if failures:
        raise failures[-1]
    return ALL_WELL


async def _filed(file: str, target: Target, failures: list[Failure]) -> list[JsonObject]:
    try:
        async with open_named(file, target) as (runs, name):
            return [(await runs.get(name)).manifest]
    except Failure as failure:
        failures.append(failure)
        return []


async def _archived(
    asked: Sequence[Asked], target: Target, failures: list[Failure]
) -> list[JsonObject]:
    found: list[JsonObject] = []
    for each in asked:
        if each.kind != "Execution":
            require_place(target, each.kind)
        for name in each.names:
            try:
                found.append((await archived_run(name, target))[1].manifest)
            except Failure as failure:
                failures.append(failure)
    return found


async def _named(
    runs: Runs, asked: Asked, target: Target, failures: list[Failure]
) -> list[JsonObject]:
    if asked.kind != "Execution" and not asked.names:
        return list(await _all(runs, asked.kind))
    found: list[JsonObject] = []
    for name in asked.names:
        try:
            if asked.kind == "Execution":
                found.append((await find_run(runs, name, target))[1].manifest)
            else:
                found.append(await _one(runs, asked.kind, name))
        except Failure as failure:
            failures.append(failure)
    return found


async def _one(runs: Runs, kind: str, name: str) -> JsonObject:
    if kind == "Workflow":
        return await runs.workflow(name)
    known = {item["metadata"]["name"]: item for item in await _all(runs, kind)}
    if name not in known:
        raise not_found(
            t(
                "no {kind} {name!r} in namespace {namespace}",
                kind=kind,
                name=name,
                namespace=runs.namespace,
            ),
            name,
            known,
            t("{listing} shows all", listing=f"asw get {kind.lower()}s"),
        )
    return known[name]


async def _all(runs: Runs, kind: str) -> Sequence[JsonObject]:
    match kind:
        case "Workflow":
            return await runs.workflows()
        case "Connection":
            return await runs.connections()
    return await runs.functions()


def _print_objects(
    found: Sequence[JsonObject], query: Query, show: Show, usage: Usage | None, *, is_one: bool
) -> None:
    if not show.form.is_table:
        if found or not is_one:
            print_text(formatted(found[0] if is_one else listed(found), found, show.form))
        return
    look, now = show.look(query), datetime.now(UTC)
    kinds = [it for it in _ORDER if it in _kinds(found)]
    more = {"Function": usage, "Connection": Reach() if look.is_wide else None}
    for number, kind in enumerate(kinds):
        items = _of_kind(found, kind)
        if number > 0:
            click.echo()
        if kind == "Execution":
            table = runs_table([Run(item) for item in items], look, now)
        else:
            table = objects_table(kind, items, look, now, more.get(kind))
        print_table(*table, look)


def _of_kind(items: Sequence[JsonObject], kind: str) -> list[JsonObject]:
    return [item for item in items if item["kind"] == kind]


def _kinds(items: Sequence[JsonObject]) -> set[str]:
    return {item["kind"] for item in items}
