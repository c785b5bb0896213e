"""The operator's keys and the certificate of its result server."""

import asyncio
import ssl
from datetime import UTC, datetime

from asw.platforms.kubernetes.keys.authority import server_context
from asw.platforms.kubernetes.keys.keys import client_context, ensure_keys, install_certificate
from tests.support.kube_api import kube_api
from tests.support.kube_objects import NOW


async def test_keys_are_made_once():
    """Whoever comes first makes them, everybody reads the same."""
    async with kube_api() as (api, client):
        first, second = await asyncio.gather(
            ensure_keys(client, "asw", NOW), ensure_keys(client, "asw", NOW)
        )
        third = await ensure_keys(client, "asw", NOW)
        assert first == second == third
        assert len(api.named("secrets")) == 1


async def test_previous_key_is_read():
    """A Secret that was rotated holds the previous token key."""
    async with kube_api() as (api, client):
        await ensure_keys(client, "asw", NOW)
        data = api.named("secrets")[0]["data"]
        data["previous-token-key"], data["previous-token-key-id"] = data["token-key"], "b2xk"
        keys = (await ensure_keys(client, "asw", NOW)).tokens
        assert keys.previous is not None
        assert keys.previous.id == "old"


async def test_certificate_is_good_for_its_names_and_renewed_in_place():
    """Clients that trust the authority accept the server by name; a renewal needs no restart."""
    async with kube_api() as (_, client):
        now = datetime.now(UTC)  # the ssl module has no other clock
        keys = await ensure_keys(client, "asw", now)
    context = server_context()
    for _ in range(2):
        install_certificate(context, keys, ["results.asw.svc", "127.0.0.1", "127.0.0.1"], now)
        server = await asyncio.start_server(_greet, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        for name in ("results.asw.svc", "127.0.0.1"):
            assert await _hello(port, client_context(keys), name) == b"hello"
        server.close()
        await server.wait_closed()


async def _greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"hello")
    writer.close()


async def _hello(port: int, context: ssl.SSLContext, name: str) -> bytes:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context, server_hostname=name
    )
    found = await reader.read()
    writer.close()
    return found
