"""A service that answers as the worst ones do, on the loopback."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]

ITEM = json.dumps({"Item": {"id": {"S": "1"}}}).encode()
"""What DynamoDB answers to GetItem."""


@dataclass(slots=True)
class OddService:
    """Where it listens, and what it was sent."""

    endpoint: str
    bodies: list[bytes] = field(default_factory=list)
    has_request: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def odd_service(
    behaviour: Behaviour, tls: ssl.SSLContext | None = None
) -> AsyncIterator[OddService]:
    """A service that answers every request by this behaviour, until the block ends."""
    service = OddService("")

    async def handle(request: web.Request) -> web.StreamResponse:
        service.bodies.append(await request.read())
        service.has_request.set()
        return await behaviour(request)

    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{rest:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        (address,) = runner.addresses
        scheme = "http" if tls is None else "https"
        service.endpoint = f"{scheme}://127.0.0.1:{address[1]}"
        yield service
    finally:
        await runner.cleanup()


async def item(_request: web.Request) -> web.StreamResponse:
    """As DynamoDB does."""
    return answer(200, ITEM)


async def never(_request: web.Request) -> web.StreamResponse:
    """It takes the request and is silent."""
    await asyncio.Event().wait()
    raise AssertionError


async def drip(request: web.Request) -> web.StreamResponse:
    """A byte now and then, so that no wait between two of them is long."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.01)


async def garbage(_request: web.Request) -> web.StreamResponse:
    """What is no JSON."""
    return answer(200, b"\x00\xff<<<")


async def huge(_request: web.Request) -> web.StreamResponse:
    """Ten mebibytes, and it says so."""
    return answer(200, b"x" * (10 << 20))


async def huge_in_pieces(request: web.Request) -> web.StreamResponse:
    """As many as are read, without a length."""
    response = web.StreamResponse()
    response.enable_chunked_encoding()
    await response.prepare(request)
    for _ in range(1 << 10):
        await response.write(b"x" * (1 << 16))
    return response


async def throttled(_request: web.Request) -> web.StreamResponse:
    """AWS: too many requests."""
    told = {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow"}
    return answer(429, json.dumps(told).encode())


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """It takes the request and closes the connection."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def elsewhere(_request: web.Request) -> web.StreamResponse:
    """A redirect to an address that nobody named."""
    return web.Response(status=302, headers={"Location": "http://169.254.169.254/secrets"})


def answer(status: int, body: bytes) -> web.Response:
    """An answer in the protocol of DynamoDB."""
    headers = {"x-amzn-RequestId": "r-1"}
    kind = "application/x-amz-json-1.0"
    return web.Response(status=status, body=body, content_type=kind, headers=headers)
