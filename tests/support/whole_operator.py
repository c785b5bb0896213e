"""The whole operator, as production puts it together, over an API server in memory.

kopf watches, the Lease's thread renews, tasks can connect; only pauses are short.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from asw.operator.health import Answers, serve_health
from asw.operator.operator import assembled
from asw.operator.running import Operator
from asw.operator.settings import OperatorSettings, ResultServerSettings
from asw.operator.supervision import Supervisor
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection
from asw.platforms.kubernetes.client.resources import WATCHED
from asw.platforms.kubernetes.leader.lease import steady_seconds
from asw.sandbox.sandbox import Sandbox
from tests.support.kube_api import KubeApi

PAUSE_SECONDS = 0.01
"""In place of every pause of a loop that is supervised."""


class WatchedKubeApi(KubeApi):
    """One that says what kinds there are, and whose watches stay open, and tell of nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.is_over = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """See KubeApi."""
        if request.query.get("watch") == "true":
            return await self._watch(request)
        if (found := _discovery().get(request.path)) is not None:
            return web.json_response(found)
        return await super().handle(request)

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await self.is_over.wait()
        return response


def _discovery() -> dict[str, dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for kind in WATCHED:
        entry = {
            "name": kind.plural,
            "singularName": kind.kind.lower(),
            "kind": kind.kind,
            "namespaced": True,
            "verbs": ["get", "list", "watch", "patch"],
        }
        groups.setdefault(kind.api_version, []).append(entry)
    named = [it.split("/") for it in groups if "/" in it]
    listed = [
        {
            "name": group,
            "versions": [{"groupVersion": f"{group}/{version}", "version": version}],
            "preferredVersion": {"groupVersion": f"{group}/{version}", "version": version},
        }
        for group, version in named
    ]
    roots = {"/api": {"versions": ["v1"]}, "/apis": {"groups": listed}, "/version": {}}
    kinds = {
        f"/apis/{it}" if "/" in it else f"/api/{it}": {"resources": entries}
        for it, entries in groups.items()
    }
    return {**roots, **kinds}


class Dying:
    """A part of the operator of which one method kills its loop, at its first calls.

    ``calls`` counts the calls of that method, of others than this ``loop`` none.
    """

    def __init__(
        self, part: object, method: str, *, loop: str | None = None, times: int = 1
    ) -> None:
        self._part = part
        self._method = method
        self._loop = loop
        self._times = times
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        return found if name != self._method else partial(self._call, found)

    def _call(self, found: Callable[..., Any], *given: Any) -> Any:
        task = asyncio.current_task()
        if task is None or self._loop not in (None, task.get_name()):
            return found(*given)
        self.calls += 1
        if self.calls <= self._times:
            raise asyncio.CancelledError("a library let it out")
        return found(*given)


class Probing:
    """Clock and pauses of a supervisor. In each pause it is asked how the operator is.

    ``answers`` holds what was answered; ``ahead`` is by how many seconds the clock runs ahead.
    """

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.ahead = 0.0
        self.answers_of = Answers()

    def ask(self) -> str:
        """What the operator says of its health."""
        return self.answers_of.get("/healthz")[2].decode()

    def clock(self) -> float:
        """The time."""
        return steady_seconds() + self.ahead

    async def sleep(self, _: float) -> None:
        """A short pause, whatever is asked for."""
        self.answers.append(self.ask())
        await asyncio.sleep(PAUSE_SECONDS)

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the operator work until it holds."""
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110  loops tell nobody when they come round
                await asyncio.sleep(PAUSE_SECONDS)


@asynccontextmanager
async def whole_operator(
    authorization: Callable[[], str | None] = lambda: "Bearer secret",
    *,
    archive_url: str | None = None,
    api: WatchedKubeApi | None = None,
) -> AsyncIterator[tuple[Operator, Probing]]:
    """An operator that is put together and does not run yet."""
    api, probing = api or WatchedKubeApi(), Probing()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", api.handle)
    async with TestServer(application) as server:
        api.url = f"http://{server.host}:{server.port}"
        connection = Connection(server=api.url, tls=None, authorization=authorization)
        async with KubeClient(connection) as client:
            settings = OperatorSettings(
                result_server=ResultServerSettings(port=0, url="https://127.0.0.1:8443"),
                archive_url=archive_url,
            )
            operator = await assembled(settings, connection, client, Sandbox(workers=1))
            operator.supervisor = Supervisor(probing.clock, probing.sleep)
            with serve_health(0, Answers()) as health:
                operator.answer(health)
                probing.answers_of = health.answers
                try:
                    yield operator, probing
                finally:
                    api.is_over.set()


@asynccontextmanager
async def running(operator: Operator) -> AsyncIterator["asyncio.Task[str | None]"]:
    """It runs while the block lasts; what it returned is the task's."""
    task = asyncio.create_task(operator.run())
    try:
        yield task
    finally:
        operator.supervisor.stop.set()
        await task
