"""What a registry wants in the header Authorization, learned from its challenges.

Source: distribution's token authentication (Bearer) and RFC 7617 (Basic).
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from asw.exits import NOT_SUCCEEDED
from asw.failures import Failure
from asw.images.credentials import Login, login_for
from asw.messages import t

_CLIENT: Final = "asw"
_PARAMETER: Final = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """A header WWW-Authenticate in its parts; ``scheme`` in lower case."""

    scheme: str
    parameters: dict[str, str]


def challenge_of(header: str) -> Challenge:
    """The parts of a header."""
    scheme, _, rest = header.partition(" ")
    found = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
    return Challenge(scheme.lower(), found)


@dataclass(slots=True)
class Authorizer:
    """Answers the challenges of one registry; what it learned serves the next requests."""

    registry: str
    http: aiohttp.ClientSession
    is_plain: bool
    headers: dict[str, str] = field(default_factory=dict)
    """By scope, since a token for one repository is none for another."""
    has_login: bool = False

    def header(self, scope: str) -> str:
        """What is known for this scope; empty before the first challenge."""
        return self.headers.get(scope, "")

    async def answer(self, header: str, scope: str) -> None:
        """Learn what a challenge asks for. Raises Failure."""
        challenge = challenge_of(header)
        login = login_for(self.registry)
        self.has_login = login is not None
        if challenge.scheme == "bearer" and challenge.parameters.get("realm"):
            token = await self._token(challenge, login, scope)
            self.headers[scope] = f"Bearer {token}"
        elif challenge.scheme == "basic" and login is not None and login.user:
            self.headers[scope] = login.basic
        else:
            raise self.refused(t("it asks for the scheme {scheme}", scheme=challenge.scheme))

    def refused(self, reason: str) -> Failure:
        """The failure for a login that is missing or is not accepted."""
        if not self.has_login:
            return Failure(
                t("{registry} asks for a login, and there is none", registry=self.registry),
                remedy=t("docker login {registry}", registry=self.registry),
                code=NOT_SUCCEEDED,
            )
        return Failure(
            t(
                "{registry} does not accept the login: {reason}",
                registry=self.registry,
                reason=reason,
            ),
            remedy=t(
                "docker login {registry}; it needs the right to push there", registry=self.registry
            ),
            code=NOT_SUCCEEDED,
        )

    async def _token(self, challenge: Challenge, login: Login | None, scope: str) -> str:
        realm = challenge.parameters["realm"]
        if not (realm.startswith("https://") or self.is_plain):
            raise Failure(
                t(
                    "{registry} wants its login sent in the clear: {realm}",
                    registry=self.registry,
                    realm=realm,
                ),
                remedy=t("--plain-http allows it"),
                code=NOT_SUCCEEDED,
            )
        asked = {"service": challenge.parameters.get("service", ""), "scope": scope}
        if login is not None and login.refresh_token:
            form = {**asked, "grant_type": "refresh_token", "client_id": _CLIENT}
            form["refresh_token"] = login.refresh_token
            request = self.http.post(realm, data=form)
        else:
            headers = {"Authorization": login.basic} if login is not None else {}
            request = self.http.get(realm, params=asked, headers=headers)
        async with request as response:
            answer: Any = None
            if response.status == 200:
                answer = await response.json(content_type=None)
            if isinstance(answer, dict):
                token = answer.get("token") or answer.get("access_token")
                if isinstance(token, str):
                    return token
            reason = f"{response.status} {response.reason}"
        raise self.refused(reason)
