"""The result server: tasks post outcomes and heartbeats here, and fetch events that are large.

The table of answers is the task contract's (docs/reference/task-contract.md). A token is valid for
the one start that it names, as long as that is awaited: this is checked before any of the body is
read. An outcome is answered only after it is saved, so that the task may exit. A replica that does
not hold the Lease verifies tokens too, and forwards the request: the head first, and the body when
the holder asks for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from aiohttp import web

from asw.api.names import PAYLOAD_LIMIT_BYTES
from asw.asl.values import from_text, to_text
from asw.engine.facts import TaskFact, TaskHeartbeat
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.results.bodies import Bodies, Incoming, NotRead, when_read
from asw.platforms.kubernetes.tasks.reported import InvalidOutcome, Outcome, end_of, outcome_of
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import PlatformError

NOT_AWAITED = "nobody waits for this task\n"
REFUSAL_SECONDS = 0.25
"""Delay of a refusal: nobody can keep the event loop busy by asking again and again."""

Reply = tuple[int, str]
Answer = Callable[[web.Request, TaskId, Incoming], Awaitable[Reply]]


class Inbox(Protocol):
    """Who takes what tasks report."""

    async def deliver(self, fact: TaskFact) -> Delivery:
        """Take a fact; an outcome is answered once it was saved. Raises PlatformError."""
        ...

    async def awaits(self, task_id: TaskId) -> bool:
        """Whether the task may still report anything. Raises PlatformError."""
        ...

    async def event(self, task_id: TaskId) -> str | None:
        """The event of a task that is awaited, as JSON text. Raises PlatformError."""
        ...

    def namespace(self, task_id: TaskId) -> str:
        """The namespace of the task; empty if this replica does not know it."""
        ...


class Holder(Protocol):
    """The replica that holds the lease."""

    def is_here(self) -> bool:
        """Whether that is this one."""
        ...

    async def forward(self, request: web.Request, body: Incoming) -> Reply:
        """Its answer to the request, whose body is read when it asks for it.

        Raises PlatformError if it does not answer.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultServer:
    """Answers the requests of tasks."""

    keys: KeyRing
    inbox: Inbox
    holder: Holder
    now: Callable[[], datetime]
    bodies: Bodies = field(default_factory=Bodies)
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep
    further: Sequence[Callable[[web.Application], None]] = ()
    """Add further routes."""

    def application(self) -> web.Application:
        """The routes."""
        made = web.Application()
        for method, what, answer in (
            ("POST", "outcome", self._outcome),
            ("POST", "heartbeat", self._heartbeat),
            ("GET", "event", self._event),
        ):
            handler = self._handler(answer)
            path = f"/v1/tasks/{{id}}/{what}"
            made.router.add_route(method, path, handler, expect_handler=when_read)
        for further in self.further:
            further(made)
        return made

    def _handler(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            try:
                task_id, refusal = await self._authenticated(request)
                if task_id is None:
                    await self.pause(REFUSAL_SECONDS)
                    return _response(request, refusal, "the token is not good for this task\n")
                namespace = self.inbox.namespace(task_id)
                async with self.bodies.incoming(
                    request, namespace=namespace, task=str(task_id)
                ) as body:
                    status, text = await self._answer(request, task_id, body, answer)
                    if status == 409:
                        await self.pause(REFUSAL_SECONDS)
                    response = _response(request, status, text)
                    if request.method == "GET":
                        await self.bodies.send(request, response, namespace=namespace)
                    return response
            except NotRead as refused:
                return _response(request, refused.status, refused.text)
            except PlatformError:
                return _response(request, 503, "not now\n")

        return handle

    async def _answer(
        self, request: web.Request, task_id: TaskId, body: Incoming, answer: Answer
    ) -> Reply:
        if self.holder.is_here():
            return await answer(request, task_id, body)
        return await self.holder.forward(request, body)

    async def _authenticated(self, request: web.Request) -> tuple[TaskId | None, int]:
        """The start that path and token agree on, else the status of the refusal."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None, 401
        task_id = await self.keys.task_of(token)
        if task_id is None or str(task_id) != request.match_info["id"]:
            return None, 403
        return task_id, 200

    async def _outcome(self, _: web.Request, task_id: TaskId, body: Incoming) -> Reply:
        if not await self.inbox.awaits(task_id):
            return 409, NOT_AWAITED
        text = await body.read()
        try:
            outcome = outcome_of(from_text(text))
        except (InvalidOutcome, ValueError, RecursionError) as error:
            return 400, f"not an outcome: {error}\n"
        if outcome.error is None and _size(outcome) > PAYLOAD_LIMIT_BYTES:
            return 413, f"the output has more than {PAYLOAD_LIMIT_BYTES} bytes\n"
        return _reply(await self.inbox.deliver(end_of(task_id, outcome, self.now())))

    async def _heartbeat(self, _: web.Request, task_id: TaskId, _body: Incoming) -> Reply:
        return _reply(await self.inbox.deliver(TaskHeartbeat(task_id=task_id, at=self.now())))

    async def _event(self, _: web.Request, task_id: TaskId, _body: Incoming) -> Reply:
        event = await self.inbox.event(task_id)
        return (409, NOT_AWAITED) if event is None else (200, event)


def _response(request: web.Request, status: int, text: str) -> web.Response:
    headers = {"Retry-After": "1"} if status == 503 else None
    kind = "application/json" if (request.method, status) == ("GET", 200) else "text/plain"
    return web.Response(status=status, text=text, headers=headers, content_type=kind)


def _size(outcome: Outcome) -> int:
    return len(to_text(outcome.output).encode())


def _reply(delivery: Delivery) -> Reply:
    if delivery is Delivery.SAVED:
        return 200, "saved\n"
    return 409, NOT_AWAITED
