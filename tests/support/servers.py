"""What servers of tests need to end without a trace."""

import asyncio

from aiohttp.web_runner import BaseSite
from aiohttp.web_server import Server

from asw.platforms.kubernetes.results.listening import stop_listening

_stop = BaseSite.stop
_shut_down = Server.shutdown


async def _let_in_and_stop(self: BaseSite) -> None:
    if self._server is not None:
        await stop_listening(self._server)
    await _stop(self)


async def _shut_down_and_abort(self: Server, seconds: float | None = None) -> None:
    transports = [it.transport for it in self.connections]
    await _shut_down(self, seconds)
    for transport in transports:
        if transport is not None:
            transport.abort()
    await asyncio.sleep(0)


def close_all_accepted() -> None:
    """Let aiohttp's servers close what they accepted just before they end, too.

    The same holds for TLS: closed politely, a connection stays open until its peer has agreed, for
    which no test waits. It would outlive its test, and be told as a fault of whichever test the
    garbage is collected in.
    """
    Server.shutdown = _shut_down_and_abort  # type: ignore[method-assign]
    BaseSite.stop = _let_in_and_stop  # type: ignore[method-assign]
