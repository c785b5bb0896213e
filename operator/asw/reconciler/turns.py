"""Whose work continues next on the event loop: that of the namespace that has used it least.

asyncio runs things in order of wakes: if one namespace wakes a thousand workers that take 50 ms
each, whoever wakes next waits for all of them. Here each piece of work, from one await to the next,
takes turns with pieces of other namespaces. This is start-time fair queueing (Goyal et al., 1996):
the namespace that has used least time so far is served; within one it is first come, first served.
If nobody waits, work continues at once, and what was used is forgotten: there are no old debts.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeAlias, TypeVar

from asw.engine.limits import Pace, unhurried
from asw.reconciler.marks import NO_MARKS, Marks, Subject

ROUND_SECONDS = 0.005
"""Work between two looks of the loop at its input, if pieces are short."""
STEP_SECONDS = 0.025
"""After this time a step is cut. Then its decisions are written, which may take as long."""
_SHORTEST_SECONDS = 0.00002
"""The least that a piece counts for when turns are given, so that a round ends."""
LIGHT_SECONDS = 0.0005
"""If a namespace's pieces take no longer, its turn lasts for all that fit into a round."""
_FADING = 0.9
"""What remains of the guess how long a piece takes after one that took less."""

Clock: TypeAlias = Callable[[], float]
"""Seconds of a monotonic clock."""
_Result = TypeVar("_Result")
_Work: TypeAlias = Coroutine[Any, Any, _Result]


_Ticket: TypeAlias = tuple[int, asyncio.Future[None]]


class _Line:
    """A namespace: ``used`` is its virtual time, ``guess`` how long its next piece takes.

    ``waiting`` is a heap of tickets, by number.
    """

    __slots__ = ("guess", "is_queued", "used", "waiting")

    def __init__(self, used: float) -> None:
        self.used = used
        self.guess = 0.0
        self.is_queued = False
        self.waiting: list[_Ticket] = []


class Turns:
    """The order of work. Without a clock nothing is measured, delayed, cut or marked."""

    def __init__(self, clock: Clock | None = None, marks: Marks = NO_MARKS) -> None:
        self.marks = marks
        self.clock = clock or (lambda: 0.0)
        self._is_fair = clock is not None
        self._lines: dict[str, _Line] = {}
        self._heap: list[tuple[float, int, _Line]] = []
        self._numbers = itertools.count()
        self._now = 0.0
        self._spent = 0.0
        self._given = 0
        self._round: asyncio.Handle | None = None

    def pace(self, subject: Subject) -> Pace:
        """The pace of a step that begins now. From here on it is the step that may kill."""
        if not self._is_fair:
            return unhurried
        self.marks.begin(subject.row())
        clock, until = self.clock, self.clock() + STEP_SECONDS
        return lambda: clock() < until

    async def paced(
        self, namespace: str, work: Callable[[], _Work[_Result]], subject: Subject | None = None
    ) -> _Result:
        """Do the work piece by piece, whenever it is the namespace's turn."""
        if not self._is_fair:
            return await work()
        return await _Pieces(self, namespace, work(), subject)

    def wait(self, namespace: str, credit: float) -> Generator[Any, None, tuple[_Line, float]]:
        """Wait for the namespace's turn; what is left of it. ``credit`` is left of the last one."""
        line = self._lines.get(namespace)
        if line is None:
            line = self._lines[namespace] = _Line(self._now)
        is_nobody_here = not self._heap and not self._given
        is_light = credit > 0 and line.guess < LIGHT_SECONDS
        if self._spent < ROUND_SECONDS and (is_nobody_here or is_light):
            return line, credit
        number = next(self._numbers)
        while True:
            yield from self._queue(line, number)
            if self._spent < ROUND_SECONDS:
                return line, ROUND_SECONDS
            # others of this round took longer than expected: the same place in the next one

    def _queue(self, line: _Line, number: int) -> Generator[Any, None, None]:
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(line.waiting, (number, future))
        if not line.is_queued:
            line.is_queued = True
            self._push(line, line.used)
        self._see_to_a_round()
        try:
            yield from future.__await__()
        finally:
            self._given -= future.done() and not future.cancelled()

    def charge(self, line: _Line, seconds: float) -> None:
        """Charge a namespace for the time of a piece of its work."""
        line.used += seconds
        line.guess = max(line.guess * _FADING, seconds)
        self._spent += seconds
        self._see_to_a_round()

    def _see_to_a_round(self) -> None:
        if self._round is None:
            self._round = asyncio.get_running_loop().call_soon(self._begin_round)

    def _begin_round(self) -> None:
        """Give the next turns, now that the loop has looked at its input."""
        self._round, self._spent = None, 0.0
        given = 0.0
        while self._heap and given < ROUND_SECONDS:
            given += self._give(*heapq.heappop(self._heap))
        if self._heap:
            self._see_to_a_round()
        elif not self._given:
            self._lines.clear()
            self._now = 0.0

    def _give(self, used: float, _number: int, line: _Line) -> float:
        """Give the namespace a turn if it waits and has used no more than that; its length."""
        while line.waiting and line.waiting[0][1].done():
            heapq.heappop(line.waiting)
        if not line.waiting:
            line.is_queued = False
            return 0.0
        if used < line.used:
            self._push(line, line.used)
            return 0.0
        self._now = max(self._now, line.used)
        heapq.heappop(line.waiting)[1].set_result(None)
        self._given += 1
        self._push(line, used + line.guess)
        return max(line.guess, _SHORTEST_SECONDS)

    def _push(self, line: _Line, used: float) -> None:
        heapq.heappush(self._heap, (used, next(self._numbers), line))


class _Pieces(Generic[_Result]):
    """Work whose pieces, from one await to the next, each wait for a turn and are measured."""

    __slots__ = ("_credit", "_namespace", "_subject", "_turns", "_work")

    def __init__(
        self, turns: Turns, namespace: str, work: _Work[_Result], subject: Subject | None
    ) -> None:
        self._turns = turns
        self._namespace = namespace
        self._work = work
        self._subject = subject
        self._credit = 0.0

    def __await__(self) -> Generator[Any, None, _Result]:
        failure: BaseException | None = None
        while True:
            line = None
            if failure is None:
                try:
                    waiting = self._turns.wait(self._namespace, self._credit)
                    line, self._credit = yield from waiting
                except BaseException as error:  # noqa: BLE001  cancelled while waiting: run, so that it ends
                    failure = error
            try:
                asked = self._go_on(line, failure)
            except StopIteration as end:
                result: _Result = end.value
                return result
            failure = None
            try:
                yield asked
            except BaseException as error:  # noqa: BLE001  the work's own: throw it into the work
                failure = error

    def _go_on(self, line: _Line | None, failure: BaseException | None) -> Any:
        """Run one piece; what it waits for next. Raises StopIteration with the result."""
        turns = self._turns
        began = turns.clock()
        if self._subject is not None:
            turns.marks.begin(self._subject.row())
        try:
            return self._work.send(None) if failure is None else self._work.throw(failure)
        finally:
            turns.marks.end()
            if line is not None:
                seconds = turns.clock() - began
                turns.charge(line, seconds)
                self._credit -= seconds
