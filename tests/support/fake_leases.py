"""One Lease in memory, with every failure that lies between it and who asks, and time of its own.

``Turns`` lets several threads run one at a time in virtual time, in an order that a seed decides.
"""

import heapq
import itertools
import random
import threading
from collections.abc import Callable, Mapping
from typing import Any

from asw.platforms.kubernetes.client.errors import AlreadyExists, NotFound, Stranger
from asw.reconciler.platform import Conflict, Refused, Unavailable

Object = Mapping[str, Any]


class FakeLeases:
    """The port ``Leases`` in memory; ``outage`` is raised instead of any answer."""

    def __init__(self) -> None:
        self.lease: Any = None
        self.outage: BaseException | None = None
        self.version = 0

    def get(self, namespace: str, name: str) -> Object:
        """See Leases."""
        self._check()
        if self.lease is None:
            raise NotFound(f"{namespace}/{name}")
        return dict(self.lease)

    def create(self, namespace: str, lease: Object) -> Object:
        """See Leases."""
        self._check()
        if self.lease is not None:
            raise AlreadyExists(f"taken in {namespace}")
        return self._store(lease)

    def replace(self, namespace: str, lease: Object) -> Object:
        """See Leases."""
        self._check()
        if self.lease is None:
            raise NotFound(f"gone from {namespace}")
        if lease["metadata"]["resourceVersion"] != self.lease["metadata"]["resourceVersion"]:
            raise Conflict("stale")
        return self._store(lease)

    def _check(self) -> None:
        if self.outage is not None:
            raise self.outage

    def _store(self, lease: Object) -> Object:
        self.version += 1
        metadata = {**lease["metadata"], "resourceVersion": str(self.version)}
        self.lease = {**lease, "metadata": metadata}
        return dict(self.lease)


class Turns:
    """Threads that take turns: each runs until it sleeps, the one that is due first goes on."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self._due: list[tuple[float, int, threading.Event]] = []
        self._order = itertools.count()
        self._baton = threading.Event()
        self._faults: list[BaseException] = []
        self._is_over = False

    def clock(self) -> float:
        """The time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let the others go on for so long. Raises _Over behind the end of the play."""
        turn = self._next_turn(seconds)
        self._baton.set()
        self._take(turn)

    def begin(self, work: Callable[[], None]) -> None:
        """A thread of its own for the work; it has its first turn later."""
        turn = self._next_turn(0)

        def run() -> None:
            try:
                self._take(turn)
                work()
            except _Over:
                pass
            except BaseException as fault:  # noqa: BLE001  whoever plays raises it
                self._faults.append(fault)
            self._baton.set()

        threading.Thread(target=run, daemon=True).start()

    def play(self, until: float, check: Callable[[], None]) -> None:
        """Let time go by; ``check`` is called whenever something happened."""
        while self._due and self._due[0][0] <= until:
            self.now, _, turn = heapq.heappop(self._due)
            self._give(turn)
            if self._faults:
                raise self._faults[0]
            check()
        self.now = until

    def end(self) -> None:
        """Nobody gets a turn any more."""
        self._is_over = True
        while self._due:
            self._give(heapq.heappop(self._due)[2])

    def _next_turn(self, seconds: float) -> threading.Event:
        turn = threading.Event()
        heapq.heappush(self._due, (self.now + seconds, next(self._order), turn))
        return turn

    def _take(self, turn: threading.Event) -> None:
        turn.wait()
        if self._is_over:
            raise _Over

    def _give(self, turn: threading.Event) -> None:
        self._baton.clear()
        turn.set()
        self._baton.wait()


class _Over(BaseException):
    """The play is over: a thread ends where it slept."""


class FaultyLeases(FakeLeases):
    """The way to ``server``, on which everything takes time and goes wrong, as a seed decides.

    ``is_calm`` ends the failures. Requests may be carried out long after their sender gave up.
    """

    TIMEOUT = 4.0

    def __init__(self, server: FakeLeases, turns: Turns, chance: random.Random) -> None:
        super().__init__()
        self._server = server
        self._turns = turns
        self._chance = chance
        self.is_calm = False

    def get(self, namespace: str, name: str) -> Object:
        """See Leases."""
        return self._pass_on(lambda: self._server.get(namespace, name))

    def create(self, namespace: str, lease: Object) -> Object:
        """See Leases."""
        return self._pass_on(lambda: self._server.create(namespace, lease))

    def replace(self, namespace: str, lease: Object) -> Object:
        """See Leases."""
        return self._pass_on(lambda: self._server.replace(namespace, lease))

    def _pass_on(self, ask: Callable[[], Object]) -> Object:
        draw = self._chance
        if self.is_calm or draw.random() < 0.6:
            self._turns.sleep(draw.uniform(0, 0.2))
            answer = _outcome(ask)
            self._turns.sleep(draw.uniform(0, 0.2))
            return _given(answer)
        fault = draw.choice(_FAULTS)
        return fault(self, ask)

    def _unsent(self, ask: Callable[[], Object]) -> Object:
        self._turns.sleep(self._chance.choice((0, self.TIMEOUT)))
        raise Unavailable("connection refused, or a time-out")

    def _unanswered(self, ask: Callable[[], Object]) -> Object:
        """Carried out; the answer is lost, cut or no JSON."""
        self._turns.sleep(self._chance.uniform(0, self.TIMEOUT))
        _outcome(ask)
        raise self._chance.choice((Unavailable("reset"), Stranger("half a body")))

    def _late(self, ask: Callable[[], Object]) -> Object:
        """Carried out when nobody waits for it any more."""
        delay = self._chance.uniform(self.TIMEOUT, 40)

        def carry_out() -> None:
            self._turns.sleep(delay)
            _outcome(ask)

        self._turns.begin(carry_out)
        self._turns.sleep(self.TIMEOUT)
        raise Unavailable("time-out")

    def _slow(self, ask: Callable[[], Object]) -> Object:
        self._turns.sleep(self._chance.uniform(0, self.TIMEOUT / 2))
        answer = _outcome(ask)
        self._turns.sleep(self._chance.uniform(0, self.TIMEOUT / 2))
        return _given(answer)

    def _odd(self, ask: Callable[[], Object]) -> Object:
        """The balancer answers in the server's place, or our own code fails."""
        self._turns.sleep(self._chance.uniform(0, 1))
        pages = (NotFound, Conflict, AlreadyExists, Refused, Unavailable, Stranger, KeyError)
        raise self._chance.choice(pages)("<html>")


_FAULTS = (
    FaultyLeases._unsent,
    FaultyLeases._unanswered,
    FaultyLeases._late,
    FaultyLeases._slow,
    FaultyLeases._odd,
)


def _outcome(ask: Callable[[], Object]) -> Object | Exception:
    try:
        return ask()
    except Exception as error:  # noqa: BLE001  it is the answer
        return error


def _given(answer: Object | Exception) -> Object:
    if isinstance(answer, Exception):
        raise answer
    return answer
