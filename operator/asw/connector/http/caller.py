"""Sends the requests of ``http:invoke``: where its Connection allows, with its credentials."""

import asyncio
from dataclasses import replace
from typing import Final, Self

from yarl import URL

from asw import __version__
from asw.asl.errors import ADDRESS_REFUSED, NO_CREDENTIALS
from asw.asl.values import Json
from asw.connector.addresses import (
    AddressRefused,
    is_loopback,
    named_networks,
)
from asw.connector.calls import Failed, Outcome
from asw.connector.http import answers
from asw.connector.http.access import LONGEST_SECONDS, HttpAccess
from asw.connector.http.answers import HttpAnswer, outcome_of
from asw.connector.http.authorization import (
    ApiKey,
    Basic,
    NoToken,
    OAuth,
    Token,
    Whole,
    bearer,
    header_of,
    read_token,
    secrets_of,
    token_body,
    token_headers,
    whole_url,
)
from asw.connector.http.exchange import send
from asw.connector.http.requests import BadRequest, HttpRequest, Pairs, http_request
from asw.connector.kept import Kept
from asw.connector.pace import Pace
from asw.connector.sessions import NoAnswer, TooLarge, open_session

AT_A_TIME: Final = 500
"""Calls of one HttpAccess that are under way at the same time; others wait for their turn."""
_UNAUTHORIZED: Final = 401
_FORM: Final = ("Content-Type", "application/x-www-form-urlencoded")
_DEFAULTS: Final = (
    ("User-Agent", f"asw/{__version__}"),
    ("Range", f"bytes=0-{answers.MOST_BYTES}"),  # as AWS sends it
)


class HttpCaller:
    """Calls APIs. Use as an async context manager."""

    def __init__(self) -> None:
        self._places: Kept[HttpAccess, _Place] = Kept(_Place, _Place.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; calls that are under way fail."""
        await self._places.close()

    async def make(self, parameters: Json, access: HttpAccess) -> Outcome:
        """Make the call. What goes wrong is an outcome, too."""
        try:
            request = http_request(parameters)
            _check_place(request.url, access)
            if isinstance(access.authorization, Whole):
                request = replace(request, url=whole_url(request, access.authorization))
        except BadRequest as bad:
            return answers.unfit(str(bad))
        async with self._places.use(access) as place:
            return await place.make(request)


class _Place:
    """One HttpAccess: its connections, its pace, its token."""

    def __init__(self, access: HttpAccess) -> None:
        self._access = access
        self._named = named_networks(access.endpoint, access.allowed)
        self._secrets = secrets_of(access.authorization)
        self._pace = Pace(access.calls_per_second)
        self._room = asyncio.Semaphore(AT_A_TIME)
        self._asking = asyncio.Lock()
        self._token: tuple[Token, float] | None = None
        self._session = open_session(
            named=self._named,
            ca=access.ca,
            connect_seconds=access.connect_seconds,
            limit=AT_A_TIME,
        )

    async def close(self) -> None:
        """End all connections."""
        await self._session.close()

    async def make(self, request: HttpRequest) -> Outcome:
        """Make the call within its time, which begins when it is sent."""
        seconds = min(self._access.call_seconds, LONGEST_SECONDS)
        async with self._room:
            await self._pace.turn()
            try:
                async with asyncio.timeout(seconds):
                    return await self._authorized(request)
            except TimeoutError:
                return answers.no_answer(f"The HTTP task timed out after {seconds:g} seconds")
            except TooLarge:
                return answers.too_large()
            except AddressRefused as refused:
                return Failed(error=ADDRESS_REFUSED, cause=str(refused))
            except NoAnswer as error:
                return answers.no_answer(str(error))
            except NoToken as error:
                told = f"Connection {self._access.name} got no token: {error}"
                return Failed(error=NO_CREDENTIALS, cause=told)

    async def _authorized(self, request: HttpRequest) -> Outcome:
        given = self._access.authorization
        if not isinstance(given, OAuth):
            headers = request.headers
            if isinstance(given, Basic | ApiKey):
                headers = request.with_header(*header_of(given))
            return outcome_of(await self._send(request, headers), self._secrets)
        token = await self._fresh_token(given)
        answer = await self._send(request, request.with_header(*bearer(token)))
        if answer.status == _UNAUTHORIZED:  # it was revoked, perhaps: nothing was done
            self._forget(token)
            token = await self._fresh_token(given)
            answer = await self._send(request, request.with_header(*bearer(token)))
        return outcome_of(answer, (token.text, *self._secrets))

    async def _fresh_token(self, given: OAuth) -> Token:
        """A token that may be used, asked for once by all who wait. Raises NoToken."""
        async with self._asking:
            now = asyncio.get_running_loop().time()
            if self._token is not None and now < self._token[1]:
                return self._token[0]
            asked = HttpRequest(
                method="POST", url=URL(given.endpoint), headers=(_FORM,), body=token_body(given)
            )
            answer = await self._send(asked, token_headers(asked, given))
            token = read_token(answer.status, answer.data)
            if token.seconds is not None:
                self._token = (token, now + token.seconds)
            return token

    def _forget(self, token: Token) -> None:
        if self._token is not None and self._token[0] == token:
            self._token = None

    async def _send(self, request: HttpRequest, headers: Pairs) -> HttpAnswer:
        """Send the request and read the answer. Raises NoAnswer, TooLarge and AddressRefused."""
        given = {name.lower() for name, _ in headers}
        more = (it for it in _DEFAULTS if it[0].lower() not in given)
        whole = replace(request, headers=(*headers, *more))
        most_bytes = answers.MOST_BYTES + 1
        return await send(self._session, whole, named=self._named, most_bytes=most_bytes)


def _check_place(url: URL, access: HttpAccess) -> None:
    """Raise BadRequest unless the Connection lets a call go there."""
    if access.endpoint is not None:
        if url.origin() != URL(access.endpoint).origin():
            raise BadRequest(
                f"ApiEndpoint must be at {access.endpoint}, as Connection {access.name} says"
            )
    elif url.scheme != "https" and not is_loopback(url.host or ""):
        raise BadRequest(
            f"ApiEndpoint must be https, unless spec.endpoint of Connection {access.name} is http"
        )
