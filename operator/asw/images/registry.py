"""A registry: what images are pulled from and pushed to.

Source: OCI distribution-spec 1.1. Blobs are streamed, so that memory does not grow with layers.
"""

import asyncio
import hashlib
import ipaddress
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from asw.exits import NOT_FOUND, NOT_SUCCEEDED
from asw.failures import Failure
from asw.images.authorizing import Authorizer
from asw.images.content import MANIFEST_TYPES, Descriptor, digest_of
from asw.images.names import HUB, ImageName
from asw.messages import t

_HUB_HOST: Final = "registry-1.docker.io"
_TRIES: Final = 3
_PIECE: Final = 1 << 20
_PASSING: Final = frozenset({429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed."""
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=120)
LARGEST_MANIFEST: Final = 4 * 1024 * 1024
"""Distribution-spec: what a registry should take at least, and more than any has."""


def is_loopback(registry: str) -> bool:
    """Whether it is on this machine, where Docker speaks plain HTTP too."""
    host = URL(f"http://{registry}").host or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@asynccontextmanager
async def open_registry(registry: str, *, is_plain: bool = False) -> AsyncIterator["Registry"]:
    """A registry by its name, over HTTPS; plain HTTP on this machine and where it is asked for."""
    is_plain = is_plain or is_loopback(registry)
    async with aiohttp.ClientSession(
        timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
    ) as http:
        yield Registry(registry, http, Authorizer(registry, http, is_plain), is_plain)


@dataclass(frozen=True, slots=True)
class Registry:
    """One registry. Every method raises Failure with the registry's own words."""

    name: str
    http: aiohttp.ClientSession
    authorizer: Authorizer
    is_plain: bool
    pause: Callable[[int], float] = field(default=lambda tried: 2.0**tried)
    """Seconds before the next try."""

    async def manifest(self, image: ImageName) -> tuple[Descriptor, bytes]:
        """The manifest or index of a name, checked against its digest."""
        async with self._request(
            "GET",
            self._url(image.repository, f"manifests/{image.reference}"),
            scope=_scope(image.repository),
            headers={"Accept": ", ".join(MANIFEST_TYPES)},
        ) as response:
            if response.status == 404:
                raise Failure(
                    t("{registry} has no image {image}", registry=self.name, image=image),
                    remedy=t("check its name and tag; it may also be hidden from this login"),
                    code=NOT_FOUND,
                )
            await self._expect(response, 200)
            body = await response.content.read(LARGEST_MANIFEST + 1)
            while not response.content.at_eof() and len(body) <= LARGEST_MANIFEST:
                body += await response.content.read(LARGEST_MANIFEST)
            found = Descriptor(
                media_type=response.content_type, digest=digest_of(body), size=len(body)
            )
        if image.digest and image.digest != found.digest:
            raise self._damaged(image.digest)
        return found, body

    async def has_blob(self, repository: str, digest: str) -> bool:
        """Whether the repository has it."""
        url = self._url(repository, f"blobs/{digest}")
        async with self._request("HEAD", url, scope=_scope(repository)) as response:
            if response.status != 404:
                await self._expect(response, 200)
            return response.status == 200

    async def download(self, repository: str, blob: Descriptor, target: Path) -> None:
        """Write the blob to a file, which appears only when it is whole."""
        url = self._url(repository, f"blobs/{blob.digest}")
        unfinished = target.with_name(f".{target.name}.part")
        for tried in range(_TRIES):
            try:
                hashed = hashlib.sha256()
                async with self._request("GET", url, scope=_scope(repository)) as response:
                    await self._expect(response, 200)
                    with unfinished.open("wb") as file:
                        async for piece in response.content.iter_chunked(_PIECE):
                            hashed.update(piece)
                            file.write(piece)
                break
            except aiohttp.ClientError as error:
                await self._wait(tried, error, t("download of {digest}", digest=blob.digest))
        if f"sha256:{hashed.hexdigest()}" != blob.digest:
            raise self._damaged(blob.digest)
        unfinished.replace(target)

    async def mount(self, repository: str, digest: str, source: str) -> bool:
        """Have a blob of another repository here as well; False where it has to be sent."""
        url = self._url(repository, "blobs/uploads/")
        asked = {"mount": digest, "from": source}
        async with self._request(
            "POST", url.with_query(asked), scope=_scope(repository, is_pushing=True)
        ) as response:
            if response.status == 202:
                await self._cancel(response, repository)
            else:
                await self._expect(response, 201)
            return response.status == 201

    async def upload(self, repository: str, blob: Descriptor, file: Path) -> None:
        """Send a blob, again from the start where the connection broke."""
        for tried in range(_TRIES):
            sent = _Progress()
            try:
                await self._upload(repository, blob, file, sent)
            except (aiohttp.ClientError, _TryAgain) as error:
                what = t(
                    "upload of {digest} after {sent} of {size} bytes",
                    digest=blob.digest,
                    sent=sent.bytes,
                    size=blob.size,
                )
                await self._wait(tried, error, what)
            else:
                return

    async def put_manifest(self, image: ImageName, kind: str, body: bytes) -> None:
        """Store a manifest or index under the name's tag or digest."""
        async with self._request(
            "PUT",
            self._url(image.repository, f"manifests/{image.reference}"),
            scope=_scope(image.repository, is_pushing=True),
            headers={"Content-Type": kind},
            data=body,
        ) as response:
            await self._expect(response, 201)
            told = response.headers.get("Docker-Content-Digest", "")
            if told and told != digest_of(body):
                raise self._damaged(digest_of(body))

    async def _upload(
        self, repository: str, blob: Descriptor, file: Path, sent: "_Progress"
    ) -> None:
        scope = _scope(repository, is_pushing=True)
        url = self._url(repository, "blobs/uploads/")
        async with self._request("POST", url, scope=scope) as response:
            await self._expect(response, 202)
            place = response.url.join(URL(response.headers["Location"], encoded=True))
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(blob.size)}
        with file.open("rb") as opened:  # not in the stream: nobody ends one that is broken off
            async with self._request(
                "PUT",
                place.update_query(digest=blob.digest),
                scope=scope,
                headers=headers,
                data=lambda: _pieces(opened, sent),
            ) as response:
                if response.status in _PASSING:
                    raise _TryAgain(await _said(response))
                await self._expect(response, 201)

    async def _cancel(self, response: aiohttp.ClientResponse, repository: str) -> None:
        place = response.headers.get("Location")
        if place is not None:
            url = response.url.join(URL(place, encoded=True))
            scope = _scope(repository, is_pushing=True)
            async with self._request("DELETE", url, scope=scope):
                pass

    @asynccontextmanager
    async def _request(
        self,
        verb: str,
        url: URL,
        *,
        scope: str,
        headers: dict[str, str] | None = None,
        data: Any = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One request, once more with what its challenge asks for. Raises Failure, ClientError.

        ``data`` may be a function that makes a fresh stream: the first one may be used up.
        """
        try:
            async with self._send(verb, url, scope, headers, data) as response:
                if response.status != 401:
                    yield response
                    return
                challenge = response.headers.get("WWW-Authenticate", "")
            await self.authorizer.answer(challenge, scope)
            async with self._send(verb, url, scope, headers, data) as response:
                if response.status == 401:
                    raise self.authorizer.refused(await _said(response))
                yield response
        except aiohttp.ClientConnectorError as error:
            raise self._unreachable(error) from error

    def _send(
        self, verb: str, url: URL, scope: str, headers: dict[str, str] | None, data: Any
    ) -> Any:
        sent = dict(headers or {})
        known = self.authorizer.header(scope)
        if known and url.host == URL(f"{self._root}/").host:  # uploads may go elsewhere
            sent["Authorization"] = known
        body = data() if callable(data) else data
        return self.http.request(verb, url, headers=sent, data=body, proxy=_proxy(url))

    async def _expect(self, response: aiohttp.ClientResponse, status: int) -> None:
        if response.status == status:
            return
        raise Failure(
            t("{registry} refuses: {reason}", registry=self.name, reason=await _said(response)),
            remedy=t("it needs the right to push there, and the repository may have to be made")
            if response.status in (403, 404)
            else t("try again later, or ask who runs the registry"),
            code=NOT_SUCCEEDED,
        )

    async def _wait(self, tried: int, error: Exception, what: str) -> None:
        if tried + 1 < _TRIES:
            await asyncio.sleep(self.pause(tried))
            return
        raise Failure(
            t(
                "{registry} broke off the {what}: {reason}",
                registry=self.name,
                what=what,
                reason=str(error) or type(error).__name__,
            ),
            remedy=t("run it again: layers that have arrived are not sent again"),
            code=NOT_SUCCEEDED,
        ) from error

    def _unreachable(self, error: aiohttp.ClientConnectorError) -> Failure:
        reason = str(error.os_error)
        if error.os_error.errno and not isinstance(error, aiohttp.ClientSSLError):
            reason = os.strerror(abs(error.os_error.errno))
        return Failure(
            t("cannot reach {registry}: {reason}", registry=self._root, reason=reason),
            remedy=t("check its name and port; --plain-http is for registries without TLS"),
            code=NOT_SUCCEEDED,
        )

    def _damaged(self, digest: str) -> Failure:
        return Failure(
            t("{registry} sent other bytes than {digest}", registry=self.name, digest=digest),
            remedy=t("try again; if it persists, the registry or a proxy before it is broken"),
            code=NOT_SUCCEEDED,
        )

    @property
    def _root(self) -> str:
        host = _HUB_HOST if self.name == HUB else self.name
        return f"{'http' if self.is_plain else 'https'}://{host}"

    def _url(self, repository: str, rest: str) -> URL:
        return URL(f"{self._root}/v2/{repository}/{rest}")


@dataclass(slots=True)
class _Progress:
    bytes: int = 0


class _TryAgain(Exception):
    """A status that may pass."""


async def _pieces(file: BinaryIO, sent: _Progress) -> AsyncIterator[bytes]:
    """The whole file, from its start."""
    file.seek(0)
    sent.bytes = 0
    while piece := await asyncio.to_thread(file.read, _PIECE):
        yield piece
        sent.bytes += len(piece)


async def _said(response: aiohttp.ClientResponse) -> str:
    """The status, and the registry's own words if there are some."""
    line = f"{response.status} {response.reason}"
    try:
        answer = await response.json(content_type=None)
        errors = [f"{each['code']} {each.get('message', '')}".strip() for each in answer["errors"]]
    except (ValueError, KeyError, TypeError, aiohttp.ClientError):
        return line
    return f"{line} ({'; '.join(errors)})" if errors else line


def _scope(repository: str, *, is_pushing: bool = False) -> str:
    return f"repository:{repository}:pull" + (",push" if is_pushing else "")


def _proxy(url: URL) -> str | None:
    """The proxy that the environment names. aiohttp's own way would read logins from .netrc."""
    if url.host is None or is_loopback(url.authority) or proxy_bypass(url.host):
        return None
    return getproxies().get(url.scheme)
