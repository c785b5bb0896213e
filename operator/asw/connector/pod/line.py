"""The operator as a pod speaks to it: over TLS by its own CA, wherever it lives by now."""

import random
import socket
import ssl
from asyncio import sslproto
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from yarl import URL

from asw.asl.values import Json, JsonObject, from_text
from asw.connector.pod.settings import Settings, is_address
from asw.connector.sessions import CUTS_TLS

ANSWER_SECONDS: Final = 40.0
"""The operator answers within 25 s."""
CONNECT_SECONDS: Final = 5.0
"""With the TLS handshake, which takes its time where hundreds begin at once."""
_KEPT_SECONDS: Final = 30.0
"""How long an idle connection is kept, less than the operator does."""
_LARGEST_ANSWER: Final = 8 * 1024 * 1024
_MOST_MOVES: Final = 3
_OK, _MOVED = 200, 421
_LONGEST_PAUSE: Final = 5.0
_LONGEST_RETRY_AFTER: Final = 30.0
_OPTIONS: Final = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 3),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 15_000),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
)
"""A node that is gone says nothing: the kernel notices after some 15 s."""
_TLS_RECORD: Final = 16 * 1024

# asyncio keeps a buffer of 256 KiB for each TLS connection, 128 MiB for those of 500 calls; what is
# read at once is never more than a record
sslproto.SSLProtocol.max_size = _TLS_RECORD


class NoOperator(Exception):
    """It did not answer, or not by the contract; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the operator said; ``content`` is the JSON object of a 200."""

    status: int
    content: JsonObject
    retry_after: float = 0.0


class Operator:
    """The operator. Use within a running event loop, and close at the end."""

    def __init__(self, settings: Settings) -> None:
        self.on_move: Callable[[], None] | None = None
        """Called when there is a new holder, by whoever heard of it."""
        self._home = self._current = settings.url
        self._name = settings.server_name
        self._is_by_name = False
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,  # slots are counted
                ssl=_trusting(settings.ca),
                keepalive_timeout=_KEPT_SECONDS,
                enable_cleanup_closed=CUTS_TLS,
                socket_factory=_socket,
                ttl_dns_cache=None,
                use_dns_cache=False,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={
                "Authorization": f"Bearer {settings.token}",
                "Content-Type": "application/json",
                "Accept-Encoding": "identity",
            },
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS, sock_connect=CONNECT_SECONDS),
            auto_decompress=False,
        )

    async def close(self) -> None:
        """Hang up."""
        await self._session.close()

    async def post(self, verb: str, body: bytes) -> Answer:
        """What the operator says to a request of the contract. Raises NoOperator."""
        for _ in range(_MOST_MOVES):
            answer = await self._post(self._current, verb, body)
            if answer.status != _MOVED or not self._moves_to(answer.content.get("holder")):
                break
        return answer

    async def _post(self, base: str, verb: str, body: bytes) -> Answer:
        is_by_name = self._is_by_name and base == self._home
        try:
            return await self._exchange(self._url(base, is_by_name=is_by_name), verb, body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            self._lose(base, is_by_name=is_by_name)
            raise NoOperator(_why(error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise NoOperator(_why(error)) from error

    def _url(self, base: str, *, is_by_name: bool) -> URL:
        url = URL(base)
        return url.with_host(self._name) if is_by_name else url

    async def _exchange(self, url: URL, verb: str, body: bytes) -> Answer:
        name = self._name or None
        async with self._session.post(
            url / "v1/warm" / verb,
            data=body,
            headers={"Host": name} if name else None,
            server_hostname=name,
            allow_redirects=False,
        ) as response:
            text = await _read(response)
            content: Json = {}
            if response.status in (_OK, _MOVED):
                content = from_text(text)
                if not isinstance(content, dict):
                    raise ValueError("the answer is no JSON object")
            after = response.headers.get("Retry-After", "")
            return Answer(
                status=response.status,
                content=content,
                retry_after=float(after) if after.isascii() and after.isdigit() else 0.0,
            )

    def _moves_to(self, holder: object) -> bool:
        """Ask there from now on; false where it is no address that we would ask at."""
        if not isinstance(holder, str) or not is_address(holder):
            return False
        if holder.rstrip("/") != self._current:
            self._current = holder.rstrip("/")
            if self.on_move is not None:
                self.on_move()
        return True

    def _lose(self, base: str, *, is_by_name: bool) -> None:
        """It cannot be reached so: try its other name, or where we were told at first."""
        if base != self._home:
            if self._current == base:
                self._current = self._home
        elif self._is_by_name == is_by_name:  # nobody has turned meanwhile
            self._is_by_name = bool(self._name) and not is_by_name


class Pauses:
    """How long to wait before the next attempt: longer each time, and never in step with others."""

    def __init__(self, first: float = 0.05) -> None:
        self._next = first

    def take(self, at_least: float = 0.0) -> float:
        """Seconds to wait; ``at_least`` is what the operator asked for, half a minute at most."""
        pause, self._next = self._next, min(self._next * 2, _LONGEST_PAUSE)
        chance = random.random()  # noqa: S311  no secret
        asked = min(at_least, _LONGEST_RETRY_AFTER)
        return max(pause * (0.5 + chance), asked * (1 + chance / 4))


def _trusting(ca: str) -> ssl.SSLContext:
    """What verifies chain and name by the one authority, in PEM."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=ca)
    return context


def _socket(address: Any) -> socket.socket:
    made = socket.socket(*address[:3])
    for level, option, value in _OPTIONS:
        made.setsockopt(level, option, value)
    made.setblocking(False)
    return made


async def _read(response: aiohttp.ClientResponse) -> bytes:
    if (response.content_length or 0) > _LARGEST_ANSWER:
        response.close()
        raise ValueError("the answer is too long")
    text = bytearray()
    async for piece in response.content.iter_any():
        text += piece
        if len(text) > _LARGEST_ANSWER:
            response.close()
            raise ValueError("the answer is too long")
    return bytes(text)


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
