"""Makes one-time links of approvals, shows what they ask, and takes the answer by them.

``asw serve`` brings all three. That a link is asked for by somebody who may, it has found out, and
shows by its permit; a link itself is its own authority. Whether the answer counts is judged here,
by the function that judges those in ``spec.answers``; the record decides what is still awaited.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from asw.asl.approvals import Decision, Question, end_of, objection, question_of
from asw.asl.errors import Failure
from asw.asl.values import Json, to_text
from asw.engine.facts import CallbackFailed, CallbackSucceeded
from asw.platforms.kubernetes.keys.callback_ring import CallbackRing
from asw.platforms.kubernetes.keys.callback_tokens import Claim
from asw.platforms.kubernetes.keys.link_tokens import Link, link_token
from asw.platforms.kubernetes.results.bodies import Bodies, Incoming
from asw.platforms.kubernetes.results.callback_reports import (
    invalid_token,
    not_valid,
    read_object,
)
from asw.platforms.kubernetes.results.callbacks import or_refused
from asw.platforms.kubernetes.results.inbox import Inbox
from asw.platforms.kubernetes.results.links import (
    ANSWER,
    MAKE,
    QUESTION,
    ended,
    expired,
    name_of,
    objected,
    order_of,
    text_of,
)
from asw.platforms.kubernetes.results.results import Holder, Reply
from asw.reconciler.deliveries import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An approval that waits."""

    namespace: str
    execution: str
    state: str
    question: Question


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalServer:
    """Answers ``asw serve``."""

    keys: CallbackRing
    inbox: Inbox
    holder: Holder
    now: Callable[[], datetime]
    bodies: Bodies = field(default_factory=Bodies)
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep

    def add_to(self, application: web.Application) -> None:
        """Add the routes."""
        for path in (MAKE, QUESTION, ANSWER):
            application.router.add_post(path, self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        return await or_refused(self._answered(request), self.pause)

    async def _answered(self, request: web.Request) -> web.Response:
        link = await self._authority(request)
        owner = "" if link is None else link.claim.namespace
        incoming = self.bodies.incoming(request, namespace=owner, task=f"link/{id(request)}")
        async with incoming as body:
            status, text = await self._answer(request, link, body)
        return web.Response(status=status, text=text, content_type="application/json")

    async def _authority(self, request: web.Request) -> Link | None:
        """The link, or None for a permit to make one. Raises ReportRefused, PlatformError."""
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise invalid_token()
        if request.path == MAKE:
            if not await self.keys.is_permit(text):
                raise invalid_token()
            return None
        link = await self.keys.link_of(text)
        if link is None:
            raise invalid_token()
        if link.until <= self.now():
            raise expired()
        return link

    async def _answer(self, request: web.Request, link: Link | None, body: Incoming) -> Reply:
        if not self.holder.is_here():
            return await self.holder.forward(request, body)
        said = read_object(await body.read())
        body.release()
        if link is None:
            return 200, to_text(await self._make(said))
        found = await self._open(link.claim)
        if request.path == ANSWER:
            await self._decide(link, found.question, said)
        return 200, to_text(_shown(found))

    async def _make(self, said: dict[str, Json]) -> Json:
        maker = name_of(said, "maker")
        order = order_of({name: it for name, it in said.items() if name != "maker"})
        found = await self._open(order.claim)
        if found.execution != order.execution:  # its maker was asked about this name
            raise ended()
        decision = self._decision(order.by, choice=found.question.choices[0])
        if (why := objection(found.question, decision)) is not None:
            raise objected(why, order.by)
        until = (self.now() + order.lasts).replace(microsecond=0)
        link = Link(order.claim, order.by, maker, until)
        return {
            "link": link_token(self.keys.keys, link),
            "until": until.isoformat(),
            "state": found.state,
        }

    async def _decide(self, link: Link, question: Question, said: dict[str, Json]) -> None:
        """Answered once it was saved. Raises ReportRefused, PlatformError."""
        comment = said.get("comment", "")
        if not isinstance(comment, str):
            raise not_valid("comment: a text is needed")
        decision = self._decision(
            link.by, choice=text_of(said, "choice"), comment=comment, link_from=link.maker
        )
        if (why := objection(question, decision)) is not None:
            raise objected(why, link.by)
        end, task_id, at = end_of(question, decision), link.claim.task_id, decision.at
        if isinstance(end, Failure):
            failed = CallbackFailed(task_id=task_id, at=at, error=end.error, cause=end.cause)
            delivery = await self.inbox.deliver(failed)
        else:
            succeeded = CallbackSucceeded(task_id=task_id, at=at, output=end)
            delivery = await self.inbox.deliver(succeeded)
        if delivery is not Delivery.SAVED:
            raise ended()

    def _decision(
        self, by: str, *, choice: str, comment: str = "", link_from: str = ""
    ) -> Decision:
        return Decision(choice=choice, by=by, comment=comment, at=self.now(), link_from=link_from)

    async def _open(self, claim: Claim) -> Open:
        """The approval that the claim names. Raises ReportRefused, PlatformError."""
        found = await self.inbox.approval(claim)
        if found is None:
            raise ended()
        key, state, waiting = found
        return Open(
            namespace=key.namespace,
            execution=key.name,
            state=state,
            question=question_of(waiting.payload),
        )


def _shown(found: Open) -> Json:
    return {
        "namespace": found.namespace,
        "execution": found.execution,
        "state": found.state,
        "title": found.question.title,
        "message": found.question.message,
        "choices": list(found.question.choices),
    }
