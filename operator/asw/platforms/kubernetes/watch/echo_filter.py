"""What the watches of Executions need not look at: states that were seen before, or are our own.

Most events about Executions are echoes of our own status writes, and a list repeats what the
first look showed. kopf spends a millisecond on each. So the session that watches drops them
from the answers before anybody parses them: exactly those whose resourceVersion is the one that
the cache holds. Bookmarks, deletions and errors always pass. An echo may come before the answer
to its write: it waits for that a little.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Container, Iterable, Mapping
from typing import Any

import aiohttp
import orjson

from asw.platforms.kubernetes.client.changed_bodies import change_json, change_stream
from asw.platforms.kubernetes.client.resources import EXECUTIONS

Object = Mapping[str, Any]

PATIENCE_SECONDS = 0.05
PAUSE_SECONDS = 0.005

_SIFTED = frozenset({"ADDED", "MODIFIED"})


class EchoFilter:
    """A middleware for the session that watches.

    ``is_known`` tells of the state of an object, ``being_written`` holds uids.
    """

    def __init__(self, is_known: Callable[[Object], bool], being_written: Container[str]) -> None:
        self._is_known = is_known
        self._being_written = being_written

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Pass the request on, and its answer without what is known."""
        response = await handler(request)
        if response.status != 200 or not request.url.path.endswith(f"/{EXECUTIONS.plural}"):
            return response
        if request.url.query.get("watch") == "true":
            change_stream(response, self._sifted)
        else:
            change_json(response, self._sifted_list)
        return response

    async def _sifted(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        rest = b""
        async for chunk in chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            async for passed in self._sifted_lines(filter(None, lines)):
                yield passed
        yield rest

    async def _sifted_lines(self, lines: Iterable[bytes]) -> AsyncIterator[bytes]:
        events = [(line, orjson.loads(line)) for line in lines]
        early = [(line, event) for line, event in events if self._may_be_echo(event)]
        yield self._joined((line, event) for line, event in events if not self._may_be_echo(event))
        if not early:
            return
        waited = 0.0
        while waited < PATIENCE_SECONDS and any(self._may_be_echo(event) for _, event in early):
            await asyncio.sleep(PAUSE_SECONDS)
            waited += PAUSE_SECONDS
        yield self._joined(early)

    def _may_be_echo(self, event: Object) -> bool:
        return event["type"] == "MODIFIED" and event["object"]["metadata"]["uid"] in (
            self._being_written
        )

    def _joined(self, events: Iterable[tuple[bytes, Object]]) -> bytes:
        """The lines that pass."""
        return b"".join(
            line + b"\n"
            for line, event in events
            if event["type"] not in _SIFTED or not self._is_known(event["object"])
        )

    def _sifted_list(self, text: bytes) -> Any:
        page = orjson.loads(text)
        return {**page, "items": [it for it in page["items"] if not self._is_known(it)]}


async def expired_as_event(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """A middleware: a watch that is answered 410 says so by its first event.

    API servers tell in either way that the version to begin with is too old. kopf lists again after
    such an event and ends after such a status.
    """
    response = await handler(request)
    if response.status == 410 and request.url.query.get("watch") == "true":
        change_stream(response, _expired)
        response.status = 200
    return response


async def _expired(_: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    said = {"type": "ERROR", "object": {"kind": "Status", "code": 410}}
    yield orjson.dumps(said) + b"\n"


async def whole_or_broken(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """A middleware: an answer that breaks off half-way is a broken connection.

    kopf asks again after one, and ends where a body that it reads later is not whole.
    """
    response = await handler(request)
    if request.url.query.get("watch") != "true":
        try:
            await response.read()
        except aiohttp.ClientPayloadError as error:
            raise aiohttp.ServerDisconnectedError(str(error)) from error
    return response
