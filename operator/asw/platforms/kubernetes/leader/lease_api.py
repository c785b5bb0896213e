"""The requests of Leases, synchronous: for a thread of their own.

Whatever answers, the API server or a balancer in front of it, the result is a Lease, a list of
Leases, or a PlatformError. An answer may be cut within a character, be no JSON, or be JSON of
something else.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3
from pydantic import BaseModel, Field, ValidationError

from asw.platforms.kubernetes.client.connection import USER_AGENT, Connection, NoConnection
from asw.platforms.kubernetes.client.errors import Stranger, error_of
from asw.platforms.kubernetes.client.resources import LEASES
from asw.reconciler.platform import Unavailable

REQUEST_SECONDS = 4.0
"""A renewal that takes longer is tried again: twice within the deadline."""
LARGEST_LEASE = 4 * 1024 * 1024
"""Bytes read of one: API servers take no more, and tenants write Leases as well."""
LISTED_AT_ONCE = 8
"""So few that a tenant's large ones cannot keep the others from being read."""
SHOWN_CHARACTERS = 300

_CHUNK = 64 * 1024


class _Metadata(BaseModel):
    name: str
    resourceVersion: str = Field(min_length=1)  # noqa: N815  as Kubernetes spells it
    annotations: dict[str, str] | None = None


class _Spec(BaseModel):
    holderIdentity: str | None = None  # noqa: N815
    leaseDurationSeconds: int | None = Field(default=None, gt=0)  # noqa: N815
    leaseTransitions: int | None = Field(default=None, ge=0)  # noqa: N815
    acquireTime: str | None = None  # noqa: N815


class _Shape(BaseModel):
    """The fields of a Lease that are read here; others are kept as they are."""

    metadata: _Metadata
    spec: _Spec | None = None


class _Listed(_Metadata):
    namespace: str


class _Item(_Shape):
    metadata: _Listed


class _Part(BaseModel):
    more: str | None = Field(default=None, alias="continue")


class _Page(BaseModel):
    metadata: _Part
    items: list[_Item] | None


@dataclass(frozen=True, slots=True)
class _Form:
    """What an answer must be to count, and how many bytes of it are read."""

    name: str
    shape: type[BaseModel]
    most: int


_LEASE = _Form("Lease", _Shape, LARGEST_LEASE)
_PAGE = _Form("list of Leases", _Page, LISTED_AT_ONCE * LARGEST_LEASE)


class LeaseApi:
    """Implements the port ``Leases``; a request may take ``seconds``."""

    def __init__(self, connection: Connection, seconds: float = REQUEST_SECONDS) -> None:
        self._connection = connection
        self._seconds = seconds
        self._pool = urllib3.PoolManager(
            ssl_context=connection.tls,
            timeout=urllib3.Timeout(total=seconds),
            retries=False,
            maxsize=1,
        )

    def get(self, namespace: str, name: str) -> Mapping[str, Any]:
        """The Lease. Raises NotFound."""
        return self._request("GET", LEASES.path(namespace, name))

    def named(self, name: str) -> Iterator[Mapping[str, Any]]:
        """The Leases of this name, in all namespaces."""
        query = {"fieldSelector": f"metadata.name={name}", "limit": str(LISTED_AT_ONCE)}
        while True:
            page = self._request("GET", f"{LEASES.path(None)}?{urlencode(query)}", form=_PAGE)
            yield from page["items"] or ()
            if not (more := page["metadata"].get("continue")):
                return
            query["continue"] = more

    def create(self, namespace: str, lease: Mapping[str, Any]) -> Mapping[str, Any]:
        """Create the Lease. Raises AlreadyExists."""
        return self._request("POST", LEASES.path(namespace), lease)

    def replace(self, namespace: str, lease: Mapping[str, Any]) -> Mapping[str, Any]:
        """Replace the Lease in the version that it names. Raises Conflict, NotFound."""
        path = LEASES.path(namespace, lease["metadata"]["name"])
        return self._request("PUT", path, lease)

    def _request(
        self, method: str, path: str, body: Any = None, *, form: _Form = _LEASE
    ) -> Mapping[str, Any]:
        try:
            status, text = self._exchange(method, path, body, form.most)
        except (urllib3.exceptions.HTTPError, OSError, NoConnection) as error:
            raise Unavailable(f"{method} {path}: {error}") from error
        if status >= 300:
            raise error_of(status, method, text, SHOWN_CHARACTERS)
        return _read_as(form, text, f"{method} {path}")

    def _exchange(self, method: str, path: str, body: Any, most: int) -> tuple[int, bytes]:
        """Status and text of the answer. A server that drips is given up like a silent one."""
        headers = {"User-Agent": USER_AGENT, "Content-Type": "application/json"}
        if value := self._connection.authorization():
            headers["Authorization"] = value
        until = time.monotonic() + self._seconds
        answer = self._pool.request(
            method,
            self._connection.server + path,
            headers=headers,
            body=None if body is None else json.dumps(body).encode(),
            preload_content=False,
            redirect=False,
        )
        try:
            return answer.status, self._read(answer, until, most)
        finally:
            answer.close()

    def _read(self, answer: urllib3.BaseHTTPResponse, until: float, most: int) -> bytes:
        text = bytearray()
        while chunk := answer.read1(_CHUNK):
            text += chunk
            if len(text) > most or time.monotonic() > until:
                raise TimeoutError("the answer does not end")
        return bytes(text)


def _read_as(form: _Form, text: bytes, asked: str) -> Mapping[str, Any]:
    """The content of the text. Raises Stranger if it does not have this form."""
    try:
        parsed: Mapping[str, Any] = json.loads(text)
        form.shape.model_validate(parsed, strict=True)
    except (ValidationError, ValueError, RecursionError) as error:
        shown = text[:SHOWN_CHARACTERS].decode(errors="replace")
        raise Stranger(f"{asked}: the answer is no {form.name}: {shown}") from error
    return parsed
