"""The API server over one aiohttp session: five verbs on plain dicts, errors as the port's.

Hot path of the operator, hence no typed models: a status write costs a tenth of what a generated
client takes. Answers to writes are asked for as metadata only, which spares both sides the rest.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

from asw.kubernetes.connection import Connection
from asw.kubernetes.errors import error_from_status
from asw.kubernetes.resources import Resource
from asw.reconciler.platform import Unavailable

Object = dict[str, Any]

CONNECTIONS = 100
TIMEOUT_SECONDS = 30.0
CHUNK = 100
THROTTLED_RETRIES = 3
LONGEST_PAUSE_SECONDS = 10.0

_METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"


class KubeClient:
    """See the module. ``writes`` counts requests that change something, by verb and kind."""

    def __init__(self, connection: Connection) -> None:
        self._server = connection.server
        self._session = connection.session(limit=CONNECTIONS, timeout=TIMEOUT_SECONDS)
        self.writes: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """One object. Raises NotFound."""
        return await self._request("GET", resource.path(namespace, name))

    async def list(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        labels: str | None = None,
        fields: str | None = None,
        is_metadata_enough: bool = False,
    ) -> AsyncIterator[Object]:
        """Every object that the selectors let through, fetched in chunks."""
        headers = {"Accept": _METADATA_LIST} if is_metadata_enough else None
        query = {"limit": str(CHUNK)}
        query |= {"labelSelector": labels} if labels else {}
        query |= {"fieldSelector": fields} if fields else {}
        while True:
            page = await self._request(
                "GET", resource.path(namespace), query=query, headers=headers
            )
            for item in page["items"]:
                yield item
            if not (more := page["metadata"].get("continue")):
                return
            query["continue"] = more

    async def create(self, resource: Resource, namespace: str, body: Mapping[str, Any]) -> Object:
        """Create an object; its metadata as stored. Raises AlreadyExists."""
        self.writes[f"create {resource.plural}"] += 1
        headers = {"Content-Type": "application/json", "Accept": _METADATA_ONLY}
        return await self._request("POST", resource.path(namespace), headers=headers, body=body)

    async def patch_status(
        self, resource: Resource, namespace: str, name: str, patch: Sequence[Mapping[str, Any]]
    ) -> Object:
        """Apply a JSON Patch to the status; the metadata as stored. Raises Conflict, NotFound."""
        self.writes[f"status {resource.plural}"] += 1
        headers = {"Content-Type": "application/json-patch+json", "Accept": _METADATA_ONLY}
        path = resource.path(namespace, name) + "/status"
        return await self._request("PATCH", path, headers=headers, body=patch)

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str | None = None
    ) -> None:
        """Delete an object and, in the background, what it owns. Raises NotFound.

        With ``uid`` only that very object: a namesake answers Conflict.
        """
        self.writes[f"delete {resource.plural}"] += 1
        options: dict[str, Any] = {"propagationPolicy": "Background"}
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        headers = {"Content-Type": "application/json", "Accept": _METADATA_ONLY}
        await self._request("DELETE", resource.path(namespace, name), headers=headers, body=options)

    async def _request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Object:
        data = None if body is None else dump(body)
        for _ in range(THROTTLED_RETRIES):
            status, answer, pause = await self._send(method, path, query, headers, data)
            if status != 429 or pause is None:
                break
            await asyncio.sleep(pause)
        if status >= 300:
            raise error_from_status(status, method, _message(answer))
        parsed: Object = orjson.loads(answer)
        return parsed

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        data: bytes | None,
    ) -> tuple[int, bytes, float | None]:
        url = self._server + path
        try:
            async with self._session.request(
                method, url, params=query, headers=headers, data=data
            ) as response:
                pause = _retry_after(response.headers.get("Retry-After"))
                return response.status, await response.read(), pause
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"{method} {path}: {error or type(error).__name__}") from error


def dump(body: Any) -> bytes:
    """The JSON text of a body; the standard library writes what orjson cannot (big integers)."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body).encode()


def _retry_after(value: str | None) -> float | None:
    if value is None or not value.isdigit():
        return None
    return min(float(value), LONGEST_PAUSE_SECONDS)


def _message(answer: bytes) -> str:
    try:
        parsed = orjson.loads(answer)
    except ValueError:
        return answer[:500].decode(errors="replace")
    return str(parsed.get("message") or parsed) if isinstance(parsed, dict) else str(parsed)
