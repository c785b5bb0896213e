"""Who may poll an activity, make a link or read the archive: the API server knows who and what.

A yes is kept for a while, so that a worker costs two questions in half a minute; a no is not. How
often one address may ask is bounded, and how many questions are open at a time.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, NamedTuple

import aiohttp

from asw.api.names import GROUP
from asw.platforms.kubernetes.client.connection import Connection
from asw.platforms.kubernetes.results.callback_reports import ReportRefused, throttled
from asw.platforms.kubernetes.results.polls import Place
from asw.reconciler.platform import Unavailable
from asw.serve.rates import Rates

KEPT_SECONDS: Final = 30.0
MOST_KEPT: Final = 2000
LONGEST_TOKEN: Final = 16_384
_AT_A_TIME: Final = 8
_MOST_WAITING: Final = 64
_SECONDS: Final = 5.0
_TOKENS: Final = ("authentication.k8s.io/v1", "TokenReview", "tokenreviews")
_ACCESS: Final = ("authorization.k8s.io/v1", "SubjectAccessReview", "subjectaccessreviews")

User = Mapping[str, Any]
"""Who somebody is, as a TokenReview tells it."""
Ask = Callable[[tuple[str, str, str], Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""The status of a review of this kind with this spec."""


class Access(NamedTuple):
    """What a role may allow. No namespace means all of them, no name all objects."""

    verb: str
    resource: str
    namespace: str
    name: str = ""
    group: str = GROUP
    subresource: str = ""

    @property
    def attributes(self) -> Mapping[str, str]:
        """As a SubjectAccessReview has them."""
        return {name: it for name, it in self._asdict().items() if it or name != "subresource"}

    def __str__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        resource = "/".join(filter(None, (self.resource, self.subresource)))
        group = f" of group {self.group}" if self.group else ""
        where = f"namespace {self.namespace!r}" if self.namespace else "all namespaces"
        return f"{self.verb} {resource}{name}{group} in {where}"


def asking(connection: Connection) -> Ask:
    """Asks the API server. Raises Unavailable."""

    async def ask(kind: tuple[str, str, str], spec: Mapping[str, Any]) -> Mapping[str, Any]:
        version, name, plural = kind
        url = f"{connection.server}/apis/{version}/{plural}"
        body = {"apiVersion": version, "kind": name, "spec": spec}
        try:
            async with (
                connection.session(limit=1, timeout=_SECONDS) as session,
                session.post(url, json=body, allow_redirects=False) as response,
            ):
                answer = await response.json()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Unavailable("the API server does not answer") from error
        if response.status != 201 or not isinstance(answer.get("status"), dict):
            raise Unavailable(f"the API server does not answer {plural}: {response.status}")
        status: Mapping[str, Any] = answer["status"]
        return status

    return ask


@dataclass(slots=True, kw_only=True)
class Reviews:
    """Answers who the bearer of a token is, and what they may."""

    ask: Ask
    clock: Callable[[], float] = monotonic
    rates: Rates = field(default_factory=lambda: Rates(per_second=5.0, burst=50.0))
    _kept: OrderedDict[tuple[bytes, Access], float] = field(default_factory=OrderedDict)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_A_TIME))
    _waiting: int = 0

    async def require(self, token: str, place: Place, address: str) -> None:
        """Raise ReportRefused if the bearer may not poll, and Unavailable if nobody can tell."""
        namespace, name = place
        await self.require_access(token, Access("poll", "activities", namespace, name), address)

    async def require_access(self, token: str, wanted: Access, address: str) -> None:
        """The same of any access."""
        now, known = self.clock(), (hashlib.sha256(token.encode()).digest(), wanted)
        if self._kept.get(known, now) > now:
            return
        user = await self.who(token, address)
        if not await self.may(user, wanted.attributes):
            role = "Role there" if wanted.namespace else "ClusterRole"
            raise ReportRefused(
                "AccessDeniedException",
                f"{user['username']} may not {wanted}: a {role} must allow the verb {wanted.verb}",
                403,
            )
        self._kept[known] = self.clock() + KEPT_SECONDS
        self._kept.move_to_end(known)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    async def who(self, token: str, address: str) -> User:
        """Who the bearer is. Raises ReportRefused if nobody, Unavailable if nobody can tell."""
        if not self.rates.take(address, self.clock()):
            raise throttled()
        found = await self._asked(_TOKENS, {"token": token})
        user: User = found.get("user") or {}
        if not found.get("authenticated") or not user.get("username"):
            raise ReportRefused(
                "UnrecognizedClientException", "token: the cluster does not know it", 401
            )
        return user

    async def may(self, user: User, attributes: Mapping[str, str]) -> bool:
        """Whether RBAC allows the user this. Raises Unavailable."""
        spec = {
            "user": user["username"],
            "groups": user.get("groups") or [],
            "uid": user.get("uid", ""),
            "extra": user.get("extra") or {},
            "resourceAttributes": attributes,
        }
        return (await self._asked(_ACCESS, spec)).get("allowed") is True

    async def _asked(
        self, kind: tuple[str, str, str], spec: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if self._waiting >= _MOST_WAITING:
            raise Unavailable("too many people and workers are looked at")
        self._waiting += 1
        try:
            async with self._places:
                return await self.ask(kind, spec)
        finally:
            self._waiting -= 1
