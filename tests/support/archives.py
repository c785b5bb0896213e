"""An archive in a file, with the runs that a test names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from asw.archive.rows import ArchivedRun
from asw.archive.store import ArchiveStore
from asw.archive.tails import Tail
from asw.serve.app import application
from asw.serve.archived import Archived
from asw.serve.reviews import Reviews

PEOPLE = {"token-of-ann": "ann", "token-of-eve": "eve", "token-of-root": "root"}
MAY = {("ann", "shop"), ("eve", "bank"), ("root", ""), ("root", "shop"), ("root", "bank")}
"""Who may list and get executions, in which namespace. Only root may get Payloads, and only ann
and root logs of pods."""


def an_archive(folder: Path, *runs: tuple[ArchivedRun, bytes], seconds: int = 10) -> ArchiveStore:
    """A store with these runs, each with its bundle."""
    store = ArchiveStore(f"sqlite:///{folder}/archive.db", seconds=seconds)
    store.migrate()
    store.put(runs)
    return store


def a_tail(ordinal: int = 1, uid: str = "u1", **fields: Any) -> Tail:
    """What is kept of a task's log, of namespace shop."""
    given = {"namespace": "shop", "task_uid": uid, "state": "Add", "attempt": 0, "taken_at": 1}
    content = b"2026-01-01T12:00:00.123456789Z hello\n"
    return Tail(**{**given, "uid": uid, "ordinal": ordinal, "content": content, **fields})


def a_row(uid: str = "u1", **fields: Any) -> ArchivedRun:
    """A run of namespace shop that failed."""
    row: dict[str, Any] = {
        "uid": uid,
        "namespace": "shop",
        "name": f"run-{uid}",
        "workflow": "etl",
        "phase": "Failed",
        "error": "Boom",
        "started_at": 1_767_268_800_000,
        "ended_at": 1_767_268_801_250,
        "epoch": 0,
        "labels": {"team": "blue"},
        "fields": {"order.id": "7"},
    }
    return ArchivedRun(**{**row, **fields})


async def allowed(kind: Any, spec: Any) -> Any:
    """An API server that knows these people, and what they may read where."""
    if "token" in spec:
        name = PEOPLE.get(spec["token"])
        return {"authenticated": name is not None, "user": {"username": name}}
    wanted = spec["resourceAttributes"]
    if wanted["resource"] == "pods":
        assert (wanted["verb"], wanted["group"], wanted["subresource"]) == ("get", "", "log")
        place = spec["user"], wanted["namespace"]
        return {"allowed": place[0] in ("ann", "root") and place in MAY}
    assert wanted["group"] == "asw.dev"
    if (wanted["verb"], wanted["resource"]) == ("get", "payloads"):
        return {"allowed": spec["user"] == "root"}
    assert (wanted["verb"], wanted["resource"]) in (("list", "executions"), ("get", "executions"))
    return {"allowed": (spec["user"], wanted["namespace"]) in MAY}


async def at_once(_: float) -> None:
    """No pause."""


class ArchiveDoor:
    """What somebody has who asks: the address, and a client."""

    def __init__(self, url: str, client: aiohttp.ClientSession, archived: Archived) -> None:
        self.url = url
        self.archived = archived
        self._client = client

    async def ask(self, what: str, token: str = "token-of-ann", **said: Any) -> tuple[int, Any]:
        """Status, and the object or the bytes of the answer."""
        said = {"namespace": "shop", "token": token, **said}
        async with self._client.post(f"{self.url}/v1/archive/{what}", json=said) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await (answer.json() if is_json else answer.read())

    async def uids(self, token: str = "token-of-ann", **said: Any) -> list[str]:
        """Of all runs that a search finds, page by page."""
        found: list[str] = []
        while True:
            status, page = await self.ask("search", token, **said)
            assert status == 200, page
            found += [item["metadata"]["uid"] for item in page["items"]]
            if page["next"] is None:
                return found
            said["after"] = page["next"]


@asynccontextmanager
async def archive_door(
    store: ArchiveStore, *, ask: Any = allowed, parts: Any = (), **fields: Any
) -> AsyncIterator[ArchiveDoor]:
    """The application of ``asw serve`` before this archive; it closes the store in the end."""
    archived = Archived(store=store, reviews=Reviews(ask=ask), pause=at_once, **fields)
    served: web.Application = application([archived.add_to, *parts])
    async with TestServer(served) as server, aiohttp.ClientSession() as client:
        yield ArchiveDoor(f"http://127.0.0.1:{server.port}", client, archived)
