"""Lists the executions of the archive, for ``asw list --archived`` and ``asw get --archived``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click

from asw.api.instants import instant_text
from asw.asl.values import Json
from asw.cli.archives import archive_of, namespace_of
from asw.cli.objects.listing import Show, print_runs, sorted_runs
from asw.executions.port import Query
from asw.executions.run import Run
from asw.executions.selectors import equalities
from asw.executions.target import Target
from asw.exits import ALL_WELL
from asw.failures import Failure
from asw.messages import t

DEFAULT_LIMIT: Final = 100
_MOST_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """What only an archive is asked, as it was typed; ``until`` is in seconds before now."""

    error: str | None = None
    until: float | None = None
    fields: tuple[str, ...] = ()
    limit: int | None = None
    after: str | None = None


def require_archived(further: Further) -> None:
    """Raises Failure if something is asked that a cluster and a store do not answer."""
    for asked in fields(further):
        if getattr(further, asked.name) not in (None, ()):
            name = {"fields": "field"}.get(asked.name, asked.name)
            raise Failure(
                t("--{name} goes with --archived only", name=name),
                remedy=t("asw list --help shows what else executions are chosen by"),
            )


async def list_archived(target: Target, query: Query, show: Show, further: Further) -> int:
    """Show the executions that match, the newest first; and how to go on if there are more."""
    archive, asked = archive_of(target), question(query, further, target)
    limit = further.limit or DEFAULT_LIMIT
    found: list[Run] = []
    while len(found) < limit:
        size = min(limit - len(found), _MOST_AT_ONCE)
        page = await archive.search({**asked, "limit": size})
        found += page.runs
        asked["after"] = page.after
        if page.after is None:
            break
    if show.form.is_table and not found:
        click.echo(t("no executions found in the archive"), err=True)
    else:
        print_runs(sorted_runs(found, show.sort_by), query, show)
    if asked["after"] is not None:
        click.echo(t("there are more: --after {position}", position=asked["after"]), err=True)
    return ALL_WELL


def question(query: Query, further: Further, target: Target) -> dict[str, Json]:
    """The search as an archive takes it. Raises Failure."""
    until = None
    if further.until is not None:
        until = instant_text(datetime.now(UTC) - timedelta(seconds=further.until))
    said: Mapping[str, Json] = {
        "workflow": query.workflow,
        "phases": list(query.phases) or None,
        "error": further.error,
        "since": None if query.since is None else instant_text(query.since),
        "until": until,
        "labels": equalities(query.selector) if query.selector else None,
        "fields": _fields(further.fields),
        "children": query.with_children or None,
        "after": further.after,
    }
    namespace = None if query.all_namespaces else namespace_of(target)
    return {"namespace": namespace, **{name: it for name, it in said.items() if it is not None}}


def _fields(words: Sequence[str]) -> dict[str, Any] | None:
    found = {}
    for word in words:
        path, equals, value = word.partition("=")
        if not equals or not path:
            raise Failure(
                t("--field: {word!r} is not a path and a value", word=word),
                remedy=t("write it like --field order.id=7"),
            )
        found[path.removeprefix("$.")] = value
    return found or None
