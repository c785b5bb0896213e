"""How a call of an API shows who it is, as EventBridge's connections do it. Pure.

What is secret here is in no representation of a value, and is taken out of what an API answers.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from yarl import URL

from asw.asl.values import from_text, to_text
from asw.connector.http.requests import BadRequest, HttpRequest, Pairs, form_of, url_of

_SHORTEST_SECRET: Final = 6
"""Shorter texts are in every answer by chance."""
REDACTED: Final = "[redacted]"
_EARLY_SECONDS: Final = 30
"""A token is not used for the last seconds of its life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basic:
    """User and password (RFC 7617)."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A header with a secret value."""

    header: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """Client credentials (RFC 6749, 4.4), by which ``endpoint`` gives a token.

    ``in_body`` sends them among ``form``, else by Basic.
    """

    endpoint: str
    client_id: str
    client_secret: str = field(repr=False)
    form: Pairs = ()
    in_body: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A URL that is secret as a whole: who knows it may call it."""

    url: str = field(repr=False)


Authorization: TypeAlias = Basic | ApiKey | OAuth | Whole


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and for how many seconds it may be used; None if nobody said."""

    text: str = field(repr=False)
    seconds: float | None


class NoToken(Exception):
    """The answer for a token has none; the message says why."""


def header_of(authorization: Basic | ApiKey) -> tuple[str, str]:
    """The header that authorizes a request."""
    if isinstance(authorization, ApiKey):
        return authorization.header, authorization.value
    return "Authorization", _basic(authorization.username, authorization.password)


def whole_url(request: HttpRequest, authorization: Whole) -> URL:
    """Where a request goes that says the origin alone. Raises BadRequest, without the secret."""
    asked = request.url
    if asked.raw_path != "/" or asked.raw_query_string:
        raise BadRequest(
            "ApiEndpoint must be an origin such as https://hooks.example, without path and query:"
            " they are in the Secret of the Connection"
        )
    url = url_of(authorization.url)
    if url is None or url.origin() != asked.origin():
        raise BadRequest(f"the URL in the Secret of the Connection is not at {asked.origin()}")
    return url


def bearer(token: Token) -> tuple[str, str]:
    """The same for a token."""
    return "Authorization", f"Bearer {token.text}"


def token_body(authorization: OAuth) -> bytes:
    """The form that asks for a token."""
    given = dict(authorization.form)
    form = {"grant_type": "client_credentials", **given}
    if authorization.in_body:
        form["client_id"] = authorization.client_id
        form["client_secret"] = authorization.client_secret
    return form_of(form.items())


def token_headers(request: HttpRequest, authorization: OAuth) -> Pairs:
    """The headers of the request for a token."""
    if authorization.in_body:
        return request.headers
    told = _basic(authorization.client_id, authorization.client_secret)
    return request.with_header("Authorization", told)


def read_token(status: int, data: bytes) -> Token:
    """The token in an answer. Raises NoToken."""
    if not 200 <= status < 300:
        raise NoToken(f"it answered {status}")
    try:
        answer = from_text(data.decode())
    except ValueError:
        answer = None
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not token.isprintable() or not token:
        raise NoToken("its answer has no access_token")
    lives = answer.get("expires_in")
    is_number = isinstance(lives, int | float) and not isinstance(lives, bool)
    return Token(token, max(0.0, float(lives) - _EARLY_SECONDS) if is_number else None)


def secrets_of(authorization: Authorization | None) -> tuple[str, ...]:
    """What must not be shown, in each of its spellings."""
    match authorization:
        case Basic(username=username, password=password):
            return spellings(password, _encoded(username, password))
        case ApiKey(value=value):
            return spellings(value)
        case OAuth(client_id=client_id, client_secret=secret):
            return spellings(secret, _encoded(client_id, secret))
        case Whole(url=text):
            url = url_of(text)
            return spellings(text) if url is None else spellings(text, str(url), url.raw_path_qs)
    return ()


def spellings(*secrets: str) -> tuple[str, ...]:
    """As they are, and as JSON writes them; the longest first, since one may hold another."""
    found = {it for secret in secrets for it in (secret, to_text(secret)[1:-1])}
    return tuple(sorted((it for it in found if len(it) >= _SHORTEST_SECRET), key=len, reverse=True))


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets."""
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    return text


def _basic(name: str, secret: str) -> str:
    return f"Basic {_encoded(name, secret)}"


def _encoded(name: str, secret: str) -> str:
    return base64.b64encode(f"{name}:{secret}".encode()).decode()
