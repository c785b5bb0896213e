"""What the watches of Executions need not look at: states that were seen before, or are our own.

Most events about Executions are echoes of our own status writes, and a list repeats what the
first look showed. kopf spends a millisecond on each. So the session that watches drops them
from the answers before anybody parses them: exactly those whose resourceVersion is the one that
the cache holds. Bookmarks, deletions and errors always pass.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import aiohttp
import orjson

from asw.kubernetes.resources import EXECUTIONS

Object = Mapping[str, Any]

_SIFTED = frozenset({"ADDED", "MODIFIED"})


class Sieve:
    """A middleware for the session that watches; ``is_known`` tells of an object."""

    def __init__(self, is_known: Callable[[Object], bool]) -> None:
        self._is_known = is_known

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Pass the request on, and its answer without what is known."""
        response = await handler(request)
        if response.status != 200 or not request.url.path.endswith(f"/{EXECUTIONS.plural}"):
            return response
        if request.url.query.get("watch") == "true":
            response.content = _Sifted(response.content, self._passes)  # type: ignore[assignment]
        else:
            response.json = self._sifted_list(response)  # type: ignore[method-assign]
        return response

    def _passes(self, line: bytes) -> bool:
        event = orjson.loads(line)
        return event["type"] not in _SIFTED or not self._is_known(event["object"])

    def _sifted_list(self, response: aiohttp.ClientResponse) -> Callable[..., Any]:
        async def json(**_: Any) -> Any:
            page = orjson.loads(await response.read())
            return {**page, "items": [it for it in page["items"] if not self._is_known(it)]}

        return json


class _Sifted:
    """The body of a watch: whole lines, those that do not pass left out."""

    def __init__(self, content: aiohttp.StreamReader, passes: Callable[[bytes], bool]) -> None:
        self._content = content
        self._passes = passes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """See ``aiohttp.StreamReader``."""
        rest = b""
        async for chunk in self._content.iter_chunked(size):
            *lines, rest = (rest + chunk).split(b"\n")
            yield b"".join(line + b"\n" for line in lines if line and self._passes(line))
        yield rest
