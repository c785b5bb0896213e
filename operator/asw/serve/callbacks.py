"""``POST /v1/callbacks/success|failure|heartbeat``: whoever has a token reports by it.

The token is the authority, as at AWS, and in the body, since heads and paths end up in the logs of
proxies. Forged ones end here; what is still awaited only the operator knows. 200 means saved.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from aiohttp import web

from asw.asl.values import Json, to_text
from asw.platforms.kubernetes.results.bodies import Bodies, when_read
from asw.platforms.kubernetes.results.callback_reports import (
    invalid_token,
    not_valid,
    read_object,
    throttled,
)
from asw.platforms.kubernetes.results.callbacks import PATH, or_refused
from asw.serve.port import Behind
from asw.serve.rates import Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """The routes."""

    behind: Behind
    rates: Rates = field(default_factory=Rates)
    bodies: Bodies = field(default_factory=Bodies)
    clock: Callable[[], float] = monotonic
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep

    def add_to(self, application: web.Application, prefixes: Sequence[str] = ("",)) -> None:
        """Add the routes, below each of the prefixes."""
        for prefix in prefixes:
            application.router.add_post(prefix + PATH, self._handle, expect_handler=when_read)

    async def _handle(self, request: web.Request) -> web.Response:
        return await or_refused(self._answered(request), self.pause)

    async def _answered(self, request: web.Request) -> web.Response:
        token, said = await self._read(request)
        owner = await self.behind.owner_of(token)
        if owner is None:
            raise invalid_token()
        if not self.rates.take(owner, self.clock()):
            raise throttled()
        status, answer = await self.behind.report(request.match_info["what"], token, said)
        return _relayed(status, dict(answer))

    async def _read(self, request: web.Request) -> tuple[str, dict[str, Json]]:
        """The token, and what is said by it. Raises ReportRefused, NotRead."""
        name = f"connection/{id(request.transport)}"  # one body at a time of a connection
        owner = request.remote or ""
        async with self.bodies.incoming(request, namespace=owner, task=name) as body:
            said = read_object(await body.read())
        token = said.pop("token", None)
        if not isinstance(token, str):
            raise not_valid("token: a text is needed")
        return token, said


def _relayed(status: int, answer: dict[str, Json]) -> web.Response:
    headers = {"x-amzn-errortype": str(answer["__type"])} if "__type" in answer else {}
    return web.Response(
        status=status, text=to_text(answer), headers=headers, content_type="application/json"
    )
