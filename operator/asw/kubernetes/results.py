"""The result server: tasks post outcomes and heartbeats here, and fetch events that are large.

The table of answers is the task contract's (docs/reference/task-contract.md). A token is good for
the one start that it names; an outcome is answered only after it is saved, so that a task may
exit. A replica that does not hold the lease verifies tokens all the same, and forwards.
"""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aiohttp import web

from asw.api.names import PAYLOAD_LIMIT_BYTES
from asw.asl.values import from_text, to_text
from asw.engine.facts import TaskFact, TaskFailed, TaskHeartbeat, TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.kubernetes.reported import InvalidOutcome, Outcome, outcome_of
from asw.kubernetes.tokens import TokenKeys
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import PlatformError

BODY_LIMIT_BYTES = 2 * 1024 * 1024
"""What is read at all: the same outcome may be spelled with escapes, six bytes a character."""

Reply = tuple[int, str]


class Inbox(Protocol):
    """Who takes what tasks report."""

    async def deliver(self, fact: TaskFact) -> Delivery:
        """Take a fact; an outcome is answered once it was saved. Raises PlatformError."""
        ...

    async def event(self, task_id: TaskId) -> str | None:
        """The event of a task that is awaited, as JSON text. Raises PlatformError."""
        ...


class Holder(Protocol):
    """The replica that holds the lease."""

    def is_here(self) -> bool:
        """Whether that is this one."""
        ...

    async def forward(self, request: web.Request) -> Reply:
        """Its answer to the request. Raises PlatformError where it does not answer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultServer:
    """See the module."""

    keys: TokenKeys
    inbox: Inbox
    holder: Holder
    now: Callable[[], datetime]

    def application(self) -> web.Application:
        """The routes."""
        made = web.Application(client_max_size=BODY_LIMIT_BYTES)
        made.add_routes(
            [
                web.post("/v1/tasks/{id}/outcome", self._handler(self._outcome)),
                web.post("/v1/tasks/{id}/heartbeat", self._handler(self._heartbeat)),
                web.get("/v1/tasks/{id}/event", self._handler(self._event)),
            ]
        )
        return made

    def _handler(
        self, answer: Callable[[web.Request, TaskId], Awaitable[Reply]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            task_id, refusal = self._authenticated(request)
            if task_id is None:
                return web.Response(status=refusal, text="the token is not good for this task\n")
            try:
                if self.holder.is_here():
                    status, text = await answer(request, task_id)
                else:
                    status, text = await self.holder.forward(request)
            except PlatformError:
                return web.Response(status=503, headers={"Retry-After": "1"}, text="not now\n")
            kind = "application/json" if request.method == "GET" else "text/plain"
            return web.Response(status=status, text=text, content_type=kind)

        return handle

    def _authenticated(self, request: web.Request) -> tuple[TaskId | None, int]:
        """The start that path and token agree on, else the status that refuses it."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None, 401
        task_id = self.keys.verify(token)
        if task_id is None or str(task_id) != request.match_info["id"]:
            return None, 403
        return task_id, 200

    async def _outcome(self, request: web.Request, task_id: TaskId) -> Reply:
        try:
            outcome = outcome_of(from_text(await request.read()))
        except (InvalidOutcome, ValueError, RecursionError) as error:
            return 400, f"not an outcome: {error}\n"
        if outcome.error is None and _size(outcome) > PAYLOAD_LIMIT_BYTES:
            return 413, f"the output has more than {PAYLOAD_LIMIT_BYTES} bytes\n"
        return _reply(await self.inbox.deliver(_fact(task_id, outcome, self.now())))

    async def _heartbeat(self, request: web.Request, task_id: TaskId) -> Reply:  # noqa: ARG002
        return _reply(await self.inbox.deliver(TaskHeartbeat(task_id=task_id, at=self.now())))

    async def _event(self, request: web.Request, task_id: TaskId) -> Reply:  # noqa: ARG002
        event = await self.inbox.event(task_id)
        return (409, "nobody waits for this task\n") if event is None else (200, event)


def _size(outcome: Outcome) -> int:
    return len(to_text(outcome.output).encode())


def _fact(task_id: TaskId, outcome: Outcome, now: datetime) -> TaskFact:
    if outcome.error is not None:
        return TaskFailed(task_id=task_id, at=now, error=outcome.error, cause=outcome.cause)
    return TaskSucceeded(task_id=task_id, at=now, output=outcome.output)


def _reply(delivery: Delivery) -> Reply:
    if delivery is Delivery.SAVED:
        return 200, "saved\n"
    return 409, "nobody waits for this task\n"


async def serve(server: ResultServer, port: int, tls: ssl.SSLContext) -> web.AppRunner:
    """Listen on all addresses; the runner is to be cleaned up."""
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=5)
    await runner.setup()
    await web.TCPSite(runner, port=port, ssl_context=tls).start()
    return runner
