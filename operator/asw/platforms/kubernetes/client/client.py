"""The API server over one aiohttp session: a few verbs on plain dicts, errors as the port's.

Hot path of the operator, hence no typed models: a status write costs a tenth of what a generated
client takes. Answers to writes are asked for as metadata only, which spares both sides the rest.

A client may be bound to a term of office (``guard``). Then it asks right before the first byte of
every write, wherever that waited: for a connection, for a throttling server, for this process to
go on. What was on its way when the term ended is given up by ``abort_writes``; a server that got
the whole of it all the same still checks its version, or knows the name of what it creates.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

from asw.platforms.kubernetes.client.connection import Connection
from asw.platforms.kubernetes.client.errors import (
    Refusal,
    Stranger,
    error_of,
    refusals_in,
    retry_after,
)
from asw.platforms.kubernetes.client.forms import METADATA, METADATA_LIST
from asw.platforms.kubernetes.client.lanes import LANE, own_lane
from asw.platforms.kubernetes.client.objects import dump
from asw.platforms.kubernetes.client.request import Request
from asw.platforms.kubernetes.client.resources import Resource, namespace_of
from asw.platforms.kubernetes.client.term import GuardedBody
from asw.reconciler.counters import CALL_SECONDS, Histogram
from asw.reconciler.places import Places
from asw.reconciler.platform import NotActingError, Unavailable

Object = dict[str, Any]

CONNECTIONS = 100
TIMEOUT_SECONDS = 30.0
CHUNK = 100
"""How many objects of a list are asked for at once, at the most."""
LIGHT_CHUNK = 500
"""The same of tables and of metadata, as kubectl asks for tables."""
FIRST_PART = 5
"""The first page is a fifth as long: who knows how large the objects are."""
PAGE_BYTES = 4 * 2**20
"""A page is to be no larger: parsed, it takes several times as much."""
THROTTLED_RETRIES = 3

_PATCHES = {"status": "json-patch+json", "merge": "merge-patch+json"}
_APPLY = "application/apply-patch+yaml"  # JSON is YAML


class KubeClient:
    """See the module.

    ``writes`` counts requests that change something, by verb and kind; ``withheld`` those that the
    guard refused. ``seconds`` says how long requests took, by verb and plural. Where it
    ``is_strict``, a write is refused that has a field which the CRDs do not know: without, the
    API server takes the object and drops the field.
    """

    def __init__(self, connection: Connection, *, is_strict: bool = False) -> None:
        self._checks = {"fieldValidation": "Strict"} if is_strict else None
        self._server = connection.server
        self._session = connection.session(
            limit=CONNECTIONS,
            timeout=TIMEOUT_SECONDS,
        )
        self.lanes = Places(LANE)
        self._streams = connection.session(limit=0, timeout=TIMEOUT_SECONDS)
        self._may_write: Callable[[str], bool] | None = None
        self._pending: set[asyncio.Timeout] = set()
        self.writes: Counter[str] = Counter()
        self.withheld = 0
        self.seconds: defaultdict[tuple[str, str], Histogram] = defaultdict(
            lambda: Histogram(CALL_SECONDS)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._session.close()
        await self._streams.close()

    def guard(self, may_write: Callable[[str], bool]) -> None:
        """From now on write in a namespace only while this says yes; else raise NotActingError."""
        self._may_write = may_write

    def abort_writes(self) -> None:
        """Give up every write that has no answer yet: it raises NotActingError."""
        now = asyncio.get_running_loop().time()
        for pending in self._pending:
            if not pending.expired():
                pending.reschedule(now)

    async def get(self, resource: Resource, namespace: str | None, name: str) -> Object:
        """One object; ``namespace`` None for what lies in none. Raises NotFound."""
        path = resource.path(namespace, name)
        return await self._request(
            Request(verb="get", plural=resource.plural, method="GET", path=path)
        )

    async def list(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        labels: str | None = None,
        fields: str | None = None,
        is_metadata_enough: bool = False,
    ) -> AsyncGenerator[Object]:
        """Every object that the selectors let through, fetched in chunks."""
        selectors = {"labelSelector": labels, "fieldSelector": fields}
        accept = METADATA_LIST if is_metadata_enough else None
        async for page in self.pages(resource, namespace, selectors, accept=accept):
            for item in page["items"] or ():  # null where a list of metadata is empty
                yield item

    async def pages(
        self,
        resource: Resource,
        namespace: str | None,
        selectors: Mapping[str, str | None],
        *,
        accept: str | None = None,
    ) -> AsyncIterator[Object]:
        """A list as the server hands it out: whole objects, or what ``accept`` asks instead."""
        most = CHUNK if accept is None else LIGHT_CHUNK
        limit = most // FIRST_PART
        query = {name: value for name, value in selectors.items() if value}
        while True:
            query["limit"] = str(limit)
            request = Request(
                verb="list",
                plural=resource.plural,
                method="GET",
                path=resource.path(namespace),
                query=query,
                headers=_accepting(accept),
            )
            answer = await self._answer(request)
            limit = max(1, min(most, limit * PAGE_BYTES // (len(answer) or 1)))
            page = _parsed(request, answer)
            del answer
            yield page
            if not (more := page["metadata"].get("continue")):
                return
            query["continue"] = more

    async def lines(
        self,
        path: str,
        query: Mapping[str, str],
        *,
        accept: str | None = None,
        silence: float | None = None,
    ) -> AsyncGenerator[bytes]:
        """The lines of an answer that may have no end: a watch's, a log's. Raises as ``get``.

        However many there are, they keep no connection from a request that ends. After so many
        seconds of ``silence`` one counts as broken; None: never.
        """
        rest = b""
        async with aclosing(self.chunks(path, query, accept=accept, silence=silence)) as chunks:
            async for data in chunks:
                *whole, rest = (rest + data).split(b"\n")
                for line in whole:
                    yield line
        if rest:
            yield rest

    async def chunks(
        self,
        path: str,
        query: Mapping[str, str],
        *,
        accept: str | None = None,
        silence: float | None = None,
    ) -> AsyncGenerator[bytes]:
        """The same as it arrives: a line of it may have no end either."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=silence)
        try:
            async with self._streams.get(
                self._server + path,
                params=query,
                headers=_accepting(accept),
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                if response.status >= 300:
                    answer = await response.read()
                    raise error_of(response.status, "GET", answer)
                async for data in response.content.iter_any():
                    yield data
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"GET {path}: {error or type(error).__name__}") from error

    async def create(self, resource: Resource, namespace: str, body: Mapping[str, Any]) -> Object:
        """Create an object; its metadata as stored. Raises AlreadyExists."""
        return await self._write("create", resource, "POST", resource.path(namespace), body)

    async def merge(
        self, resource: Resource, namespace: str, name: str, change: Mapping[str, Any]
    ) -> Object:
        """Apply a merge patch, which drops nulls; the metadata as stored. Raises NotFound."""
        return await self._write("merge", resource, "PATCH", resource.path(namespace, name), change)

    async def patch_status(
        self, resource: Resource, namespace: str, name: str, patch: Sequence[Mapping[str, Any]]
    ) -> Object:
        """Apply a JSON Patch to the status; the metadata as stored. Raises Conflict, NotFound."""
        path = resource.path(namespace, name) + "/status"
        return await self._write("status", resource, "PATCH", path, patch)

    async def replace_status(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        version: str,
        status: Mapping[str, Any],
    ) -> Object:
        """Replace the status of that version and nothing else; the metadata as stored.

        It takes the API server a fifth less time than a patch. Raises Conflict, NotFound.
        """
        fence = {"name": name, "namespace": namespace, "resourceVersion": version}
        kind = {"apiVersion": resource.api_version, "kind": resource.kind}
        body, path = {**kind, "metadata": fence, "status": status}, resource.path(namespace, name)
        return await self._write("status", resource, "PUT", f"{path}/status", body)

    async def dry_run(
        self, resource: Resource, namespace: str, body: Mapping[str, Any]
    ) -> Sequence[Refusal]:
        """Why the API server would not take the object, were it applied; nothing is stored.

        Schema and admission are asked. Raises NotFound where kind or namespace is not there, and
        Forbidden.
        """
        name = body["metadata"].get("name")
        request = Request(
            verb="dry-run",
            plural=resource.plural,
            method="POST" if name is None else "PATCH",
            path=resource.path(namespace, name),
            query={"dryRun": "All", "fieldValidation": "Strict", "fieldManager": "asw-validate"}
            | ({} if name is None else {"force": "true"}),
            headers={
                "Content-Type": "application/json" if name is None else _APPLY,
                "Accept": METADATA,
            },
            data=dump(body),
        )
        status, answer, _ = await self._send(request)
        if status in (400, 422) or (status == 500 and b"typed patch" in answer):
            return refusals_in(answer)
        if status >= 300:
            raise error_of(status, request.method, answer)
        return ()

    async def delete(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        uid: str | None = None,
        version: str | None = None,
    ) -> None:
        """Delete an object and, in the background, what it owns. Raises NotFound.

        With ``uid`` only that very object, with ``version`` only as it was then: anything else
        answers Conflict.
        """
        options: dict[str, Any] = {"propagationPolicy": "Background"}
        wanted = {"uid": uid, "resourceVersion": version}
        if conditions := {name: value for name, value in wanted.items() if value is not None}:
            options["preconditions"] = conditions
        await self._write("delete", resource, "DELETE", resource.path(namespace, name), options)

    async def delete_last(self, resource: Resource, namespace: str, name: str, *, uid: str) -> None:
        """Have an object deleted once nothing that it owns is there any more.

        Raises NotFound, and Conflict where another one has its name.
        """
        options = {"propagationPolicy": "Foreground", "preconditions": {"uid": uid}}
        await self._write("delete", resource, "DELETE", resource.path(namespace, name), options)

    async def apply(
        self, resource: Resource, namespace: str, body: Mapping[str, Any], *, manager: str
    ) -> Object:
        """Server-side apply, rehearsed by a manager ``-plan``; the metadata. Raises Refused."""
        rehearsed = {"dryRun": "All"} if manager.endswith("-plan") else {}
        request = Request(
            verb="rehearse" if rehearsed else "apply",
            plural=resource.plural,
            method="PATCH",
            path=resource.path(namespace, body["metadata"]["name"]),
            query={"fieldManager": manager, "force": "true", **rehearsed},
            headers={"Content-Type": _APPLY, "Accept": METADATA},
            data=dump(body),
        )
        return await self._request(request)

    async def _write(
        self, verb: str, resource: Resource, method: str, path: str, body: Any
    ) -> Object:
        kind = _PATCHES[verb] if method == "PATCH" else "json"
        request = Request(
            verb=verb,
            plural=resource.plural,
            method=method,
            path=path,
            query=self._checks,
            headers={"Content-Type": f"application/{kind}", "Accept": METADATA},
            data=dump(body),
        )
        self._require_term(path)
        self.writes[f"{verb} {resource.plural}"] += 1
        try:
            async with asyncio.timeout(None) as pending:
                self._pending.add(pending)
                try:
                    return await self._request(request)
                finally:
                    self._pending.discard(pending)
        except TimeoutError as error:
            raise NotActingError(f"{method} {path} was given up") from error

    def _require_term(self, path: str) -> None:
        if self._may_write is not None and not self._may_write(namespace_of(path)):
            self.withheld += 1
            raise NotActingError("the lease, or the claim of the namespace, is not ours")

    async def _request(self, request: Request) -> Object:
        return _parsed(request, await self._answer(request))

    async def _answer(self, request: Request) -> bytes:
        for _ in range(THROTTLED_RETRIES):
            status, answer, pause = await self._send(request)
            if status != 429 or pause is None:
                break
            await asyncio.sleep(pause)
        if status >= 300:
            raise error_of(status, request.method, answer)
        return answer

    async def _send(self, request: Request) -> tuple[int, bytes, float | None]:
        method, path = request.method, request.path
        began = time.perf_counter()
        try:
            async with (
                self.lanes.place(own_lane.get() or namespace_of(path)),
                self._session.request(
                    method,
                    self._server + path,
                    params=request.query,
                    headers=request.headers,
                    data=request.data and GuardedBody(request.data, self._require_term, path),
                    # API servers never redirect; whoever else is not to see the rest
                    allow_redirects=False,
                ) as response,
            ):
                pause = retry_after(response.headers.get("Retry-After"))
                return response.status, await response.read(), pause
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if isinstance(error.__cause__, NotActingError):
                raise error.__cause__ from None
            raise Unavailable(f"{method} {path}: {error or type(error).__name__}") from error
        finally:
            took = time.perf_counter() - began
            self.seconds[request.verb, request.plural].add(took)


def _parsed(request: Request, answer: bytes) -> Object:
    try:
        parsed: Object = orjson.loads(answer)
    except ValueError as error:
        raise Stranger(f"{request.method} {request.path}: the answer is no JSON") from error
    return parsed


def _accepting(accept: str | None) -> Mapping[str, str] | None:
    return None if accept is None else {"Accept": accept}
