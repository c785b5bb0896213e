"""One object, followed by a watch: as it is, then as it is after each change, whatever breaks."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, TypeAlias

from asw.asl.values import JsonObject, from_text
from asw.connector.kubernetes.client import (
    WATCH_SECONDS,
    Answer,
    ClusterClient,
    Refused,
    Request,
    Stranger,
)
from asw.connector.kubernetes.kinds import Collection
from asw.connector.sessions import NoAnswer

State: TypeAlias = JsonObject | None
"""The object, None while there is none."""
_EXPIRED: Final = 410
_PASSING: Final = (408, 429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """Seconds between tries after something broke: the first, and the longest."""

    first: float = 0.5
    longest: float = 15.0


@dataclass(slots=True)
class Followed:
    """One object; ``trouble`` is why the server says nothing right now, empty if nothing is."""

    client: ClusterClient
    collection: Collection
    name: str
    pauses: Pauses
    trouble: str = ""

    async def states(self) -> AsyncGenerator[State]:
        """Every state that is seen, without end.

        Raises Refused, and only at first what else a client raises.
        """
        pause, version, has_begun = self.pauses.first, "", False
        while True:
            try:
                if not version:
                    state, version = await self._listed()
                    has_begun, self.trouble = True, ""
                    yield state
                async with aclosing(self._changes(version)) as changes:
                    async for since, state, is_told in changes:
                        version = since
                        pause, self.trouble = self.pauses.first, ""
                        if is_told:
                            yield state
                pause = self.pauses.first
            except _Expired:
                version, pause = "", self._longer(pause)
            except Refused as refused:
                if refused.answer.status not in _PASSING:
                    raise
                self.trouble = str(refused)
                pause = max(self._longer(pause), refused.answer.pause or 0)
            except (NoAnswer, Stranger, TimeoutError) as error:
                if not has_begun:
                    raise
                self.trouble = str(error) or "the server does not answer"
                pause = self._longer(pause)
            await asyncio.sleep(pause)

    def _longer(self, pause: float) -> float:
        return min(2 * pause, self.pauses.longest)

    def _request(self, *query: tuple[str, str]) -> Request:
        field = ("fieldSelector", f"metadata.name={self.name}")
        return Request(method="GET", path=self.collection.path, query=(field, *query))

    async def _listed(self) -> tuple[State, str]:
        """The object, and the version from which on it is watched."""
        page = (await self.client.ask(self._request(), "repeatable")).body
        try:
            items, version = page["items"] or [], page["metadata"]["resourceVersion"]
            return next(iter(items), None), str(version)
        except (TypeError, KeyError) as error:
            raise Stranger("the answer is no list of objects") from error

    async def _changes(self, since: str) -> AsyncGenerator[tuple[str, State, bool]]:
        """Version, state and whether it is one, until the watch ends. Raises _Expired."""
        request = self._request(
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(WATCH_SECONDS)),
            ("resourceVersion", since),
        )
        try:
            async with aclosing(self.client.lines(request)) as lines:
                async for line in lines:
                    if line.strip():
                        yield _event(line)
        except Refused as refused:
            if refused.answer.status == _EXPIRED:
                raise _Expired from refused
            raise


class _Expired(Exception):
    """The version is too old: look at everything again."""


def _event(line: bytes) -> tuple[str, State, bool]:
    try:
        event = from_text(line.decode())
        kind, item = event["type"], event["object"]
        if kind == "ERROR":
            raise _error(item)
        version = str(item["metadata"]["resourceVersion"])
    except (ValueError, TypeError, KeyError) as error:
        raise Stranger("an event of the watch cannot be read") from error
    return version, None if kind == "DELETED" else item, kind != "BOOKMARK"


def _error(status: JsonObject) -> Exception:
    code = int(status.get("code", 500))
    if code == _EXPIRED:
        return _Expired()
    data = str(status.get("message", "")).encode()
    return Refused(Answer(status=code, text="", headers=(), data=data))
