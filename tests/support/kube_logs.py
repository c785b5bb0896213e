"""Logs of pods as a kubelet hands them out: PodLogOptions over what a container runtime wrote.

``tailLines`` counts what the runtime wrote, which splits lines at 16 KiB; ``limitBytes`` counts
from there (k8s.io/cri-client, pkg/logs). What is large is made while it is sent.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

SPLIT = 16 * 1024
_AT_ONCE = 64 * 1024
STAMP = b"2026-01-01T12:00:00.123456789Z "


class Log(Protocol):
    """What a runtime wrote."""

    def entries(self, tail: int | None) -> Iterator[tuple[bytes, bool]]:
        """The last so many, or all: text, and whether a line begins with it."""


@dataclass(frozen=True, slots=True)
class Text:
    """Some bytes, as they were printed."""

    content: bytes

    def entries(self, tail: int | None) -> Iterator[tuple[bytes, bool]]:
        """See Log."""
        found: list[tuple[bytes, bool]] = []
        for line in self.content.splitlines(keepends=True):
            starts = range(0, len(line), SPLIT)
            found.extend((line[at : at + SPLIT], at == 0) for at in starts)
        yield from found if tail is None else found[len(found) - min(tail, len(found)) :]


@dataclass(frozen=True, slots=True)
class OneLine:
    """A single line of so many bytes; ``is_split`` as usual runtimes do."""

    size: int
    is_split: bool = True

    def entries(self, tail: int | None) -> Iterator[tuple[bytes, bool]]:
        """See Log."""
        count = self.size // SPLIT
        first = count - min(tail or count, count) if self.is_split and tail is not None else 0
        for number in range(first, count):
            yield b"%016d" % number * (SPLIT // 16), number == 0


@dataclass(slots=True)
class NodeLogs:
    """Logs by name of pod. Nodes of ``silent`` pods never answer, of ``failing`` ones with 500.

    Logs of ``endless`` ones begin, and then nothing more comes.

    ``sent`` counts bytes, ``asked`` has the queries by pod, ``most`` is the most at a time.
    """

    logs: dict[str, Log] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    endless: set[str] = field(default_factory=set)
    sent: int = 0
    most: int = 0
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    _under_way: int = 0

    def put(self, pod: str, content: bytes | Log) -> None:
        """The pod printed this."""
        self.logs[pod] = Text(content) if isinstance(content, bytes) else content

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """GET .../pods/NAME/log."""
        pod, query = request.path.split("/")[-2], request.query
        self.asked.append((pod, dict(query)))
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        try:
            if pod in self.silent:
                await asyncio.Event().wait()
            if pod in self.failing:
                return web.json_response({"kind": "Status", "message": "no"}, status=500)
            if pod not in self.logs:
                return web.json_response({"kind": "Status", "message": "no pod"}, status=404)
            response = await self._send(request, self.logs[pod])
            if pod in self.endless:
                await asyncio.Event().wait()
            return response
        finally:
            self._under_way -= 1

    async def _send(self, request: web.Request, log: Log) -> web.StreamResponse:
        query = request.query
        tail, left = query.get("tailLines"), int(query.get("limitBytes", 1 << 62))
        response = web.StreamResponse()
        await response.prepare(request)
        held = bytearray()
        for text, is_line in log.entries(None if tail is None else int(tail)):
            has_stamp = is_line and query.get("timestamps") == "true"
            held += (STAMP if has_stamp else b"") + text
            if len(held) >= min(_AT_ONCE, left):
                left -= await self._write(response, held[:left])
                held.clear()
            if not left:
                return response
        await self._write(response, held[:left])
        return response

    async def _write(self, response: web.StreamResponse, part: bytearray) -> int:
        await response.write(bytes(part))
        self.sent += len(part)
        return len(part)
