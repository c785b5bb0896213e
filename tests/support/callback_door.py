"""``asw serve`` as people meet it, on loopback, before a world's result server with its own TLS."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.client.connection import tls_trusting
from asw.platforms.kubernetes.keys.authority import (
    issue_certificate,
    new_authority,
    server_context,
)
from asw.platforms.kubernetes.keys.callback_tokens import Claim
from asw.serve.app import application
from asw.serve.callbacks import Callbacks
from asw.serve.results import Operator, Results
from tests.support.kube_objects import CALLBACK_KEYS, UID, a_callback_ring
from tests.support.kube_world import KubeWorld

Part = Callable[[web.Application], None]


def a_token(ordinal: int = 1, *, uid: str = UID, namespace: str = "shop") -> str:
    """The genuine token of a start."""
    return CALLBACK_KEYS.issue(Claim(namespace, TaskId(uid, ordinal)))


@dataclass(slots=True, kw_only=True)
class CallbackDoor:
    """What somebody has who reports: the address, and a client."""

    url: str
    client: aiohttp.ClientSession
    callbacks: Callbacks
    operator: Operator

    async def post(self, what: str, **said: Any) -> tuple[int, dict[str, Any]]:
        """Status and object of the answer."""
        async with self.client.post(f"{self.url}/v1/callbacks/{what}", json=said) as answer:
            return answer.status, await answer.json()

    async def code(self, what: str, **said: Any) -> str:
        """AWS's name of the error; empty if it was taken."""
        status, answer = await self.post(what, **said)
        assert (status == 200) == ("__type" not in answer)
        return str(answer.get("__type", ""))


async def _at_once(_: float) -> None:
    """No pause."""


@asynccontextmanager
async def callback_door(
    world: KubeWorld, *further: Callable[[Results, Callable[[], datetime]], Part]
) -> AsyncIterator[CallbackDoor]:
    """The application before this world; both ends are the real ones.

    ``further`` make more of its parts, from the way to the operator and the world's clock.
    """
    now = datetime.now(UTC)  # the ssl module has no other clock
    authority, context = new_authority("results", now), server_context()
    issue_certificate(context, authority, ["127.0.0.1"], now)
    behind = TestServer(world.results.application(), scheme="https")
    await behind.start_server(ssl=context)
    results = Results(f"https://127.0.0.1:{behind.port}")
    results.trust(tls_trusting(text=authority.certificate.decode()))
    operator = Operator(ring=a_callback_ring(world.time.read), results=results, now=world.time.read)
    callbacks = Callbacks(behind=operator, pause=_at_once)
    parts = (callbacks.add_to, *(make(results, world.time.read) for make in further))
    before = TestServer(application(parts))
    await before.start_server()
    try:
        async with aiohttp.ClientSession() as client:
            url = f"http://127.0.0.1:{before.port}"
            yield CallbackDoor(url=url, client=client, callbacks=callbacks, operator=operator)
    finally:
        await before.close()
        await results.close()
        await behind.close()
