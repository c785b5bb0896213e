"""Bodies that ask for the term of office right before their first byte.

aiohttp has no hook between "here is your connection" and "the first byte goes", but it asks the
body to write itself there, and holds the head back until it does: so the body is what asks. That
the head waits is no promise of aiohttp: ``tests/unit/platforms/kubernetes/test_seams.py`` watches
it.
"""

from collections.abc import Callable

import aiohttp
from aiohttp.abc import AbstractStreamWriter


class GuardedBody(aiohttp.BytesPayload):
    """The bytes; ``require_term`` raises where they may not go to a path, and then nothing does.

    Whoever waits for the answer gets an ``aiohttp.ClientConnectionError`` that it is the cause of.
    """

    def __init__(self, value: bytes, require_term: Callable[[str], None], path: str) -> None:
        super().__init__(value)
        self._require_term = require_term
        self._path = path

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        """See ``aiohttp.Payload``."""
        self._require_term(self._path)
        await super().write_with_length(writer, content_length)
