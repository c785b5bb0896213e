"""One-time links of approvals: ``/approve/TOKEN`` shows what is asked by GET, and decides by POST.

Robots of chats look at links, so looking changes nothing. Whoever makes one shows who they are by
a token of the cluster (``POST /v1/approvals/links``): they may patch the Execution, and for a name
that is not their own they need the verb ``invite`` on it, or they could answer as anybody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final
from urllib.parse import parse_qs

from aiohttp import web

from asw.api.names import GROUP
from asw.asl.values import Json, to_text
from asw.platforms.kubernetes.keys.callback_ring import CallbackRing
from asw.platforms.kubernetes.keys.link_tokens import Link
from asw.platforms.kubernetes.keys.permits import permit
from asw.platforms.kubernetes.results.bodies import Bodies, NotRead, when_read
from asw.platforms.kubernetes.results.callback_reports import (
    ReportRefused,
    invalid_token,
    not_valid,
    read_object,
    throttled,
    unavailable,
)
from asw.platforms.kubernetes.results.callbacks import or_refused
from asw.platforms.kubernetes.results.links import (
    ANSWER,
    MAKE,
    QUESTION,
    Order,
    expired,
    order_of,
)
from asw.platforms.kubernetes.results.results import REFUSAL_SECONDS
from asw.reconciler.platform import PlatformError
from asw.serve.pages import HEADERS, question_page, told_page
from asw.serve.rates import Rates
from asw.serve.results import Results
from asw.serve.reviews import LONGEST_TOKEN, Reviews, User

PATH: Final = "/v1/approvals/links"
PAGE: Final = "/approve/{token}"
VERB: Final = "invite"
"""On executions: to make a link for somebody else."""
_LONGEST_QUESTION: Final = 512 * 1024
_LONGEST_FORM: Final = 16 * 1024
_STATUS: Final = {"InvalidToken": 404, "ThrottlingException": 429}
_TOLD: Final[Mapping[str, tuple[str, str]]] = {
    "InvalidToken": ("No such link", "This is no link of an approval."),
    "LinkExpired": (
        "This link has expired",
        "The approval may still wait: ask for another link, or answer by asw approve.",
    ),
    "ApprovalEnded": (
        "This approval has ended",
        "It was answered, it timed out, or its execution was stopped. Nothing was changed.",
    ),
    "ThrottlingException": ("Too many requests", "Open the link again in a moment."),
    "ServiceUnavailable": ("Not now", "Nobody can answer now. Open the link again in a moment."),
}


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The routes."""

    ring: CallbackRing
    results: Results
    reviews: Reviews
    rates: Rates = field(default_factory=Rates)
    bodies: Bodies = field(default_factory=Bodies)
    clock: Callable[[], float] = monotonic
    now: Callable[[], datetime] = _utc_now
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep

    def add_to(self, application: web.Application) -> None:
        """Add the routes."""
        application.router.add_post(PATH, self._handle_order, expect_handler=when_read)
        application.router.add_get(PAGE, self._handle_page)
        application.router.add_post(PAGE, self._handle_page, expect_handler=when_read)

    async def _handle_order(self, request: web.Request) -> web.Response:
        return await or_refused(self._ordered(request), self.pause)

    async def _ordered(self, request: web.Request) -> web.Response:
        status, answer = await self._made(request)
        return web.Response(
            status=status, text=to_text(dict(answer)), content_type="application/json"
        )

    async def _made(self, request: web.Request) -> tuple[int, Mapping[str, Any]]:
        said = read_object(await self._body(request))
        token = said.pop("token", None)
        if not isinstance(token, str) or not token.isascii() or len(token) > LONGEST_TOKEN:
            raise not_valid("token: a token of the cluster is needed")
        order = order_of(said)
        user = await self.reviews.who(token, request.remote or "")
        await self._require(user, order, "patch")
        if order.by != user["username"]:
            await self._require(user, order, VERB)
        self._count(order.claim.namespace)
        brought: dict[str, Json] = {**said, "maker": user["username"]}
        return await self.results.bring(MAKE, permit(self.ring.keys, self.now()), brought)

    async def _require(self, user: User, order: Order, verb: str) -> None:
        """Raises ReportRefused, Unavailable."""
        wanted = {"group": GROUP, "resource": "executions", "verb": verb}
        place = {"namespace": order.claim.namespace, "name": order.execution}
        if not await self.reviews.may(user, {**wanted, **place}):
            raise ReportRefused(
                "AccessDeniedException",
                f"{user['username']} lacks the verb {verb} on this Execution of {GROUP}",
                403,
            )

    async def _handle_page(self, request: web.Request) -> web.Response:
        try:
            token = request.match_info["token"]
            form = _form(await self._body(request)) if request.method == "POST" else None
            return await self._paged(token, await self._link(token), form)
        except ReportRefused as refused:
            await self.pause(REFUSAL_SECONDS)
            return _refused_page(refused)
        except NotRead as refused:
            return _refused_page(not_valid(refused.text.strip(), refused.status))
        except PlatformError:
            return _refused_page(unavailable())

    async def _link(self, token: str) -> Link:
        """Raises ReportRefused, PlatformError."""
        link = await self.ring.link_of(token)
        if link is None:
            raise invalid_token()
        self._count(link.claim.namespace)
        if link.until <= self.now():
            raise expired()
        return link

    async def _paged(self, token: str, link: Link, form: Mapping[str, str] | None) -> web.Response:
        path, said = (QUESTION, {}) if form is None else (ANSWER, dict(form))
        status, answer = await self.results.bring(path, token, said, longest=_LONGEST_QUESTION)
        if status != 200:
            code, message = str(answer.get("__type", "")), str(answer.get("message", ""))
            raise ReportRefused(code, message, status)
        if form is None:
            return web.Response(
                body=question_page(answer, link.by, link.until), headers=dict(HEADERS)
            )
        page = told_page(str(answer["title"]), f"Your answer is recorded: {form['choice']}")
        return web.Response(body=page, headers=dict(HEADERS))

    async def _body(self, request: web.Request) -> bytes:
        name = f"connection/{id(request.transport)}"  # one body at a time of a connection
        owner = request.remote or ""
        async with self.bodies.incoming(request, namespace=owner, task=name) as body:
            return await body.read()

    def _count(self, namespace: str) -> None:
        if not self.rates.take(namespace, self.clock()):
            raise throttled()


def _form(body: bytes) -> dict[str, str]:
    """What was pressed and written, with the ends of lines as people's data has them."""
    if len(body) > _LONGEST_FORM:
        raise not_valid(f"the answer has more than {_LONGEST_FORM} bytes", 413)
    try:
        read = parse_qs(body.decode("ascii"), max_num_fields=2, errors="strict")
    except ValueError:
        raise not_valid("this is no answer to the question") from None
    said = {name: values[0].replace("\r\n", "\n") for name, values in read.items()}
    if "choice" not in said or said.keys() - {"choice", "comment"}:
        raise not_valid("choose one of the answers")
    return {"choice": said["choice"], "comment": said.get("comment", "").strip()}


def _refused_page(refused: ReportRefused) -> web.Response:
    title, sentence = _TOLD.get(refused.code, ("This answer does not count", refused.text))
    headers = {**HEADERS, "Retry-After": "1"} if refused.status == 503 else dict(HEADERS)
    status = _STATUS.get(refused.code, refused.status)
    return web.Response(status=status, body=told_page(title, sentence), headers=headers)
