"""Takes reports on callbacks, which ``asw serve`` brings, and answers once they are saved.

The token is the authority, whoever brings it. It is looked at again here: the door of the result
server is open to pods, too. The record decides what is still awaited. A replica that does not hold
the Lease forwards the request, as it does for pods.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from aiohttp import web

from asw.asl.values import to_text
from asw.engine.facts import TaskFact
from asw.platforms.kubernetes.keys.callback_ring import CallbackRing
from asw.platforms.kubernetes.keys.callback_tokens import Claim
from asw.platforms.kubernetes.results.bodies import Bodies, Incoming, NotRead, when_read
from asw.platforms.kubernetes.results.callback_reports import (
    HEARTBEAT,
    ReportRefused,
    does_not_exist,
    fact_of,
    invalid_token,
    not_valid,
    read_object,
    timed_out,
    unavailable,
)
from asw.platforms.kubernetes.results.results import REFUSAL_SECONDS, Holder, Reply
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import PlatformError, Unavailable

PATH = "/v1/callbacks/{what:success|failure|heartbeat}"


class CallbackInbox(Protocol):
    """Who takes what is reported by tokens."""

    async def deliver(self, fact: TaskFact) -> Delivery:
        """Take a fact; the end of a task is answered once it was saved. Raises PlatformError."""
        ...

    async def awaits_callback(self, claim: Claim) -> Delivery:
        """SAVED if a report would be taken, else why not. Raises PlatformError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackServer:
    """Answers reports on callbacks."""

    keys: CallbackRing
    inbox: CallbackInbox
    holder: Holder
    now: Callable[[], datetime]
    bodies: Bodies = field(default_factory=Bodies)
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep

    def add_to(self, application: web.Application) -> None:
        """Add the routes."""
        application.router.add_post(PATH, self._handle, expect_handler=when_read)

    async def _handle(self, request: web.Request) -> web.Response:
        return await or_refused(self._answered(request), self.pause)

    async def _answered(self, request: web.Request) -> web.Response:
        status, text = await self._answer(request)
        return web.Response(status=status, text=text, content_type="application/json")

    async def _answer(self, request: web.Request) -> Reply:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        claim = await self.keys.claim_of(token) if scheme.lower() == "bearer" else None
        if claim is None:
            raise invalid_token()
        incoming = self.bodies.incoming(
            request, namespace=claim.namespace, task=f"callback/{claim.task_id}"
        )
        async with incoming as body:
            if not self.holder.is_here():
                return await self.holder.forward(request, body)
            return await self._take(request.match_info["what"], claim, body)

    async def _take(self, what: str, claim: Claim, body: Incoming) -> Reply:
        _require(await self.inbox.awaits_callback(claim))
        fact = fact_of(what, read_object(await body.read()), claim.task_id, self.now())
        delivery = await self.inbox.deliver(fact)
        if what == HEARTBEAT and delivery is not Delivery.SAVED:
            raise Unavailable(
                "it was awaited a moment ago: memory is out of date, or it just ended"
            )
        _require(delivery)
        return 200, "{}"


async def or_refused(
    answer: Awaitable[web.Response], pause: Callable[[float], Awaitable[object]] = asyncio.sleep
) -> web.Response:
    """The answer, or in AWS's form why there is none; who asks for what is refused waits."""
    try:
        return await answer
    except ReportRefused as refused:
        await pause(REFUSAL_SECONDS)
        return refusal_response(refused)
    except NotRead as refused:
        return refusal_response(not_valid(refused.text.strip(), refused.status))
    except PlatformError:
        return refusal_response(unavailable())


def refusal_response(refused: ReportRefused) -> web.Response:
    """The answer, in AWS's form."""
    headers = {"x-amzn-errortype": refused.code}
    if refused.status == 503:
        headers["Retry-After"] = "1"
    return web.Response(
        status=refused.status,
        text=to_text(refused.body),
        headers=headers,
        content_type="application/json",
    )


def _require(delivery: Delivery) -> None:
    if delivery is Delivery.LATE:
        raise timed_out()
    if delivery is Delivery.GONE:
        raise does_not_exist()
