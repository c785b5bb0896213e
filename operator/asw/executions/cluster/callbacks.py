"""Reports on callbacks to ``asw serve``: at its address, or through the API server's proxy.

Through the proxy nothing of the network needs to be known: it takes the right to list Services and
to ``create`` on ``services/proxy`` where the operator is installed. The token is in the body alone.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from asw.asl.values import Json, from_text, to_text
from asw.executions.cluster.access import open_access
from asw.executions.cluster.connecting import find_place, reach
from asw.executions.target import Target
from asw.exits import BAD_INPUT, NO_CLUSTER, NOT_FOUND, NOT_SUCCEEDED
from asw.failures import Failure
from asw.messages import t
from asw.platforms.kubernetes.client.connection import tls_trusting
from asw.platforms.kubernetes.client.resources import SERVICES

_OF_SERVE: Final = "app.kubernetes.io/part-of=asw,app.kubernetes.io/component=serve"
_SECONDS: Final = 30.0
_Answer = tuple[int, Mapping[str, Json]]


class NoServe(Failure):
    """There is no ``asw serve`` there."""


class BrokenOff(Failure):
    """The answer began, and did not arrive as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Of an answer: seconds until it begins and until it is there, and its bytes."""

    begins: float | None = None
    seconds: float = _SECONDS
    longest: int = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where ``asw serve`` is: at its ``url``, trusted by ``ca``, else in the target's cluster."""

    url: str | None
    ca: Path | None
    target: Target


async def report(address: Address, what: str, said: Mapping[str, Json]) -> None:
    """Report success, failure or heartbeat. Raises Failure, with AWS's name of the error."""
    status, answer = await ask(address, f"/v1/callbacks/{what}", said)
    if status != 200:
        raise _refused(status, answer)


async def ask(
    address: Address, path: str, said: Mapping[str, Json], *, seconds: float = _SECONDS
) -> _Answer:
    """Status and object of the answer of ``asw serve``. Raises Failure if there is none."""
    status, content = await fetch(address, path, said, Bounds(seconds=seconds))
    return status, object_in(content)


def object_in(content: bytes) -> Mapping[str, Json]:
    """The object of an answer; an empty one if it is something else."""
    try:
        answer = from_text(content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


async def fetch(
    address: Address, path: str, said: Mapping[str, Json], bounds: Bounds
) -> tuple[int, bytes]:
    """Status and bytes of the answer. Raises Failure, BrokenOff."""
    if address.url is None:
        return await _through_the_api_server(address.target, path, said, bounds)
    timeout = aiohttp.ClientTimeout(total=bounds.seconds, sock_connect=10)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
        url = address.url.rstrip("/") + path
        return await _posted(session, url, said, bounds, ssl=_trusted(address.ca))


async def _through_the_api_server(
    target: Target, path: str, said: Mapping[str, Json], bounds: Bounds
) -> tuple[int, bytes]:
    async with open_access(target) as access:
        namespace = access.place.namespace
        found = await access.list(SERVICES, namespace, labels=_OF_SERVE)
    if not found:
        raise NoServe(
            t("no asw serve in namespace {namespace}", namespace=namespace),
            remedy=t("name the namespace of the operator with -n, or its address with --url"),
            code=NOT_FOUND,
        )
    name = found[0]["metadata"]["name"]
    connection = reach(target, find_place(target))
    proxy = SERVICES.path(namespace, f"https:{name}:https/proxy{path}")
    async with connection.session(limit=1, timeout=bounds.seconds) as session:
        return await _posted(session, connection.server + proxy, said, bounds)


async def _posted(
    session: aiohttp.ClientSession, url: str, said: Mapping[str, Json], bounds: Bounds, **more: Any
) -> tuple[int, bytes]:
    headers = {"Content-Type": "application/json"}
    body = to_text(dict(said)).encode()
    kind = Failure
    try:
        async with asyncio.timeout(bounds.begins):
            response = await session.post(
                url, data=body, headers=headers, allow_redirects=False, **more
            )
        kind = BrokenOff
        async with response:
            content = b"".join([part async for part in _parts(response, bounds.longest)])
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise kind(
            t("asw serve does not answer: {fault}", fault=type(error).__name__),
            remedy=t("check --url, and --ca if its authority is one of your own"),
            code=NO_CLUSTER,
        ) from error
    return response.status, content


async def _parts(response: aiohttp.ClientResponse, longest: int) -> AsyncIterator[bytes]:
    """The body. Raises ValueError if it is longer than that."""
    async for part in response.content.iter_any():
        longest -= len(part)
        if longest < 0:
            raise ValueError("the answer is too long")
        yield part


def _trusted(ca: Path | None) -> ssl.SSLContext | bool:
    if ca is None:
        return True
    try:
        return tls_trusting(file=str(ca))
    except (OSError, ssl.SSLError) as error:
        raise Failure(
            t("cannot read {place}: {fault}", place=ca, fault=error),
            remedy=t("--ca takes a file with certificates in PEM"),
            code=BAD_INPUT,
        ) from error


def _refused(status: int, answer: Mapping[str, Json]) -> Failure:
    """The error in words: AWS's, or the API server's own."""
    code = answer.get("__type")
    told = {
        "InvalidToken": (
            t("InvalidToken: this is no token of a callback"),
            t("give the whole text of $$.Task.Token"),
            BAD_INPUT,
        ),
        "TaskDoesNotExist": (
            t("TaskDoesNotExist: no execution has made this token"),
            t("its execution may be deleted, or belong to another cluster"),
            NOT_FOUND,
        ),
        "TaskTimedOut": (
            t("TaskTimedOut: the Task waits no more"),
            t("it was answered, timed out or stopped; asw history shows which"),
            NOT_SUCCEEDED,
        ),
    }.get(str(code))
    if told is not None:
        return Failure(told[0], remedy=told[1], code=told[2])
    message = answer.get("message", "")
    if code == "ValidationException":
        said = t("the report is not valid: {fault}", fault=message)
        return Failure(said, remedy="asw callback --help", code=BAD_INPUT)
    if status in (401, 403):
        return Failure(
            t("the cluster refuses it: {fault}", fault=message),
            remedy=t("you need the right to create services/proxy there; or use --url"),
            code=NO_CLUSTER,
        )
    return Failure(
        t("asw serve takes no reports now (status {status})", status=status),
        remedy=t("report again in a moment"),
        code=NO_CLUSTER,
    )
