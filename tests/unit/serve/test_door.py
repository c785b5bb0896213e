"""The door as strangers meet it: what is no report, or comes too slowly, or too often."""

import asyncio
import logging
from collections.abc import AsyncIterator
from io import BytesIO

import aiohttp

from asw.platforms.kubernetes.results.bodies import BODY_LIMIT_BYTES
from asw.serve.rates import Rates
from tests.support.callback_door import a_token, callback_door
from tests.support.kube_world import kube_world

PATH = "/v1/callbacks/success"


async def test_bodies_that_are_no_reports_are_refused() -> None:
    """No JSON, no object, no token, deep nesting: AWS's name, and the next request is served."""
    async with kube_world() as world, callback_door(world) as door:
        for body in (b"{", b"[]", b"", b'{"token": 1}', b"[" * 100_000, b"\xff\xfe"):
            async with door.client.post(door.url + PATH, data=body) as answer:
                assert answer.status == 400, body[:20]
                assert (await answer.json())["__type"] == "ValidationException"
        assert await door.code("success", token="x", output=1) == "InvalidToken"


async def test_a_body_that_is_too_large_is_not_read() -> None:
    """Neither with a length nor without one."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65_536

    async with kube_world() as world, callback_door(world) as door:
        with_length = BytesIO(b" " * (BODY_LIMIT_BYTES + 1))
        for body in (with_length, endless()):
            try:
                async with door.client.post(door.url + PATH, data=body) as answer:
                    assert answer.status == 413
            except aiohttp.ClientOSError:  # it hung up while we were still sending
                continue
        assert door.callbacks.bodies.shares.held == 0


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    """408 after a while; the room that it took is free again."""
    async with kube_world() as world, callback_door(world) as door:
        door.callbacks.bodies.seconds = 0.05
        port = int(door.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{{".encode())
        assert b" 408 " in await reader.readline()
        assert door.callbacks.bodies.shares.held == 0
        writer.close()


async def test_other_paths_are_refused_in_the_same_form() -> None:
    """Without saying the path again, which may be a token that went astray."""
    async with kube_world() as world, callback_door(world) as door:
        token = a_token()
        for method, path in (("GET", PATH), ("POST", f"/v1/callbacks/{token}"), ("GET", "/")):
            async with door.client.request(method, door.url + path) as answer:
                text = await answer.text()
                assert answer.status in (404, 405)
                assert '"__type"' in text
                assert token not in text


async def test_a_namespace_that_reports_without_end_is_slowed() -> None:
    """ThrottlingException, before the operator hears of it."""
    async with kube_world() as world, callback_door(world) as door:
        door.callbacks.rates.per_second, door.callbacks.rates.burst = Rates(0.0, 2.0).per_second, 2
        codes = [await door.code("heartbeat", token=a_token()) for _ in range(3)]
        assert codes == ["TaskDoesNotExist", "TaskDoesNotExist", "ThrottlingException"]


async def test_nothing_of_a_report_is_logged(caplog) -> None:
    """Neither tokens nor outputs, whatever becomes of the request."""
    caplog.set_level(logging.DEBUG)
    async with kube_world() as world, callback_door(world) as door:
        await door.code("success", token=a_token(), output="secret-payload")
        await door.code("success", token=a_token() + "x", output="secret-payload")
        await door.operator.results.close()
    assert a_token() not in caplog.text
    assert "secret-payload" not in caplog.text
