"""Bodies of answers changed on their way to kopf: the one seam between it, aiohttp and us.

Neither has a hook for it. A middleware of aiohttp gets the answer before its body, a trace tells
only of bodies that are read as a whole, and a handler of kopf sees no bookmark, an event only
after the millisecond that it cost, and a watch only while it goes well. What is relied on:

- kopf reads a watch by ``response.content.iter_chunked``, and a list by ``response.json()``;
- aiohttp lets both be set on the answer, and reads its body through neither itself.

``tests/unit/platforms/kubernetes/test_seams.py`` plays both with the versions that are installed,
and says what moved.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp

Stream = Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]]


def change_stream(response: aiohttp.ClientResponse, change: Stream) -> None:
    """Let who reads the body chunk by chunk get what ``change`` makes of the chunks."""
    response.content = _Changed(response.content, change)  # type: ignore[assignment]


def change_json(response: aiohttp.ClientResponse, change: Callable[[bytes], Any]) -> None:
    """Let who reads the body as JSON get what ``change`` makes of its text."""

    async def json(**_: Any) -> Any:
        return change(await response.read())

    response.json = json  # type: ignore[method-assign]


class _Changed:
    """A body of which only the chunks are others."""

    def __init__(self, content: aiohttp.StreamReader, change: Stream) -> None:
        self._content = content
        self._change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)

    def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """See ``aiohttp.StreamReader``."""
        return self._change(self._content.iter_chunked(size))
