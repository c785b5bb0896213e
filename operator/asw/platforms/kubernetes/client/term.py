"""Requests that ask for the term of office right before their first byte."""

from collections.abc import Callable

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from asw.reconciler.platform import NotActingError


def guarded(require_term: Callable[[str], None]) -> type[aiohttp.ClientRequest]:
    """Requests that ask between being given a connection and their first byte.

    Only what changes something has a body, and head and body go out together.
    """

    class GuardedRequest(aiohttp.ClientRequest):
        async def write_bytes(
            self,
            writer: AbstractStreamWriter,
            conn: aiohttp.connector.Connection,
            content_length: int | None = None,
        ) -> None:
            try:
                require_term(self.url.path)
            except NotActingError as error:
                assert conn.protocol is not None
                conn.protocol.set_exception(error)  # whoever waits for the answer gets it
                return
            await super().write_bytes(writer, conn, content_length)

    return GuardedRequest
