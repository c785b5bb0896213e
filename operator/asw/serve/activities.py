"""``POST /v1/activities/poll``: a worker asks for a task, for a minute (AWS: GetActivityTask).

Many wait, and the operator must not notice: one request at a time asks it which activities have
tasks, for all of them. Whoever is woken by that takes one; who gets none waits on.
"""

import asyncio
import contextlib
from collections import Counter, OrderedDict, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

from aiohttp import web

from asw.asl.values import Json, to_text
from asw.platforms.kubernetes.results.bodies import Bodies, when_read
from asw.platforms.kubernetes.results.callback_reports import (
    ReportRefused,
    not_valid,
    read_object,
    throttled,
)
from asw.platforms.kubernetes.results.callbacks import or_refused
from asw.platforms.kubernetes.results.polls import Asked, Place, asked
from asw.reconciler.platform import PlatformError
from asw.serve.port import Admission, Behind
from asw.serve.rates import Rates
from asw.serve.reviews import LONGEST_TOKEN

PATH: Final = "/v1/activities/poll"
POLL_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 2.0
"""How soon a worker that hung up gives its place to another."""
_PAUSE_SECONDS: Final = 0.1
_LONG_PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many workers may wait at a time."""

    total: int = 500
    of_namespace: int = 200
    of_activity: int = 100
    of_address: int = 100


@dataclass(slots=True, kw_only=True)
class Waiting:
    """The workers that wait, by activity, and how many requests are open, by whose they are."""

    limits: Limits = field(default_factory=Limits)
    lines: defaultdict[Place, OrderedDict[asyncio.Event, None]] = field(
        default_factory=lambda: defaultdict(OrderedDict)
    )
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False
    """Nobody is to wait any more."""
    _open: Counter[tuple[str, ...]] = field(default_factory=Counter)

    @contextlib.contextmanager
    def place(self, place: Place, address: str) -> Iterator[None]:
        """Room for one worker inside the block. Raises ReportRefused with status 429."""
        limits = self.limits
        held: tuple[tuple[tuple[str, ...], int], ...] = (
            (("all",), limits.total),
            (("namespace", place[0]), limits.of_namespace),
            (("activity", *place), limits.of_activity),
            (("address", address), limits.of_address),
        )
        for name, most in held:
            if self._open[name] >= most:
                raise ReportRefused(
                    "ActivityWorkerLimitExceeded",
                    f"{most} workers of this {name[0]} wait already; poll again later",
                    429,
                )
        for name, _ in held:
            self._open[name] += 1
        try:
            yield
        finally:
            for name, _ in held:
                self._open[name] -= 1
                if not self._open[name]:
                    del self._open[name]

    @contextlib.contextmanager
    def line(self, place: Place) -> Iterator[asyncio.Event]:
        """An event that is set once the activity may have a task for whoever waits inside."""
        woken = asyncio.Event()
        if place not in self.lines:
            self.changed.set()
        self.lines[place][woken] = None
        try:
            yield woken
        finally:
            self._leave(place, woken)

    def wake(self, place: Place, count: int) -> None:
        """Wake as many as there are tasks, those first that wait longest."""
        for woken in list(self.lines.get(place, ()))[:count]:
            self._leave(place, woken)
            woken.set()

    def end(self) -> None:
        """Let nobody wait any more."""
        self.is_over = True
        for place, line in list(self.lines.items()):
            self.wake(place, len(line))

    def _leave(self, place: Place, woken: asyncio.Event) -> None:
        line = self.lines.get(place)
        if line is not None:
            line.pop(woken, None)
            if not line:
                del self.lines[place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activities:
    """The route. ``seconds`` is how long a worker waits for a task."""

    behind: Behind
    reviews: Admission
    waiting: Waiting = field(default_factory=Waiting)
    rates: Rates = field(default_factory=Rates)
    bodies: Bodies = field(default_factory=Bodies)
    seconds: float = POLL_SECONDS
    clock: Callable[[], float] = monotonic

    def add_to(self, application: web.Application, prefixes: Sequence[str] = ("",)) -> None:
        """Add the route below each of the prefixes, and ask who has tasks while all runs."""
        for prefix in prefixes:
            application.router.add_post(prefix + PATH, self._handle, expect_handler=when_read)
        application.cleanup_ctx.append(self._asking)
        application.on_shutdown.append(self._end)

    async def _end(self, _: web.Application) -> None:
        """Answer all who wait: there is no task."""
        self.waiting.end()

    async def _asking(self, _: web.Application) -> AsyncIterator[None]:
        asking = asyncio.create_task(self._ask_on())
        yield
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking

    async def _handle(self, request: web.Request) -> web.Response:
        return await or_refused(self._answered(request))

    async def _answered(self, request: web.Request) -> web.Response:
        answer = await self._polled(request)
        return web.Response(text=to_text(answer), content_type="application/json")

    async def _polled(self, request: web.Request) -> Json:
        address = request.remote or ""
        name = f"connection/{id(request.transport)}"
        async with self.bodies.incoming(request, namespace=address, task=name) as body:
            said = read_object(await body.read())
        token = said.pop("token", None)
        if not isinstance(token, str) or not token.isascii() or len(token) > LONGEST_TOKEN:
            raise not_valid("token: a token of the cluster is needed")
        worker = asked(said)
        await self.reviews.require(token, worker.place, address)
        if not self.rates.take(worker.place[0], self.clock()):
            raise throttled()
        with self.waiting.place(worker.place, address):
            return await self._wait(request, worker)

    async def _wait(self, request: web.Request, worker: Asked) -> Json:
        until = self.clock() + self.seconds
        while not _is_gone(request) and not self.waiting.is_over:
            with self.waiting.line(worker.place) as woken:
                task = await self._take(worker)
                if task.get("taskToken") is not None:
                    return task
                while not woken.is_set() and self.clock() < until and not _is_gone(request):
                    with contextlib.suppress(TimeoutError):
                        left = min(_LOOK_SECONDS, until - self.clock())
                        await asyncio.wait_for(woken.wait(), left)
            if not woken.is_set():
                break
        return {"taskToken": None}

    async def _take(self, worker: Asked) -> dict[str, Any]:
        """A task, or none. Raises ReportRefused, PlatformError."""
        namespace, activity = worker.place
        said: dict[str, Json] = {"namespace": namespace, "activity": activity}
        if worker.worker is not None:
            said["worker"] = worker.worker
        status, answer = await self.behind.take(said)
        if status != 200:
            code, message = str(answer.get("__type", "")), str(answer.get("message", ""))
            raise ReportRefused(code, message, status)
        return dict(answer)

    async def _ask_on(self) -> None:
        """Ask which activities have tasks, again and again, and at once if others are waited for.

        Between two questions there is a pause, in which those woken take what there is.
        """
        changed = self.waiting.changed
        while True:
            if not self.waiting.lines:
                await changed.wait()
            changed.clear()
            asking = asyncio.create_task(self._look())
            other = asyncio.create_task(changed.wait())
            try:
                await asyncio.wait({asking, other}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                asking.cancel()
                other.cancel()
            await asyncio.gather(asking, other, return_exceptions=True)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _look(self) -> None:
        try:
            status, answer = await self.behind.ready(list(self.waiting.lines))
        except PlatformError:
            status, answer = 503, {}
        if status != 200:
            await asyncio.sleep(_LONG_PAUSE_SECONDS)
        for namespace, name, count in answer.get("ready", ()):
            self.waiting.wake((namespace, name), count)


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
