"""An operator that has hundreds of tasks for one pod at a time: over TLS, in one event loop."""

import asyncio
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.functions.result_server import SERVER_NAME

HELD_SECONDS = 25.0


class BusyOperator:
    """What it has to give, and what it was told. ``port`` is set once it listens."""

    def __init__(self, ca: str) -> None:
        self.ca = ca
        self.port = 0
        self.most_requests = self._requests = 0
        self._tasks: deque[dict[str, Any]] = deque()
        self._asking: deque[asyncio.Future[dict[str, Any]]] = deque()
        self._awaited: dict[str, asyncio.Future[Any]] = {}
        self._known: set[str] = set()
        self._is_draining = asyncio.Event()

    def variables(self) -> dict[str, str]:
        """The variables that lead a pod here."""
        return {
            "ASW_POLL_URL": f"https://127.0.0.1:{self.port}",
            "ASW_POLL_TOKEN": "token-of-this-pod",
            "ASW_POD_UID": "pod-uid-1",
            "ASW_POD_NAME": "connector-1",
            "ASW_CA": self.ca,
            "ASW_SERVER_NAME": SERVER_NAME,
        }

    async def run(self, task_id: str, event: Any) -> Any:
        """The outcome of the task, once a slot has asked for it and told it."""
        awaited = self._awaited[task_id] = asyncio.get_running_loop().create_future()
        environment = {"ASW_EXECUTION": "sum-1", "ASW_STATE": "Add"}
        self._tasks.append(
            {"taskId": task_id, "event": json.dumps(event), "environment": environment}
        )
        self._hand_over()
        return await awaited

    @web.middleware
    async def count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note how many requests are open: each has a connection."""
        self._requests += 1
        self.most_requests = max(self.most_requests, self._requests)
        try:
            return await handler(request)
        finally:
            self._requests -= 1

    def _hand_over(self) -> None:
        while self._tasks and self._asking:
            asking = self._asking.popleft()
            if not asking.done():
                asking.set_result(self._tasks.popleft())

    async def hello(self, request: web.Request) -> web.Response:
        """Nothing is cancelled; the second hello waits."""
        said = await request.json()
        if said["draining"]:
            self._is_draining.set()
        elif said["boot"] in self._known:
            with suppress(TimeoutError):
                async with asyncio.timeout(HELD_SECONDS):
                    await self._is_draining.wait()
        self._known.add(said["boot"])
        return web.json_response({"cancel": []})

    async def next(self, request: web.Request) -> web.Response:
        """Take an outcome, and give a task when there is one."""
        said = await request.json()
        answer: dict[str, Any] = {}
        if "outcome" in said:
            told = said["outcome"]
            awaited = self._awaited[told["taskId"]]
            answer["outcome"] = 409 if awaited.done() else 200
            if not awaited.done():
                awaited.set_result(told["outcome"])
        if said["draining"] or said.get("wait") is False:
            return web.json_response(answer)
        asking: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asking.append(asking)
        self._hand_over()
        with suppress(TimeoutError):
            async with asyncio.timeout(HELD_SECONDS):
                answer["task"] = await asking
        return web.json_response(answer)


@asynccontextmanager
async def busy_operator(ca: str, certificate: Path) -> AsyncIterator[BusyOperator]:
    """The operator, until the block ends."""
    operator = BusyOperator(ca)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    app = web.Application(client_max_size=1 << 22, middlewares=[operator.count])
    app.router.add_post("/v1/warm/hello", operator.hello)
    app.router.add_post("/v1/warm/next", operator.next)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context, backlog=1024)
        await site.start()
        operator.port = runner.addresses[0][1]
        yield operator
    finally:
        await runner.cleanup()
