"""Jobs that have to go, and whose tasks' logs are kept first: nothing waits for that."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.reconciler.platform import NotActingError, PlatformError


class Tails(Protocol):
    """Keeps logs of tasks, before their Jobs are removed."""

    def is_open(self, place: TaskKey) -> bool:
        """Whether there is something to keep."""

    async def before_removal(self, place: TaskKey) -> None:
        """Return once it is kept, or will never be: within seconds."""


@dataclass(slots=True)
class Departures:
    """``tails`` is set where logs are kept; ``wake`` hears of tasks whose Jobs went later."""

    tails: Tails | None = None
    wake: Callable[[TaskKey], None] = lambda _: None
    _leaving: dict[TaskKey, asyncio.Task[None]] = field(default_factory=dict)

    async def before(self, place: TaskKey) -> None:
        """Wait until the Job may be deleted."""
        if self.tails is not None:
            await self.tails.before_removal(place)

    def postpones(self, place: TaskKey, delete: Callable[[], Awaitable[None]]) -> bool:
        """Whether it is deleted later, which is seen to here. If that fails, nobody is told.

        Cancels are repeated for as long as their tasks are there.
        """
        if place not in self._leaving:
            if self.tails is None or not self.tails.is_open(place):
                return False
            self._leaving[place] = asyncio.create_task(self._leave(place, delete))
        return True

    async def _leave(self, place: TaskKey, delete: Callable[[], Awaitable[None]]) -> None:
        try:
            with contextlib.suppress(PlatformError, NotActingError):
                await delete()
        finally:
            del self._leaving[place]
        self.wake(place)
