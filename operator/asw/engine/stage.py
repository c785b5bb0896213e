"""The time of a play (``asw.engine.simulation``): its clock, and the facts to come. Pure."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, count

from asw.engine.facts import Fact, Order, RedriveRequested, TaskFact
from asw.engine.task_ids import TaskId


@dataclass(slots=True)
class Stage:
    """The clock, the facts to come, and the facts known about open tasks.

    ``coming`` is a heap by instant and order of arrival.
    """

    now: datetime
    coming: list[tuple[datetime, int, Fact]] = field(default_factory=list)
    known: dict[TaskId, list[TaskFact]] = field(default_factory=dict)
    asked: list[Order] = field(default_factory=list)
    arrivals: Iterator[int] = field(default_factory=count)

    def expect(self, at: datetime, fact: Fact) -> None:
        """The fact becomes known at this instant."""
        heapq.heappush(self.coming, (at, next(self.arrivals), fact))

    def facts(self) -> list[Fact]:
        """Everything that is known by now."""
        while self.coming and self.coming[0][0] <= self.now:
            fact = heapq.heappop(self.coming)[2]
            if isinstance(fact, Order):
                self.asked.append(fact)
            elif fact.task_id in self.known:
                self.known[fact.task_id].append(fact)
        return [*self.asked, *chain.from_iterable(self.known.values())]

    def keep(self, open_tasks: set[TaskId]) -> None:
        """Forget all other tasks."""
        for task_id in self.known.keys() - open_tasks:
            del self.known[task_id]

    def next_at(self) -> datetime | None:
        """When the next fact about an open task, or the next request, becomes known."""
        while self.coming:
            at, _, fact = self.coming[0]
            if isinstance(fact, Order):
                return at
            if fact.task_id in self.known:
                return at
            heapq.heappop(self.coming)
        return None

    def has_redrives(self) -> bool:
        """Whether a redrive will still be requested."""
        return any(isinstance(fact, RedriveRequested) for _, _, fact in self.coming)


def later(instant: datetime | None, now: datetime) -> datetime | None:
    """The instant, None if it has passed."""
    return None if instant is None or instant <= now else instant
