"""Where tasks bring their results to, when that place moves."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from asw.operator.reception import Reception
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.keys.keys import client_context, ensure_keys
from asw.platforms.kubernetes.results.address import ServerAddress
from tests.support.kube_api import kube_api

OLD = ServerAddress(url="https://127.0.0.1:8443", name="results.asw.svc")
NEW = ServerAddress(url="https://127.0.0.2:8443", name="results.asw.svc")


async def a_reception(*found):
    """One that will find these, one look after the other; and what it tells."""
    async with kube_api() as (_, client):
        keys = await ensure_keys(client, "asw", datetime.now(UTC))
    looks, told = iter(found), []

    async def look_up():
        it = next(looks)
        if isinstance(it, Exception):
            raise it
        return it

    server = SimpleNamespace(now=lambda: datetime.now(UTC))
    made = Reception(
        server=server,
        holder=SimpleNamespace(),
        keys=keys,
        address=OLD,
        look_up=look_up,
        tell=told.append,
        own=None,
        port=0,
    )
    await made.certify()
    return made, told


async def certified_for(reception, address):
    """Whether its certificate is good for the address."""
    async with await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=reception.context
    ) as server:
        port = server.sockets[0].getsockname()[1]
        trusted = client_context(reception.keys)
        try:
            _, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=trusted, server_hostname=address
            )
        except OSError:
            return False
        writer.close()
        return True


async def test_new_tasks_are_told_of_a_service_that_was_made_anew():
    """It has another address: tasks that start are told, and the certificate is good for it."""
    reception, told = await a_reception(OLD, NEW, NEW)
    assert not await certified_for(reception, "127.0.0.2")
    for _ in range(3):
        await reception.follow()
    assert told == [NEW]
    assert await certified_for(reception, "127.0.0.2")


async def test_a_service_that_is_gone_keeps_its_address():
    """Until there is another one: the certificate's name is the same."""
    reception, told = await a_reception(NotFound("no Service"), OLD)
    with pytest.raises(NotFound):
        await reception.follow()
    await reception.follow()
    assert told == []
