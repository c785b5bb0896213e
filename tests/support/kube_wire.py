"""Requests of one process to the API server in memory, without sockets: a stand-in Connection.

So the production client runs on a loop of virtual time. What was sent goes on when its sender
dies or gives up, as on a real wire; ``meet`` lets requests run into something before the server
carries them out and after.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp
from aiohttp import web

from tests.support.kube_api import KubeApi

Phase = Literal["before", "after"]
Meet = Callable[[str, Phase], Awaitable[web.Response | None]]
"""Given what a request is (``put_executions``): an answer that takes the place of the server's,
or None; it may also raise what the client is to see."""

VERBS = {"POST": "post", "PUT": "put", "PATCH": "patch", "DELETE": "delete"}
STORED = (b'"asw.dev/kind":"page"', b'"asw.dev/kind":"history"')
"""What bodies of pages and chunks hold."""
SERVER = "http://memory"
LATENCY_SECONDS = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A request as ``KubeApi`` takes it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    async def read(self) -> bytes:
        return self.body

    @property
    def name(self) -> str:
        """What it asks for: ``list_jobs``, ``put_executions``, ``post_pages``, ``try_jobs``."""
        words = self.path.removesuffix("/status").strip("/").split("/")
        rest = words[words.index("namespaces") + 2 :] if "namespaces" in words else words[-1:]
        if self.method == "POST" and any(it in self.body for it in STORED):
            return "post_pages"
        if self.query.get("dryRun") == "All":
            return f"try_{rest[0]}"
        reading = "get" if len(rest) > 1 else "list"
        return f"{VERBS.get(self.method, reading)}_{rest[0]}"


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    async def read(self) -> bytes:
        return self.body


class _Written:
    """What a body writes, as aiohttp's writer takes it."""

    def __init__(self) -> None:
        self.sent = b""

    async def write(self, chunk: bytes) -> None:
        """Take a part of it."""
        self.sent += bytes(chunk)


async def _written(body: aiohttp.BytesPayload) -> bytes:
    """The bytes of a body, which may refuse to be sent: aiohttp tells that so."""
    writer: Any = _Written()
    try:
        await body.write_with_length(writer, None)
    except Exception as error:
        raise aiohttp.ClientConnectionError("the body was not written") from error
    sent: bytes = writer.sent
    return sent


class Wire:
    """See the module: a Connection, and the session that it gives."""

    server = SERVER

    def __init__(self, api: KubeApi, meet: Meet) -> None:
        self._api = api
        self._meet = meet
        self._sent: set[asyncio.Task[Any]] = set()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._sent

    def session(self, **_: Any) -> "Wire":
        """See Connection."""
        return self

    async def close(self) -> None:
        """See aiohttp.ClientSession; what was sent goes on."""

    @contextlib.asynccontextmanager
    async def request(
        self, method: str, url: str, *, data: aiohttp.BytesPayload | None, **given: Any
    ) -> AsyncIterator[_Answer]:
        """See aiohttp.ClientSession."""
        asked = _Asked(
            method=method,
            path=url.removeprefix(SERVER),
            query=given.get("params") or {},
            headers=given.get("headers") or {},
            body=b"" if data is None else await _written(data),
        )
        task = asyncio.get_running_loop().create_task(self._carry_out(asked))
        self._sent.add(task)
        task.add_done_callback(self._done)
        yield await asyncio.shield(task)

    async def _carry_out(self, asked: _Asked) -> _Answer:
        await asyncio.sleep(LATENCY_SECONDS)
        answer = await self._meet(asked.name, "before")
        if answer is None:
            answer = await self._api.handle(asked)
            answer = await self._meet(asked.name, "after") or answer
        body = answer.body if isinstance(answer.body, bytes) else b""
        return _Answer(answer.status, answer.headers, body)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._sent.discard(task)
        if not task.cancelled():
            task.exception()  # its sender may be dead


class LostError(aiohttp.ClientError):
    """The connection broke."""
