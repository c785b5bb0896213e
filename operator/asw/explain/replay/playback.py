"""The engine plays an execution again, and each event that it makes is compared with the history.

Pure. A step of the engine sees several facts at once. The order of its events shows which: it is
tried on all that it may have seen, then on less, until its events are the recorded ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from asw.api.instants import instant_text
from asw.asl.blocks import with_state
from asw.asl.errors import Failure
from asw.asl.model import StateMachine
from asw.engine.facts import Suspended
from asw.engine.history import Event
from asw.engine.record import Header, OnMapRun, OnReading, Record
from asw.engine.step import Step, begin, end, step
from asw.explain.replay.facts import (
    Recorded,
    facts_until,
    map_runs_ending,
    recorded_exit,
    taken_as_left,
    timers_as_recorded,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One step: its last event, and the record that it left."""

    last_id: int
    record: Record


@dataclass(frozen=True, slots=True)
class Difference:
    """The first event that the engine makes differently. ``made`` is None if it makes none."""

    recorded: Event
    made: Event | None

    def fields(self) -> Iterator[str]:
        """Names of the fields that differ."""
        if self.made is None:
            return
        if self.made.type != self.recorded.type:
            yield "type"
        if self.made.previous_event_id != self.recorded.previous_event_id:
            yield "previousEventId"
        if not _is_same_instant(self.made.at, self.recorded.at):
            yield "timestamp"
        names = {**self.recorded.details, **self.made.details}
        for name in names:
            there, here = self.recorded.details, self.made.details
            if there.get(name, _LACKS) != here.get(name, _LACKS):
                yield name


_LACKS: Final = object()
_MAP_RUN: Final = frozenset({"MapRunStarted", "MapRunRedriven"})


@dataclass(frozen=True, slots=True)
class Playback:
    """How far the engine made the same history. ``taken`` are Maps whose results were not made."""

    steps: Sequence[Played]
    verified: int
    total: int
    difference: Difference | None
    taken: tuple[str, ...] = ()

    @property
    def is_proven(self) -> bool:
        """Whether the engine made every event again."""
        return self.verified == self.total

    def record_at(self, event: int) -> Record | None:
        """The record after the step that made this event."""
        return next((it.record for it in self.steps if it.last_id >= event), None)

    def record_before(self, event: int) -> Record | None:
        """The record before that step."""
        return next((it.record for it in reversed(self.steps) if it.last_id < event), None)


def play_back(machine: StateMachine, header: Header, events: Sequence[Event]) -> Playback:
    """Play the whole history, or as far as the engine makes the same one.

    Losses that did not get their usual free retries had none (onLost: Fail).
    """
    recorded = Recorded.of(events)
    usual = _played(_Player(machine, header, recorded))
    if usual.is_proven or not recorded.has_losses():
        return usual
    other = _played(_Player(machine, header, replace(recorded, may_repeat=False)))
    return max(usual, other, key=lambda it: it.verified)


def _played(player: "_Player") -> Playback:
    while player.is_on():
        if not player.advance():
            break
    return Playback(
        steps=player.steps,
        verified=player.at,
        total=len(player.events),
        difference=player.difference,
        taken=tuple(player.taken),
    )


class _Player:
    """A playback in progress: ``at`` events are made, ``record`` is what the engine keeps."""

    def __init__(self, machine: StateMachine, header: Header, recorded: Recorded) -> None:
        self.machine = machine
        self.events = events = recorded.events
        self.recorded = recorded
        self.record = begin(header, events[0].details.get("input") if events else None)
        self.at = 0
        self.steps: list[Played] = []
        self.taken: dict[str, None] = {}
        self.difference: Difference | None = None

    def is_on(self) -> bool:
        return self.at < len(self.events)

    def advance(self) -> bool:
        """Make the next events; False if nothing that may have been seen leads to them."""
        group = self._group()
        best: tuple[int, Step] | None = None
        for is_suspended in (False, True):
            for made, same in self._tries(group, group[0].at, is_suspended=is_suspended):
                if same and same == len(made.history):
                    self._accept(made)
                    return True
                if best is None or same > best[0]:
                    best = (same, made)
        ended = self._ended_from_outside(group[0])
        if ended is not None:
            self._accept(ended)
            return True
        self._differ(group, best)
        return False

    def _group(self) -> Sequence[Event]:
        """The next events with the same instant: a step makes all of its events at once."""
        first, last = self.events[self.at], self.at
        while last < len(self.events) and _is_same_instant(self.events[last].at, first.at):
            last += 1
        return self.events[self.at : last]

    def _tries(
        self, group: Sequence[Event], now: datetime, *, is_suspended: bool
    ) -> Iterator[tuple[Step, int]]:
        """Steps on ever fewer facts, each with how many of its events are the recorded ones."""
        limit = _limit_of(group)
        while limit >= group[0].id - 1:
            made = self._step(limit, now, is_suspended=is_suspended)
            same = _count_same(made.history, group)
            yield made, same
            limit = min(_less(group, made.history, same), limit - 1)

    def _step(self, limit: int, now: datetime, *, is_suspended: bool) -> Step:
        before = timers_as_recorded(self.recorded, self.record, limit, now)
        before = map_runs_ending(self.recorded, before, limit)
        facts = [*facts_until(self.recorded, before, limit, now)]
        suspended = [Suspended()] if is_suspended else []
        return step(self._machine_for(before), before, [*facts, *suspended], now)

    def _machine_for(self, before: Record) -> StateMachine:
        """The machine in which Maps that end now leave what they left."""
        machine = self.machine
        for frame in before.frames.values():
            was = self.record.frames[frame.id].waiting
            if frame.waiting is was or not isinstance(was, OnReading | OnMapRun):
                continue
            run_end = self.recorded.map_run_end(frame.last_event)
            exited = recorded_exit(self.recorded, run_end) if run_end else None
            if exited is not None:
                as_left = partial(taken_as_left, exited=exited)
                machine = with_state(machine, frame.state, as_left)
        return machine

    def _ended_from_outside(self, event: Event) -> Step | None:
        """The end of an execution by none of its states (Asw.RecordTooLarge)."""
        if event.type != "ExecutionFailed" or self.record.outcome is not None:
            return None
        failure = Failure(event.details.get("error"), event.details.get("cause"))
        made = end(self.machine, self.record, failure, event.at)
        return made if _count_same(made.history, [event]) == len(made.history) else None

    def _accept(self, made: Step) -> None:
        before = self.record
        for frame in before.frames.values():
            is_map_run = isinstance(frame.waiting, OnReading | OnMapRun)
            run_end = self.recorded.map_run_end(frame.last_event) if is_map_run else None
            if run_end is not None and run_end.id < made.record.next_event:
                self.taken.setdefault(frame.state)
        self.record = made.record
        self.at += len(made.history)
        self.steps.append(Played(last_id=self.at, record=made.record))

    def _differ(self, group: Sequence[Event], best: tuple[int, Step] | None) -> None:
        same, made = best if best is not None else (0, None)
        history = made.history if made is not None else ()
        if same >= len(group):
            recorded = (
                self.events[self.at + same] if self.at + same < len(self.events) else group[-1]
            )
        else:
            recorded = group[same]
        self.at += same
        self.difference = Difference(recorded, history[same] if same < len(history) else None)


def _limit_of(group: Sequence[Event]) -> int:
    """The last event that one step may have made: a request from outside starts a step."""
    for event in group[1:]:
        if event.type in ("ExecutionAborted", "ExecutionRedriven"):
            return event.id - 1
    return group[-1].id


def _less(group: Sequence[Event], made: Sequence[Event], same: int) -> int:
    """The last event that the next try may have made, after one with so many that are the same.

    An event that was made too early is recorded later: what led to it had not been seen yet.
    """
    if same < len(made):
        early = made[same]
        for event in group[same:]:
            if event.previous_event_id == early.previous_event_id and event.type == early.type:
                return event.id - 1
    return group[same - 1].id if same else group[0].id


def _count_same(made: Sequence[Event], recorded: Sequence[Event]) -> int:
    """How many of the events are the recorded ones, from the first on."""
    count = 0
    for one, other in zip(made, recorded, strict=False):
        if not _is_same(one, other):
            break
        count += 1
    return count


def _is_same(made: Event, recorded: Event) -> bool:
    return (
        made.id == recorded.id
        and made.previous_event_id == recorded.previous_event_id
        and made.type == recorded.type
        and _is_same_instant(made.at, recorded.at)
        and (
            dict(made.details) == dict(recorded.details)
            # An ordinal names the Map Run; no event says how many its children draw.
            or (made.type in _MAP_RUN and recorded.type in _MAP_RUN)
        )
    )


def _is_same_instant(one: datetime, other: datetime) -> bool:
    """As histories write them, to the millisecond."""
    return one == other or instant_text(one) == instant_text(other)
