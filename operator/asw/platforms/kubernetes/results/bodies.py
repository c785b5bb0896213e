"""Bodies of requests, and how much of them may be in memory at a time.

A body is requested and read only if there is room for all of it, in total and for its namespace. A
task has one body under way, the newest. Nobody waits for a client that takes too long to send, or
to receive an answer.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import hdrs, web

from asw.platforms.kubernetes.results.shares import Share, Shares

BODY_LIMIT_BYTES = 2 * 1024 * 1024
"""Most bytes read: an outcome may be written with escapes, six bytes a character."""
BYTES_IN_FLIGHT = 32 * 1024 * 1024
BYTES_OF_NAMESPACE = BYTES_IN_FLIGHT // 2
BODY_SECONDS = 10.0
"""Time for a body to arrive, or an answer to be received."""


class NotRead(Exception):
    """Why a body is not read, or not to its end: status and text of the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Bodies:
    """The bodies under way and the room they take; times are in seconds."""

    def __init__(
        self,
        *,
        total: int = BYTES_IN_FLIGHT,
        of_namespace: int = BYTES_OF_NAMESPACE,
        seconds: float = BODY_SECONDS,
    ) -> None:
        self.shares = Shares(total=total, each=of_namespace)
        self.seconds = seconds
        self._newest: dict[str, Incoming] = {}

    @asynccontextmanager
    async def incoming(
        self, request: web.Request, *, namespace: str, task: str
    ) -> AsyncIterator["Incoming"]:
        """The body of a task's request: read on request, and held until the end of the block."""
        body = Incoming(request, self, namespace=namespace, task=task)
        try:
            yield body
        finally:
            if self._newest.get(task) is body:
                del self._newest[task]
            body.release()

    def displace(self, task: str, body: "Incoming") -> None:
        """The task sends this body: stop reading an earlier one that is under way."""
        before = self._newest.get(task)
        if before is not None:
            before.give_way()
        self._newest[task] = body

    async def send(self, request: web.Request, response: web.Response, *, namespace: str) -> None:
        """Send an answer that may be large. Raises NotRead if there is no room for it."""
        size = len(response.body) if isinstance(response.body, bytes) else 0
        share = self.shares.take(namespace, size, _stay)
        if share is None:
            raise _no_room()
        share.settle(size)
        try:
            async with asyncio.timeout(self.seconds):
                await response.prepare(request)
                await response.write_eof()
        except (TimeoutError, ConnectionError):
            if request.transport is not None:
                request.transport.abort()
        finally:
            share.release()


class Incoming:
    """One body. ``refusal`` says why it was not read."""

    def __init__(self, request: web.Request, bodies: Bodies, *, namespace: str, task: str) -> None:
        self._request = request
        self._bodies = bodies
        self._namespace = namespace
        self._task = task
        self._share: Share | None = None
        self._reading: asyncio.Timeout | None = None
        self._gave_way = False
        self.refusal: NotRead | None = None

    async def read(self) -> bytes:
        """All of it. Raises NotRead."""
        try:
            return await self._read()
        except NotRead as refusal:
            self.refusal = refusal
            raise

    async def _read(self) -> bytes:
        length = self._request.content_length
        if length is not None and length > BODY_LIMIT_BYTES:
            raise _too_large()
        self._bodies.displace(self._task, self)
        expected = BODY_LIMIT_BYTES if length is None else length
        self._share = self._bodies.shares.take(self._namespace, expected, self.give_way)
        if self._share is None or self._gave_way:
            raise _no_room()
        try:
            async with asyncio.timeout(self._bodies.seconds) as self._reading:
                body = await self._received()
        except TimeoutError as error:
            if self._gave_way:
                raise _no_room() from error
            raise NotRead(408, "the body did not arrive in time\n") from error
        except (ConnectionError, web.RequestPayloadError) as error:
            raise NotRead(400, "the body broke off\n") from error
        finally:
            self._reading = None
        self._share.settle(len(body))
        return body

    async def _received(self) -> bytes:
        if self._request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
            await _go_on(self._request)
        body = bytearray()
        async for chunk in self._request.content.iter_any():
            body += chunk
            if len(body) > BODY_LIMIT_BYTES:
                raise _too_large()
        return bytes(body)

    def give_way(self) -> None:
        """Stop reading, because another body needs the room; a body read to its end stays."""
        self._gave_way = True
        if self._reading is not None and not self._reading.expired():
            self._reading.reschedule(asyncio.get_running_loop().time())

    def release(self) -> None:
        """Give back its room: nobody needs it any more."""
        if self._share is not None:
            self._share.release()


async def _go_on(request: web.Request) -> None:
    """Tell the client to send the body; this is not part of the answer."""
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0


def _stay() -> None:
    """Keep the share: an answer that is being sent does not give way."""


def _too_large() -> NotRead:
    return NotRead(413, f"the body has more than {BODY_LIMIT_BYTES} bytes\n")


def _no_room() -> NotRead:
    return NotRead(503, "too much is on its way; deliver again\n")


async def when_read(_: web.Request) -> None:
    """For routes: answer ``Expect: 100-continue`` only once the body is read, as ``Bodies`` do."""
