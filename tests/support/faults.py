"""Faults on demand: what the n-th call of a method of the fake platform runs into."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Phase = Literal["before", "after"]
Act: TypeAlias = Callable[[], Awaitable[None] | None]
"""What happens at a call: it may raise, and the call waits for what it returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    method: str
    first: int
    last: int
    phase: Phase
    act: Act


class Faults:
    """Counts calls; plans name the calls that go wrong, counted from 1."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self._plans: list[_Plan] = []

    def fail(
        self,
        method: str,
        error: Exception,
        *,
        nth: int = 1,
        times: int = 1,
        phase: Phase = "before",
    ) -> None:
        """Raise the error; in phase ``after`` only the answer of a call that was done is lost."""

        def act() -> None:
            raise error.with_traceback(None)

        self.on(method, act, nth=nth, times=times, phase=phase)

    def on(
        self,
        method: str,
        act: Act,
        *,
        nth: int = 1,
        times: int = 1,
        phase: Phase = "before",
    ) -> None:
        """Call ``act`` at the n-th call, or once the call was done."""
        plan = _Plan(method=method, first=nth, last=nth + times - 1, phase=phase, act=act)
        self._plans.append(plan)

    async def before(self, method: str) -> int:
        """Count the call and let it run into what is planned; its number."""
        self.count[method] += 1
        number = self.count[method]
        await self._meet(method, number, "before")
        return number

    async def after(self, method: str, number: int) -> None:
        """Let the answer of the call be lost where that is planned."""
        await self._meet(method, number, "after")

    async def _meet(self, method: str, number: int, phase: Phase) -> None:
        await asyncio.sleep(0)
        for plan in self._plans:
            if (plan.method, plan.phase) == (method, phase) and plan.first <= number <= plan.last:
                waiting = plan.act()
                if waiting is not None:
                    await waiting
                await asyncio.sleep(0)
