"""What is open to the places that calls go to: opened once, and closed when it is replaced."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Named(Protocol):
    """An access: where calls go, and as whom."""

    @property
    def name(self) -> str:
        """The name of its Connection."""


A = TypeVar("A", bound=Named)
P = TypeVar("P")


@dataclass(slots=True)
class _Held(Generic[P]):
    place: P
    users: int = 0
    is_retired: bool = False


class Kept(Generic[A, P]):
    """One place for each access.

    An access takes the place of another one of its name, whose calls that are under way end as
    they would have: so credentials change.
    """

    def __init__(self, opened: Callable[[A], P], close: Callable[[P], Awaitable[None]]) -> None:
        self._opened = opened
        self._close = close
        self._held: dict[A, _Held[P]] = {}

    @asynccontextmanager
    async def use(self, access: A) -> AsyncIterator[P]:
        """The place, which is open until the block ends."""
        retired: list[_Held[P]] = []
        if access not in self._held:
            made = _Held(self._opened(access))
            replaced = [it for it in self._held if it.name == access.name]
            retired = [self._held.pop(it) for it in replaced]
            self._held[access] = made
        held = self._held[access]
        held.users += 1
        try:
            for each in retired:
                each.is_retired = True
                await self._close_if_over(each)
            yield held.place
        finally:
            held.users -= 1
            await self._close_if_over(held)

    async def close(self) -> None:
        """Close all; calls that are under way fail."""
        held, self._held = list(self._held.values()), {}
        await asyncio.gather(*(self._close(it.place) for it in held))

    async def _close_if_over(self, held: _Held[P]) -> None:
        if held.is_retired and not held.users:
            await self._close(held.place)
