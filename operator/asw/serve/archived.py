"""``POST /v1/archive/search``, ``bundle`` and ``logs``: finished runs whose objects are gone.

The archive has the runs of all namespaces and knows no roles. So the API server is asked for each
request, as for the objects themselves: ``list`` and ``get`` on executions. All that is read then
has the namespace in its condition, whatever else the request says. Nothing of it is logged. Runs
whose payloads are private take the right to read Payloads as well; logs, that to read pods' logs.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Final, TypeAlias, TypeVar

from aiohttp import web

from asw.archive.errors import ArchiveAway
from asw.archive.questions import InvalidQuestion, answer, read_search, read_wanted
from asw.archive.store import ArchiveStore, Kept
from asw.archive.tail_questions import answer_tails, read_tails
from asw.asl.values import Json, JsonObject, to_text
from asw.platforms.kubernetes.results.bodies import Bodies, NotRead, when_read
from asw.platforms.kubernetes.results.callback_reports import (
    ReportRefused,
    not_valid,
    read_object,
    throttled,
)
from asw.platforms.kubernetes.results.callbacks import refusal_response
from asw.platforms.kubernetes.results.results import REFUSAL_SECONDS
from asw.reconciler.platform import PlatformError
from asw.serve.rates import Rates
from asw.serve.reviews import LONGEST_TOKEN, Access, Reviews
from asw.serve.threads import Threads

SEARCH: Final = "/v1/archive/search"
BUNDLE: Final = "/v1/archive/bundle"
LOGS: Final = "/v1/archive/logs"
PART_BYTES: Final = 256 * 1024
"""Of a bundle in memory: a bundle may be larger than all the memory that there is."""
_SECONDS_OF_PART: Final = 30.0
_MOST_SENT: Final = 32
_MOST_SENT_OF_NAMESPACE: Final = 8
_EVERYWHERE: Final = ""
"""Kubernetes' namespace for: all of them."""

_Result = TypeVar("_Result")
_PartAt: TypeAlias = Callable[[int], Awaitable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """The routes. ``seconds`` is how long a client may take to receive a part of a bundle."""

    store: ArchiveStore
    reviews: Reviews
    threads: Threads = field(default_factory=Threads)
    rates: Rates = field(default_factory=lambda: Rates(per_second=20.0, burst=200.0))
    bodies: Bodies = field(default_factory=Bodies)
    seconds: float = _SECONDS_OF_PART
    clock: Callable[[], float] = monotonic
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep
    _sent: Counter[str] = field(default_factory=Counter)

    def add_to(self, application: web.Application) -> None:
        """Add the routes; the archive is let go of with the application."""
        routes = ((SEARCH, self._search), (BUNDLE, self._bundle), (LOGS, self._logs))
        for path, respond in routes:
            application.router.add_post(path, self._handling(respond), expect_handler=when_read)
        application.cleanup_ctx.append(self._closing)

    async def _closing(self, _: web.Application) -> AsyncIterator[None]:
        yield
        self.threads.close()
        self.store.close()

    def _handling(
        self, respond: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The response, or in the form of all routes why there is none."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await respond(request)
            except ReportRefused as refused:
                await self.pause(REFUSAL_SECONDS)
                return refusal_response(refused)
            except InvalidQuestion as error:
                return refusal_response(not_valid(str(error)))
            except NotRead as error:
                return refusal_response(not_valid(error.text.strip(), error.status))
            except PlatformError:
                told = "nobody can tell now who you are, or what you may read; ask again"
                return refusal_response(ReportRefused("ServiceUnavailable", told, 503))

        return handle

    async def _search(self, request: web.Request) -> web.StreamResponse:
        token, said = await self._read(request)
        asked = read_search(said)
        namespace = asked.search.namespace or _EVERYWHERE
        await self._admit(request, token, Access("list", "executions", namespace))
        page = await self._ask(namespace, lambda: answer(self.store, asked))
        return _json(page)

    async def _bundle(self, request: web.Request) -> web.StreamResponse:
        token, said = await self._read(request)
        wanted = read_wanted(said)
        namespace, name, uid = wanted.namespace, wanted.name, wanted.uid
        # By a uid alone it may be any of them: a role for one name is not enough then.
        await self._admit(request, token, Access("get", "executions", namespace, name or ""))
        kept = await self._ask(namespace, lambda: self.store.find(namespace, uid=uid, name=name))
        if kept is None:
            told = "the archive has no such execution in this namespace"
            raise ReportRefused("ExecutionDoesNotExist", told, 404)
        if kept.run.is_private:
            await self._admit(request, token, Access("get", "payloads", namespace))
        with self._sending(namespace):
            size = kept.size
            return await self._send(request, size, partial(self._part, kept), _HEADERS)

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        """Also of a run that is still there: some of its pods may be gone."""
        token, said = await self._read(request)
        asked = read_tails(said)
        namespace = asked.namespace
        of_run, address = Access("get", "executions", namespace), request.remote or ""
        await self.reviews.require_access(token, of_run, address)
        of_pods = Access("get", "pods", namespace, group="", subresource="log")
        await self._admit(request, token, of_pods)
        with self._sending(namespace):
            page = await self._ask(namespace, lambda: answer_tails(self.store, asked))
            content = to_text(page).encode()

            async def part(start: int) -> bytes:
                return content[start : start + PART_BYTES]

            headers = {**_HEADERS, "Content-Type": "application/json"}
            return await self._send(request, len(content), part, headers)

    async def _read(self, request: web.Request) -> tuple[str, dict[str, Json]]:
        """The token, and what is asked by it. Raises ReportRefused, NotRead."""
        name = f"connection/{id(request.transport)}"  # one body at a time of a connection
        owner = request.remote or ""
        async with self.bodies.incoming(request, namespace=owner, task=name) as body:
            said = read_object(await body.read())
        token = said.pop("token", None)
        if not isinstance(token, str) or not token.isascii() or len(token) > LONGEST_TOKEN:
            raise not_valid("token: a token of the cluster is needed")
        return token, said

    async def _admit(self, request: web.Request, token: str, wanted: Access) -> None:
        await self.reviews.require_access(token, wanted, request.remote or "")
        if not self.rates.take(wanted.namespace, self.clock()):
            raise throttled()

    async def _ask(self, namespace: str, work: Callable[[], _Result]) -> _Result:
        try:
            return await self.threads.run(namespace, work)
        except (ArchiveAway, PlatformError):
            told = "the archive does not answer now, or not in time; ask again, or for less"
            raise ReportRefused("ArchiveUnavailable", told, 503) from None

    @contextmanager
    def _sending(self, namespace: str) -> Iterator[None]:
        """Room for one more bundle on its way. Raises ReportRefused."""
        is_full = self._sent.total() >= _MOST_SENT
        if is_full or self._sent[namespace] >= _MOST_SENT_OF_NAMESPACE:
            raise throttled()
        self._sent[namespace] += 1
        try:
            yield
        finally:
            self._sent[namespace] -= 1
            if not self._sent[namespace]:
                del self._sent[namespace]

    async def _send(
        self, request: web.Request, size: int, part_at: _PartAt, headers: Mapping[str, str]
    ) -> web.StreamResponse:
        """Part by part; a client sees by the length that one is missing."""
        part = await part_at(0)
        response = web.StreamResponse(headers=headers)
        response.content_length = size
        at = 0
        try:
            async with asyncio.timeout(self.seconds):
                await response.prepare(request)
            while at < size:
                part = part or await part_at(at)
                async with asyncio.timeout(self.seconds):
                    await response.write(part)
                at, part = at + len(part), b""
        except (ReportRefused, TimeoutError, ConnectionError):
            if request.transport is not None:
                request.transport.abort()
        return response

    async def _part(self, kept: Kept, start: int) -> bytes:
        part = await self._ask(
            kept.run.namespace, lambda: self.store.part(kept.run, start, PART_BYTES)
        )
        if not part:
            raise ReportRefused("ArchiveUnavailable", "it is being written; ask again", 503)
        return part


_HEADERS: Final[Mapping[str, str]] = {
    "Content-Type": "application/gzip",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def _json(answered: JsonObject) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    text = to_text(answered)
    return web.Response(text=text, headers=headers, content_type="application/json")
