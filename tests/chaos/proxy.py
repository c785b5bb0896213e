"""A proxy before a real API server that does what networks and busy servers do, from a seed.

It answers 409, 429, 500 and 503 instead of asking, asks and drops the answer or cuts it half-way,
is slow, says nothing for a while, and breaks watches, repeats their events or answers 410 Gone.
"""

import asyncio
import contextlib
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import yaml
from aiohttp import web

from asw.platforms.kubernetes.client.connection import connect

SILENCE_SECONDS = 4.0
LONGEST_DELAY_SECONDS = 1.0
HOP_BY_HOP = frozenset({"transfer-encoding", "content-length", "connection", "content-encoding"})
READ_FAULTS = ("429", "500", "503", "silent", "cut", "drop", "slow")
WRITE_FAULTS = ("409", *READ_FAULTS)
CREATE_FAULTS = READ_FAULTS
"""A server that answers AlreadyExists tells the truth, so that one is not made up."""


@dataclass
class ChaosProxy:
    """See the module. ``rate`` is the share of requests that go wrong; ``met`` counts how."""

    upstream: aiohttp.ClientSession
    server: str
    chance: random.Random
    rate: float
    met: Counter[str] = field(default_factory=Counter)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Pass a request on, or not."""
        if request.query.get("watch") in ("1", "true"):
            return await self._watch(request)
        kind = self._draw(request.method)
        self.met[kind or "well"] += 1
        if kind in ("409", "429", "500", "503"):
            return _refusal(int(kind))
        if kind == "silent":
            await asyncio.sleep(SILENCE_SECONDS)
            return _hang_up(request)
        if kind == "slow":
            await asyncio.sleep(self.chance.uniform(0, LONGEST_DELAY_SECONDS))
        return await self._pass_on(request, kind)

    def _draw(self, method: str) -> str:
        if self.chance.random() >= self.rate:
            return ""
        kinds = {"GET": READ_FAULTS, "POST": CREATE_FAULTS}.get(method, WRITE_FAULTS)
        return self.chance.choice(kinds)

    async def _pass_on(self, request: web.Request, kind: str) -> web.StreamResponse:
        async with self._ask(request, await request.read()) as answer:
            body = await answer.read()
        if kind == "drop":
            return _hang_up(request)
        response = web.StreamResponse(status=answer.status, headers=_headers(answer))
        response.content_length = len(body)
        await response.prepare(request)
        if kind == "cut":
            await response.write(body[: len(body) // 2])
            return _hang_up(request)
        await response.write(body)
        return response

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        if self.chance.random() < self.rate:
            self.met["gone"] += 1
            return _refusal(410)
        response = web.StreamResponse()
        async with self._ask(request, b"") as answer:
            response.set_status(answer.status)
            response.content_type = answer.content_type
            with contextlib.suppress(ConnectionResetError):  # the operator was killed meanwhile
                await response.prepare(request)
                async for line in answer.content:
                    if self.chance.random() < self.rate:
                        self.met["broken watch"] += 1
                        return _hang_up(request)
                    await response.write(line * (1 + (self.chance.random() < self.rate)))
        return response

    def _ask(self, request: web.Request, body: bytes) -> contextlib.AbstractAsyncContextManager:
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in HOP_BY_HOP | {"host", "authorization"}
        }
        return self.upstream.request(
            request.method, self.server + request.path_qs, headers=headers, data=body or None
        )


def _headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
    return {name: it for name, it in answer.headers.items() if name.lower() not in HOP_BY_HOP}


def _refusal(code: int) -> web.Response:
    status = {"kind": "Status", "apiVersion": "v1", "code": code, "message": "by the plan"}
    reason = {409: "Conflict", 410: "Expired", 429: "TooManyRequests"}.get(code, "InternalError")
    headers = {"Retry-After": "1"} if code == 429 else None
    return web.json_response({**status, "reason": reason}, status=code, headers=headers)


def _hang_up(request: web.Request) -> web.Response:
    """Close the connection, whatever was said so far."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


@contextmanager
def chaos_proxy(kubeconfig: Path, folder: Path, *, seed: int, rate: float) -> Iterator[tuple]:
    """A proxy on this machine in a thread of its own, and a kubeconfig for what is behind it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    proxy, runner, port = run(_serve(kubeconfig, seed, rate))
    path = folder / "through-the-proxy.yaml"
    path.write_text(yaml.safe_dump(_kubeconfig(port)))
    try:
        yield proxy, path
    finally:
        run(_end(proxy, runner))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _serve(kubeconfig: Path, seed: int, rate: float) -> tuple[ChaosProxy, web.AppRunner, int]:
    connection = connect(str(kubeconfig))
    proxy = ChaosProxy(
        upstream=connection.session(limit=200, timeout=None),
        server=connection.server,
        chance=random.Random(seed),
        rate=rate,
    )
    application = web.Application(client_max_size=16 << 20)
    application.router.add_route("*", "/{path:.*}", proxy.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server = runner.addresses[0]
    return proxy, runner, server[1]


async def _end(proxy: ChaosProxy, runner: web.AppRunner) -> None:
    await proxy.upstream.close()  # ends the watches, for which the server would wait
    await runner.cleanup()  # which does not wait for the handlers that it cancels
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def _kubeconfig(port: int) -> dict:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "chaos",
        "clusters": [{"name": "chaos", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "chaos", "user": {}}],
        "contexts": [{"name": "chaos", "context": {"cluster": "chaos", "user": "chaos"}}],
    }
