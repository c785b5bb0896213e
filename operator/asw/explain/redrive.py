"""What a redrive would run again, and what it would reuse, from the record alone. Pure.

The record of a run that did not succeed keeps its lines of control, each in its state.
``asw.engine.redrive`` resumes them; this says how, state type by state type, and changes nothing
(AWS: "Redriving state machine executions").
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from asw.api.instants import instant_text
from asw.asl.comparing import kind_of, placed_states
from asw.asl.model import MapState, ParallelState, State, StateMachine, TaskState
from asw.asl.values import Json
from asw.engine.history import Event
from asw.engine.record import (
    Entering,
    Failed,
    Frame,
    OnBranches,
    OnIterations,
    OnMapRun,
    OnTimer,
    Record,
)
from asw.engine.redrive import misfit, why_final
from asw.executions.visits import Visit, Visits, read_visits
from asw.explain.going_on import DATA_FLOW

How: TypeAlias = Literal["again", "whole", "next", "wait", "over", "parts", "write"]
"""again: the state runs again. whole: so does a Parallel or Map, with everything in it. next: it
was about to be entered. wait: it waits until its old deadline. over: that has passed, it goes on.
parts: a Parallel or Map runs its missing parts. write: a Map writes its results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A state that a redrive resumes, in one line of control or in several alike.

    ``around`` names the Parallels and Maps around it, the outermost first; ``indexes`` are its
    branches or iterations of the innermost. Of ``parts``, ``kept`` are reused, ``again`` run again
    or go on, ``first`` never started. ``is_alike``: no function takes part, so the same definition
    fails again on the same data.
    """

    state: str
    kind: str
    how: How
    around: tuple[str, ...] = ()
    indexes: tuple[int, ...] = ()
    function: str | None = None
    until: datetime | None = None
    kept: int = 0
    again: int = 0
    first: int = 0
    is_alike: bool = False

    def to_plain(self) -> Json:
        """For programs."""
        plain: dict[str, Json] = {"state": self.state, "type": self.kind, "how": self.how}
        if self.around:
            plain |= {"within": list(self.around), "indexes": list(self.indexes)}
        if self.function is not None:
            plain["function"] = self.function
        if self.until is not None:
            plain["until"] = instant_text(self.until)
        if self.how in ("parts", "write"):
            plain |= {"kept": self.kept, "again": self.again, "first": self.first}
        if self.is_alike:
            plain["failsAgain"] = True
        return plain


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrivePlan:
    """What would run again. ``refusal`` is why nothing can; ``reused`` counts results by state."""

    refusal: str | None = None
    works: tuple[Work, ...] = ()
    reused: Mapping[str, int] | None = None

    def to_plain(self) -> dict[str, Json]:
        """For programs."""
        if self.refusal is not None:
            return {"possible": False, "reason": self.refusal}
        return {
            "possible": True,
            "again": [work.to_plain() for work in self.works],
            "reused": [{"state": name, "times": n} for name, n in (self.reused or {}).items()],
        }


def foresee(
    record: Record,
    machine: StateMachine,
    events: Iterable[Event],
    *,
    now: datetime,
    new: StateMachine | None = None,
) -> RedrivePlan:
    """What a redrive would do now; with the ``new`` machine, if one replaces the old."""
    events = list(events)
    finished = Counter(
        str(event.details["name"]) for event in events if event.type.endswith("StateExited")
    )
    reason = why_final(record)
    if reason is None and new is not None:
        reason = misfit(machine, new, record, finished.keys())
    if reason is not None:
        return RedrivePlan(refusal=reason)
    works = _Reading(record, new or machine, now).works()
    if new is None:
        works = _marked(works, record, read_visits(events))
    return RedrivePlan(works=tuple(_grouped(works)), reused=dict(finished))


def _marked(works: Iterable[Work], record: Record, visits: Visits) -> Iterator[Work]:
    """The works, one for each frame, with those that fail alike marked."""
    for work, frame in zip(works, record.frames.values(), strict=True):
        visit = visits.of_event.get(frame.state_event) if frame.state_event else None
        yield replace(work, is_alike=_is_alike(work, frame, visit))


def _is_alike(work: Work, frame: Frame, visit: Visit | None) -> bool:
    """Whether what failed only read its definition, its input and its variables."""
    if work.how != "again" or not isinstance(frame.waiting, Failed):
        return False
    if work.function is None:
        return True
    is_before_the_call = visit is not None and not visit.calls
    return is_before_the_call and frame.waiting.failure.error in DATA_FLOW


class _Reading:
    """A record beside the machine that goes on with it."""

    def __init__(self, record: Record, machine: StateMachine, now: datetime) -> None:
        self._frames = record.frames
        self._states = placed_states(machine)
        self._now = now

    def works(self) -> Iterator[Work]:
        """One for each line of control, outer ones first."""
        for frame in self._frames.values():
            yield self._work(frame)

    def _work(self, frame: Frame) -> Work:
        state = self._states[frame.state].state
        place = Work(
            state=frame.state,
            kind=kind_of(state),
            how="again",
            around=self._around(frame),
            indexes=(frame.index,) if frame.parent is not None else (),
        )
        waiting = frame.waiting
        if isinstance(waiting, Entering):
            return replace(place, how="next")
        if isinstance(waiting, OnTimer):
            how: How = "over" if waiting.until <= self._now else "wait"
            return replace(place, how=how, until=waiting.until)
        if isinstance(waiting, OnBranches | OnIterations | OnMapRun):
            kept, begun, total = self._parts(frame, state, waiting)
            how = "write" if isinstance(waiting, OnMapRun) and kept == total else "parts"
            return replace(place, how=how, kept=kept, again=begun - kept, first=total - begun)
        if isinstance(state, ParallelState | MapState):
            return replace(place, how="whole")
        function = state.resource_text if isinstance(state, TaskState) else None
        return replace(place, function=function)

    def _parts(
        self, frame: Frame, state: State, waiting: OnBranches | OnIterations | OnMapRun
    ) -> tuple[int, int, int]:
        """How many branches, iterations or children finished, how many started, how many exist.

        Tolerated failures run again, as does what an earlier redrive had not reached.
        """
        kept = len(waiting.outputs)
        if isinstance(waiting, OnMapRun):
            return kept, waiting.next_index, len(waiting.items)
        indexes = [child.index for child in self._frames.values() if child.parent == frame.id]
        if isinstance(waiting, OnBranches):
            assert isinstance(state, ParallelState)
            return kept, kept + len(indexes), len(state.branches)
        begun = max(waiting.next_index, *(index + 1 for index in indexes), 0)
        return kept, begun, len(waiting.items)

    def _around(self, frame: Frame) -> tuple[str, ...]:
        names: list[str] = []
        while frame.parent is not None:
            frame = self._frames[frame.parent]
            names.append(frame.state)
        return tuple(reversed(names))


def _grouped(works: Iterable[Work]) -> Iterator[Work]:
    """Lines of control that go on alike, in branches or iterations of one state, as one."""
    groups: dict[Work, list[int]] = {}
    for work in works:
        alike = work if work.how == "parts" else replace(work, indexes=())
        groups.setdefault(alike, []).extend(work.indexes)
    for alike, indexes in groups.items():
        yield replace(alike, indexes=tuple(sorted(indexes)))
