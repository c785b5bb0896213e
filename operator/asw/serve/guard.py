"""Who may come in at a door of one machine: whoever has its key, by a name of this machine.

The key is a text in a file that only the user can read, as Jupyter's is. Other users and pages in
a browser reach loopback as well: the former have no key, and the latter, which may make a name of
theirs lead here (DNS rebinding), send that name in the head Host.
"""

import asyncio
import os
import secrets
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hmac import compare_digest
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from asw.platforms.kubernetes.results.callback_reports import ReportRefused
from asw.platforms.kubernetes.results.callbacks import refusal_response
from asw.platforms.kubernetes.results.results import REFUSAL_SECONDS
from asw.platforms.local.rights import FILE_MODE, opener

KEY_FILE: Final = "serve-key"
PREFIX: Final = "/{key}"
"""Clients that send no heads of their own have the key in the address."""
_KEY_BYTES: Final = 32


class UnsafeKey(Exception):
    """The file of the key is not the user's alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """``hosts`` are the names that Host may have; None for all of them."""

    key: str
    hosts: frozenset[str] | None
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep

    def middleware(self) -> Middleware:
        """Refuses whoever may not come in, before anything of a body is read."""

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            refused = self._refusal(request)
            if refused is None:
                return await handler(request)
            await self.pause(REFUSAL_SECONDS)
            return refusal_response(refused)

        return guarded

    def _refusal(self, request: web.Request) -> ReportRefused | None:
        if self.hosts is not None and host_in(request.headers.get("Host", "")) not in self.hosts:
            told = "Host: this is no name of the machine that asw serve listens on"
            return ReportRefused("AccessDeniedException", told, 403)
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        key = request.match_info.get("key", given.strip() if scheme.lower() == "bearer" else "")
        if not compare_digest(key.encode(errors="replace"), self.key.encode()):
            told = f"the key in {KEY_FILE} is needed: as Bearer, or first in the path"
            return ReportRefused("UnrecognizedClientException", told, 401)
        return None


def host_in(head: str) -> str:
    """The name in a head Host, without its port, in small letters."""
    name = head.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0]


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def key_in(folder: Path) -> str:
    """The key of the folder, which is made if there is none. Raises UnsafeKey, OSError."""
    path = folder / KEY_FILE
    try:
        with open(path, "x", opener=opener) as file:
            file.write(secrets.token_urlsafe(_KEY_BYTES) + "\n")
    except FileExistsError:
        pass
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), encoding="ascii") as file:
        status = os.fstat(file.fileno())
        if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & ~FILE_MODE:
            raise UnsafeKey(str(path))
        key = file.read(1024).strip()
    if len(key) < _KEY_BYTES:
        raise UnsafeKey(str(path))
    return key
