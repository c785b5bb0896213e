"""Attacks on the result server, with the genuine token of a task that has ended."""

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from asw.asl.values import to_text
from asw.platforms.kubernetes.client.resources import JOBS, SECRETS
from bench.tenants.attack import Attack, machine
from bench.tenants.tenant import POLL_SECONDS, Tenant, execution, function, seen, workflow

NAME = "ended"
_NAP = "import time\ndef main_handler(event, context):\n    time.sleep(2)\n    return 1\n"
BODY_BYTES = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where a task reports, and what lets it in."""

    host: str
    port: int
    path: str
    token: str

    def head(self, what: str, length: int) -> bytes:
        """The beginning of a POST with a body of so many bytes."""
        lines = (
            f"POST {self.path}/{what} HTTP/1.1",
            f"Host: {self.host}",
            f"Authorization: Bearer {self.token}",
            f"Content-Length: {length}",
        )
        return "".join(f"{line}\r\n" for line in (*lines, "")).encode()

    async def opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """One more connection."""
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        return await asyncio.open_connection(self.host, self.port, ssl=trusting)


async def _door(tenant: Tenant) -> Door:
    """That of a task, once its execution has ended."""
    await tenant.apply([execution(NAME, NAME)])
    while not (jobs := [job async for job in tenant.client.list(JOBS, tenant.namespace)]):  # noqa: ASYNC110
        await asyncio.sleep(POLL_SECONDS)
    env = {it["name"]: it for it in jobs[0]["spec"]["template"]["spec"]["containers"][0]["env"]}
    kept = env["ASW_TASK_TOKEN"]["valueFrom"]["secretKeyRef"]
    secret = await tenant.client.get(SECRETS, tenant.namespace, kept["name"])
    await seen(tenant, NAME, "completionTime")
    url = urlsplit(env["ASW_RESULT_URL"]["value"])
    return Door(
        host=url.hostname or "",
        port=url.port or 443,
        path=url.path.rpartition("/")[0],
        token=base64.b64decode(secret["data"][kept["key"]]).decode(),
    )


async def _floods(tenant: Tenant, door: Door) -> None:
    """Outcomes as large as they are read at all, again and again."""
    outcome = to_text({"output": "x" * (BODY_BYTES - 100)}).encode()

    async def push() -> None:
        reader, writer = await door.opened()
        try:
            for what, body in (("outcome", outcome), ("heartbeat", b"")) * 20:
                writer.write(door.head(what, len(body)) + body)
                await writer.drain()
                await reader.readuntil(b"\r\n\r\n")
        finally:
            writer.close()

    await tenant.again(push, at_once=20)


async def _half_sent(tenant: Tenant, door: Door) -> None:
    """All but the end of the body, and then nothing more."""
    begun = door.head("outcome", BODY_BYTES) + b"x" * (BODY_BYTES - 1_000)

    async def push() -> None:
        reader, writer = await door.opened()
        try:
            writer.write(begun)
            await writer.drain()
            await reader.read()
        finally:
            writer.close()

    await tenant.again(push, at_once=200)


async def _idle(tenant: Tenant, door: Door) -> None:
    """Connections that never ask for anything."""

    async def stay() -> None:
        reader, _ = await door.opened()
        await reader.read()

    await tenant.again(stay, at_once=800)


def _attack(name: str, says: str, act: Callable[[Tenant, Door], Awaitable[None]]) -> Attack:
    doors: list[Door] = []

    async def arm(tenant: Tenant) -> None:
        doors.append(await _door(tenant))

    async def strike(tenant: Tenant) -> None:
        await act(tenant, doors[-1])

    task = {"Type": "Task", "Resource": f"asw:function:{NAME}"}
    return Attack(
        name=name,
        says=says,
        prepare=lambda: (function(NAME, _NAP), workflow(NAME, machine(task))),
        arm=arm,
        strike=strike,
    )


def attacks() -> tuple[Attack, ...]:
    """All of them."""
    return (
        _attack("ended-token", "Outcomes of 2 MB and heartbeats of a task that is over.", _floods),
        _attack(
            "half-sent", "200 outcomes of 2 MB of which the last kilobyte never comes.", _half_sent
        ),
        _attack("idle-connections", "800 connections that ask for nothing.", _idle),
    )
