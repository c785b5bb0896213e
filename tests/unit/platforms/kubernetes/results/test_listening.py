"""Listening ends without a trace."""

import asyncio
import gc
import socket
import warnings

import pytest

from asw.platforms.kubernetes.results.listening import stop_listening


class HangsUp(asyncio.Protocol):
    """Closes each connection that it is told of."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it."""
        transport.close()


@pytest.mark.parametrize("turns", range(5))
async def test_no_connection_that_was_accepted_is_lost(turns: int) -> None:
    """However few turns of the loop before the end: it is told to its protocol, which closes it."""
    server = await asyncio.get_running_loop().create_server(HangsUp, "127.0.0.1", 0)
    with socket.create_connection(server.sockets[0].getsockname()):
        for _ in range(turns):
            await asyncio.sleep(0)
        await stop_listening(server)
    await asyncio.sleep(0)  # transports close in the turn after they are told to
    with warnings.catch_warnings(record=True) as left:
        warnings.simplefilter("always")
        gc.collect()
    assert not [str(each.message) for each in left if each.category is ResourceWarning]
