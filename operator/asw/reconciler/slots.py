"""Which executions of a Workflow may run now: ``spec.concurrency``. Pure: no I/O, no clock.

A book per Workflow holds the executions that have a slot, those that wait for one in order of
creation, and their public names. It is in memory only: each execution stores that it has begun, so
the platform fills the book again after a restart, before anybody asks. A slot is granted in memory
before the start is saved, and kept whatever the result of that save. So a crash between the two
neither admits one too many nor loses a slot. Every call costs O(log n) in the executions of one
Workflow.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeAlias

from asw.api.workflow import Concurrency
from asw.asl.errors import CONCURRENCY_FORBIDDEN, EXECUTION_ALREADY_EXISTS, REPLACED
from asw.engine.facts import StopRequested
from asw.reconciler.opening import CannotBegin
from asw.reconciler.platform import ExecutionKey, Stored
from asw.reconciler.redriving import wanted_redrive

SHOWN = 5
"""How many executions a cause names."""
NO_LIMIT = Concurrency()
NO_END = float("inf")


class Run(Protocol):
    """What the book must know of an execution, whether stored or shown by a watch."""

    @property
    def key(self) -> ExecutionKey:
        """How the platform finds it."""
        ...

    @property
    def workflow_name(self) -> str:
        """Its Workflow, of the same namespace."""
        ...

    @property
    def execution_name(self) -> str:
        """Its public name."""
        ...

    @property
    def created_at(self) -> datetime:
        """Its place in the order."""
        ...


@dataclass(frozen=True, slots=True)
class Go:
    """It has a slot: begin."""


@dataclass(frozen=True, slots=True)
class WaitForSlot:
    """It is woken when it has one; ``message`` is for people, and stays true."""

    message: str


Turn: TypeAlias = Go | WaitForSlot | CannotBegin


class _State(Enum):
    IDLE = "known, wants no slot"
    WAITING = "wants a slot"
    GRANTED = "has a slot, not begun as far as known"
    BEGUN = "has a slot and runs"


_HOLDING = (_State.GRANTED, _State.BEGUN)


class Slots:
    """All books.

    ``wake`` is called when the answer of ``ask`` or ``replacement`` changed. No slots are granted
    in a namespace where ``may_act`` is False: there the book only follows what others do.
    """

    def __init__(
        self, wake: Callable[[ExecutionKey], None], may_act: Callable[[str], bool]
    ) -> None:
        self._wake = wake
        self._may_act = may_act
        self._books: dict[tuple[str, str], _Book] = {}
        self._entries: dict[ExecutionKey, _Entry] = {}
        self._lookers = 0

    # What the platform tells

    def put_limit(self, namespace: str, workflow_name: str, limit: Concurrency | None) -> None:
        """Set the Workflow's current limit; None if it sets none, or is gone."""
        book = self._book(namespace, workflow_name)
        book.concurrency = limit or NO_LIMIT
        book.take_back()
        self._settle(book)
        self._forget_if_empty(namespace, book)

    def expect(self, run: Run) -> None:
        """An execution exists that has not begun and wants to."""
        entry = self._entry(run)
        if entry.state is _State.IDLE and entry.book.rival(entry) is None:
            entry.book.move(entry, _State.WAITING)
            self._settle(entry.book)

    def begun(self, run: Run) -> None:
        """An execution runs, whoever admitted it."""
        entry = self._entry(run)
        if entry.state is not _State.BEGUN:
            entry.book.move(entry, _State.BEGUN)
            self._settle(entry.book)

    def ended(self, key: ExecutionKey) -> None:
        """An execution is over, or gone."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            entry.book.remove(entry)
            self._settle(entry.book)
            self._forget_if_empty(key.namespace, entry.book)

    def note(self, stored: Stored) -> None:
        """Note what is stored of an execution, as just read or written.

        One that will be redriven keeps its place until it is, or is refused.
        """
        record = stored.record
        if stored.map_state is not None:
            return
        if stored.is_finished or (record is not None and record.outcome is not None):
            if wanted_redrive(stored) is None:
                self.ended(stored.key)
        elif record is not None:
            self.begun(stored)

    # What an execution asks

    def ask(self, stored: Stored) -> Turn:
        """Whether an execution that could begin, or be redriven, now may do so; then it has a slot.

        Children of a distributed Map need none.
        """
        return Go() if stored.map_state is not None else self.ask_for(stored)

    def ask_for(self, run: Run) -> Turn:
        """The same for an execution that is no child."""
        entry = self._entry(run)
        book = entry.book
        for stale in book.stale_entries(entry):
            self.ended(stale.key)
        if entry.state is _State.BEGUN:
            return Go()
        if (rival := book.rival(entry)) is not None:
            return CannotBegin(error=EXECUTION_ALREADY_EXISTS, cause=_exists_cause(rival))
        if entry.state is _State.IDLE:
            book.move(entry, _State.WAITING)
        self._settle(book)
        if entry.state is _State.GRANTED:
            entry.has_taken = True
            return Go()
        entry.is_told = True
        if book.concurrency.policy == "Forbid" and not self._lookers:
            return CannotBegin(error=CONCURRENCY_FORBIDDEN, cause=book.forbidden_cause())
        return WaitForSlot(book.waiting_message(entry))

    def step_aside(self, key: ExecutionKey) -> None:
        """An execution cannot begin now, for whatever reason: others go first."""
        entry = self._entries.get(key)
        if entry is not None and entry.state in (_State.WAITING, _State.GRANTED):
            entry.book.move(entry, _State.IDLE)
            self._settle(entry.book)

    def replacement(self, key: ExecutionKey) -> StopRequested | None:
        """The order to stop, for a running execution whose slot another one needs."""
        entry = self._entries.get(key)
        successor = None if entry is None else entry.book.successor(entry)
        if successor is None:
            return None
        cause = f"execution {successor.key.name!r} of the same Workflow replaces this one"
        return StopRequested(error=REPLACED, cause=cause)

    def state_of(self, key: ExecutionKey) -> str | None:
        """IDLE, WAITING, GRANTED or BEGUN; None if it is not in the book."""
        entry = self._entries.get(key)
        return None if entry is None else entry.state.name

    # Who acts

    def revoke(self) -> None:
        """Others act from now on, or did: free the slots that nobody is known to use."""
        for entry in self._entries.values():
            if entry.state is _State.GRANTED:
                entry.book.move(entry, _State.WAITING)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Inside the block grant none of a limited number of slots: others may be in use.

        For a replica that takes over, until a list shows what the previous one did last.
        """
        self._lookers += 1
        try:
            yield
        finally:
            self._lookers -= 1
            self.grant_all()

    def grant_all(self) -> None:
        """Begin to act: grant what is free."""
        for book in tuple(self._books.values()):
            self._settle(book)

    def _book(self, namespace: str, workflow_name: str) -> "_Book":
        place = (namespace, workflow_name)
        book = self._books.get(place)
        if book is None:
            book = self._books[place] = _Book(namespace, workflow_name)
        return book

    def _entry(self, run: Run) -> "_Entry":
        entry = self._entries.get(run.key)
        if entry is None:
            book = self._book(run.key.namespace, run.workflow_name)
            rank = (run.created_at, run.key.uid)
            entry = _Entry(run.key, run.execution_name, rank, book)
            self._entries[run.key] = entry
            book.names.setdefault(entry.name, []).append(entry)
        return entry

    def _settle(self, book: "_Book") -> None:
        """Grant what is free, and wake whoever that concerns."""
        if not self._may_act(book.namespace) or (self._lookers and book.limit != NO_END):
            return
        while book.waiting and len(book.holding) < book.limit:
            entry = book.waiting[0]
            book.move(entry, _State.GRANTED)
            if entry.is_told:
                self._wake(entry.key)
        for entry in book.replaced():
            self._wake(entry.key)

    def _forget_if_empty(self, namespace: str, book: "_Book") -> None:
        if not book.names and book.concurrency is NO_LIMIT:
            self._books.pop((namespace, book.workflow_name), None)


@dataclass(slots=True, eq=False)
class _Entry:
    """One execution that is not over, in the book of its Workflow."""

    key: ExecutionKey
    name: str
    rank: tuple[datetime, str]
    book: "_Book"
    state: _State = _State.IDLE
    is_told: bool = False
    """Whether it was told to wait."""
    has_taken: bool = False
    """Whether it was told to go: its start may be stored by now."""


def _rank(entry: _Entry) -> tuple[datetime, str]:
    return entry.rank


@dataclass(slots=True, eq=False)
class _Book:
    """One Workflow. ``waiting`` and ``holding`` are in order of creation."""

    namespace: str
    workflow_name: str
    concurrency: Concurrency = field(default_factory=lambda: NO_LIMIT)
    waiting: list[_Entry] = field(default_factory=list)
    holding: list[_Entry] = field(default_factory=list)
    names: dict[str, list[_Entry]] = field(default_factory=dict)

    @property
    def limit(self) -> float:
        if self.concurrency.limit is not None:
            return self.concurrency.limit
        return NO_END if self.concurrency.policy == "Allow" else 1

    def move(self, entry: _Entry, state: _State) -> None:
        self._take_out(entry)
        entry.state = state
        entry.has_taken = False
        if state is _State.WAITING:
            insort(self.waiting, entry, key=_rank)
        elif state in _HOLDING:
            insort(self.holding, entry, key=_rank)

    def take_back(self) -> None:
        """Free slots above a lowered limit that were not announced yet, the youngest first."""
        over = len(self.holding) - self.limit
        for entry in reversed(tuple(self.holding)):
            if over > 0 and entry.state is _State.GRANTED and not entry.has_taken:
                self.move(entry, _State.WAITING)
                over -= 1

    def remove(self, entry: _Entry) -> None:
        self._take_out(entry)
        self.names[entry.name].remove(entry)
        if not self.names[entry.name]:
            del self.names[entry.name]

    def _take_out(self, entry: _Entry) -> None:
        if entry.state is _State.WAITING:
            del self.waiting[bisect_left(self.waiting, entry.rank, key=_rank)]
        elif entry.state in _HOLDING:
            del self.holding[bisect_left(self.holding, entry.rank, key=_rank)]

    def stale_entries(self, entry: _Entry) -> list[_Entry]:
        """Older entries of the same object name: they must be gone, because names are unique."""
        return [
            other
            for other in self.names.get(entry.name, ())
            if other.rank < entry.rank and other.key.name == entry.key.name
        ]

    def rival(self, entry: _Entry) -> _Entry | None:
        """Another one with its public name that runs, is about to, or was first."""
        for other in self.names[entry.name]:
            is_first = other.state is _State.BEGUN or other.has_taken or other.rank < entry.rank
            if other is not entry and is_first and not entry.has_taken:
                return other
        return None

    def successor(self, entry: _Entry) -> _Entry | None:
        """The execution that takes the slot of this running one."""
        count = self._replaced_count()
        if count == 0 or entry.state is not _State.BEGUN:
            return None
        place = bisect_left(self.holding, entry.rank, key=_rank)
        if place >= count:
            return None
        return self.waiting[min(place, len(self.waiting) - 1)]

    def replaced(self) -> list[_Entry]:
        """The running ones that must make room."""
        oldest = self.holding[: self._replaced_count()]
        return [entry for entry in oldest if entry.state is _State.BEGUN]

    def _replaced_count(self) -> int:
        """How many of the oldest running ones must make room for waiting ones."""
        if self.concurrency.policy != "Replace" or not self.waiting:
            return 0
        wanted = min(len(self.waiting), self.limit)
        return int(max(0, min(len(self.holding) + wanted - self.limit, len(self.holding))))

    def forbidden_cause(self) -> str:
        running = ", ".join(repr(entry.key.name) for entry in self.holding[:SHOWN])
        more = ", ..." if len(self.holding) > SHOWN else ""
        return (
            f"Workflow {self.workflow_name!r} forbids more than {self.limit:g} at a time "
            f"(spec.concurrency), and {running}{more} had not ended; start it again after that"
        )

    def waiting_message(self, entry: _Entry) -> str:
        before = bisect_left(self.waiting, entry.rank, key=_rank)
        line = f", {before} before this one" if before else ""
        then = (
            "it starts once the oldest running one, which it replaces, is over"
            if self.concurrency.policy == "Replace"
            else "it starts when its turn comes, in the order of creation"
        )
        return (
            f"when it began to wait, {len(self.holding)} of {self.limit:g} slots of Workflow "
            f"{self.workflow_name!r} were taken{line}; {then}"
        )


def _exists_cause(rival: _Entry) -> str:
    return (
        f"execution {rival.key.name!r} of the same Workflow has the name {rival.name!r} too, and "
        "had not ended; choose another name, or start it again after that"
    )
