"""A watch for readers: every object, then every change, whatever the server does between."""

from contextlib import aclosing

import pytest

from asw.platforms.kubernetes.client import watching
from asw.platforms.kubernetes.client.forms import OlderColumns, Rows, Whole
from asw.platforms.kubernetes.client.resources import EXECUTIONS
from asw.platforms.kubernetes.client.watching import watch
from asw.reconciler.platform import Refused, Unavailable
from tests.support.kube_answers import SILENCE, a_list, an_event, an_object, served


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(watching, "FIRST_PAUSE_SECONDS", 0.0)


async def seen(client, count):
    """So many changes: kind, name and version of each."""
    made = []
    async with aclosing(watch(client, EXECUTIONS, "shop", {"labelSelector": "a=b"})) as changes:
        async for change in changes:
            metadata = change.item["metadata"]
            made.append((change.kind, metadata["name"], metadata["resourceVersion"]))
            if len(made) == count:
                return made
    return made


async def test_a_list_and_then_changes():
    """The watch goes on from the version of the list, bookmarks are no changes."""
    changes = [
        an_event("ADDED", an_object("b", 6)),
        an_event("BOOKMARK", {"metadata": {"resourceVersion": "7"}}),
        an_event("DELETED", an_object("a", 8)),
    ]
    async with served(a_list(5, an_object("a", 1)), changes) as (client, queries):
        assert await seen(client, 3) == [
            ("there", "a", "1"),
            ("there", "b", "6"),
            ("gone", "a", "8"),
        ]
        assert queries[0]["labelSelector"] == queries[1]["labelSelector"] == "a=b"
        assert queries[1]["resourceVersion"] == "5"


async def test_a_connection_that_died_without_a_word_is_made_anew(monkeypatch):
    """A watch whose end does not come either is broken: it goes on where it was."""
    monkeypatch.setattr(watching, "SILENCE_SECONDS", 0.05)
    first = [an_event("MODIFIED", an_object("a", 6)), SILENCE]
    second = [an_event("MODIFIED", an_object("a", 9)), SILENCE]
    async with served(a_list(5), first, second) as (client, queries):
        assert [version for _, _, version in await seen(client, 2)] == ["6", "9"]
        assert queries[2]["resourceVersion"] == "6"


async def test_a_watch_that_ended_goes_on_where_it_was():
    """No second list, and nothing is told twice."""
    first, second = (
        [an_event("MODIFIED", an_object("a", 6))],
        [an_event("MODIFIED", an_object("a", 9))],
    )
    async with served(a_list(5), first, 500, second) as (client, queries):
        assert [version for _, _, version in await seen(client, 2)] == ["6", "9"]
        assert queries[3]["resourceVersion"] == "6"


@pytest.mark.parametrize(
    "expired",
    [410, [an_event("ERROR", {"code": 410, "message": "too old"})]],
    ids=["answer", "event"],
)
async def test_what_was_missed_is_found_by_a_new_list(expired):
    """After 410 only what is different is told, and what went meanwhile."""
    answers = (
        a_list(5, an_object("a", 1), an_object("b", 2), an_object("c", 3)),
        expired,
        a_list(9, an_object("a", 1), an_object("b", 8)),
    )
    async with served(*answers) as (client, _):
        assert (await seen(client, 5))[3:] == [("gone", "c", "3"), ("there", "b", "8")]


async def test_lines_longer_than_a_buffer_are_whole():
    """An Execution may hold a megabyte, which comes in pieces."""
    event = an_event("ADDED", an_object("a", 6, data="x" * 700_000))
    parts = [event[:300_000], event[300_000:] + an_event("ADDED", an_object("b", 7))]
    async with served(a_list(5), parts) as (client, _):
        assert [name for _, name, _ in await seen(client, 2)] == ["a", "b"]


@pytest.mark.parametrize(("status", "error"), [(403, Refused), (500, Unavailable)])
async def test_who_cannot_begin_is_told(status, error):
    """Only later is a server that does not answer waited for."""
    async with served(status) as (client, _):
        with pytest.raises(error):
            await seen(client, 1)


async def test_a_refusal_ends_it():
    """Rights that are taken away do not come back by asking."""
    async with served(a_list(5), 403) as (client, _):
        with pytest.raises(Refused):
            await seen(client, 1)


async def test_only_what_is_to_be_kept_is_told():
    """Whoever watches thousands of large objects holds what of them is shown."""
    big, changed = (an_object("a", version, spec="x" * 9000) for version in (1, 3))
    answers = (a_list(2, big), [an_event("MODIFIED", changed), an_event("DELETED", changed)])
    async with served(*answers) as (client, _):
        keep = lambda item: {"metadata": item["metadata"]}  # noqa: E731
        told = []
        async with aclosing(watch(client, EXECUTIONS, "shop", {}, Whole(keep))) as changes:
            async for change in changes:
                told.append((change.kind, change.item["metadata"]["resourceVersion"]))
                assert change.item.keys() == {"metadata"}
                if change.kind == "gone":
                    break
        assert told == [("there", "1"), ("there", "3"), ("gone", "3")]


def a_table(version, *rows, columns=("Name", "Phase")):
    """As an API server tells it: later events of a watch bring no names of columns."""
    return {
        "metadata": {"resourceVersion": str(version)},
        "columnDefinitions": columns and [{"name": name} for name in columns],
        "rows": [
            {"cells": [item["metadata"]["name"], phase], "object": item} for item, phase in rows
        ],
    }


def phases():
    """Rows with the phase that their cell has."""
    return Rows(("Phase",), lambda row: {"metadata": row.metadata, "phase": row.cells["Phase"]})


async def test_rows_of_tables_are_watched_as_objects_are():
    """The columns are named once, bookmarks have an empty row, and an end is as good as a list."""
    nothing = {"metadata": {"name": "", "uid": ""}}
    events = [
        an_event("ADDED", a_table(6, (an_object("b", 6), "Pending"))),
        an_event("BOOKMARK", a_table(7, (nothing, None), columns=None)),
        an_event("MODIFIED", a_table(8, (an_object("b", 8), "Running"), columns=None)),
        an_event("DELETED", a_table(9, (an_object("a", 9), "Failed"), columns=None)),
    ]
    answers = (a_table(5, (an_object("a", 3), "Running")), events, [])
    async with served(*answers) as (client, queries):
        told = []
        async with aclosing(watch(client, EXECUTIONS, "shop", {}, phases())) as changes:
            async for change in changes:
                told.append((change.kind, change.item["metadata"]["name"], change.item["phase"]))
                if change.kind == "gone":
                    break
    assert told == [
        ("there", "a", "Running"),
        ("there", "b", "Pending"),
        ("there", "b", "Running"),
        ("gone", "a", "Failed"),
    ]
    assert queries[1]["resourceVersion"] == "5"


async def test_a_table_without_a_column_is_not_read():
    """Older CRDs are told apart before anything is told."""
    table = a_table(5, (an_object("a", 3), "ready"), columns=("Name", "Ready"))
    async with served(table) as (client, _):
        with pytest.raises(OlderColumns):
            await anext(watch(client, EXECUTIONS, "shop", {}, phases()))


async def test_a_list_is_told_from_the_oldest_on():
    """A server hands out a list by names; people read what came to be first."""
    items = [an_object("a", 3), an_object("b", 2), an_object("c", 4)]
    for item, second in zip(items, (7, 5, 5), strict=True):
        item["metadata"]["creationTimestamp"] = f"2026-01-01T12:00:0{second}Z"
    async with served(a_list(5, *items)) as (client, _):
        assert [name for _, name, _ in await seen(client, 3)] == ["b", "c", "a"]


async def test_half_a_list_is_no_list():
    """A server that fails between two pages is asked for all of it again."""
    first = a_list(2, an_object("a", 1))
    half = {**first, "metadata": {"resourceVersion": "2", "continue": "more"}}
    expired = [an_event("ERROR", {"code": 410})]
    whole = a_list(5, an_object("a", 1), an_object("b", 4))
    async with served(first, expired, half, 503, whole, []) as (client, queries):
        async with aclosing(watch(client, EXECUTIONS, "shop", {})) as changes:
            told = [(await anext(changes)).item["metadata"]["name"] for _ in "ab"]
        assert told == ["a", "b"]
        assert "watch" not in queries[4]
