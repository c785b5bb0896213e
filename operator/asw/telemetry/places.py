"""Where in the tree of open visits each event of a step belongs. Pure.

A visit is one stay of a line of control in a state, known by the event of its entry. An event
follows another one of its line, or of a line within it that has ended. The visit that it is of is
the first that fits, from there outwards: names of states are unique in a machine, across branches.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from asw.asl.model import Block, MapState, ParallelState, State
from asw.engine.history import Event
from asw.engine.record import Entering, Frame
from asw.reconciler.telling import SavedStep

_ENTERED: Final = "StateEntered"
_EXITED: Final = "StateExited"
_ABORTED: Final = "StateAborted"
_TASKS: Final = ("LambdaFunction", "Task", "Activity")
_FAILURES: Final = ("Failed", "TimedOut")
_EXECUTION_FAILED: Final = "ExecutionFailed"


@dataclass(slots=True, eq=False)
class Place:
    """A visit of a state, or with the number 0 the execution around all of them.

    ``is_failing`` if the execution failed by it. ``error`` is the one that it met last, ``ended``
    the event that ended its try, which started in this step if ``has_started``.
    """

    event: int
    name: str
    state: State | None
    around: "Place | None"
    entered_at: datetime
    has_exited: bool = False
    is_aborted: bool = False
    is_failing: bool = False
    error: str | None = None
    has_started: bool = False
    ended: Event | None = None

    @property
    def blocks(self) -> Sequence[Block]:
        """The states within."""
        match self.state:
            case ParallelState(branches=branches):
                return branches
            case MapState(item_processor=block):
                return (block,)
        return ()

    @property
    def kind(self) -> str:
        """The type of the state (ASL: Type); empty if its definition is lost."""
        return "" if self.state is None else type(self.state).__name__.removesuffix("State")

    def outwards(self) -> Iterable["Place"]:
        """This one and all around it."""
        here: Place | None = self
        while here is not None:
            yield here
            here = here.around

    def first(self, fits: Callable[["Place"], bool]) -> "Place | None":
        """The innermost that fits, from here outwards."""
        return next((it for it in self.outwards() if fits(it)), None)


def is_open(frame: Frame) -> bool:
    """Whether the line of control is in its state, not about to enter it."""
    return not isinstance(frame.waiting, Entering)


@dataclass(slots=True, eq=False)
class Places:
    """The visits that a saved step is about, made as they are asked for."""

    saved: SavedStep
    root: Place = field(init=False)
    entered: dict[int, Place] = field(default_factory=dict)
    """Those that began in the step, by the events of their entries."""
    _of_frames: dict[int, Place] = field(default_factory=dict)
    _of_events: dict[int, Place] = field(default_factory=dict)
    _entries: dict[tuple[int, str], Place] = field(default_factory=dict)
    _last: Mapping[int, Frame] | None = None

    def __post_init__(self) -> None:
        began = self.saved.before.header.started_at
        self.root = Place(0, "", None, None, began)
        for event in self.saved.step.history:
            self._of_events[event.id] = self._read(event)

    def of_frame(self, frame: Frame) -> Place:
        """The visit of a line of control that was there before; around it, if it is in none."""
        known = self._of_frames.get(frame.id)
        if known is None:
            frames, parent = self.saved.before.frames, frame.parent
            around = self.root if parent is None else self.of_frame(frames[parent])
            known = around
            if is_open(frame):
                state = self._state(frame.state, around)
                known = Place(frame.state_event, frame.state, state, around, frame.entered_at)
            self._of_frames[frame.id] = known
        return known

    def _state(self, name: str, around: Place) -> State | None:
        blocks = (self.saved.machine.block,) if around is self.root else around.blocks
        return next((it.states[name] for it in blocks if name in it.states), None)

    def _after(self, event: int) -> Place:
        """Where what follows the event is to be looked for, from there outwards."""
        known = self._of_events.get(event)
        if known is not None:
            return known
        if self._last is None:  # of those that share their last event, the innermost
            self._last = {it.last_event: it for it in self.saved.before.frames.values()}
        frame = self._last.get(event)
        return self.root if frame is None else self.of_frame(frame)

    def _read(self, event: Event) -> Place:
        """Note what the event says of its visit; returns where its line is afterwards."""
        before, kind = self._after(event.previous_event_id), event.type
        if kind.endswith(_ENTERED):
            return self._enter(event, before)
        if kind.endswith(_EXITED):
            return _exit(event, before)
        if kind.endswith(_ABORTED):
            _abort(kind.removesuffix(_ABORTED), before)
        elif kind == _EXECUTION_FAILED:
            for each in before.outwards():
                each.is_failing = True
        elif kind == "EvaluationFailed":  # AWS has it follow the event before the entry
            before = self._named(event, before)
            before.error = error_of(event)
        elif kind.startswith(_TASKS):
            _note_try(event, before)
        return before

    def _enter(self, event: Event, before: Place) -> Place:
        name = str(event.details["name"])
        around = before.first(lambda it: self._state(name, it) is not None) or self.root
        state = self._state(name, around)
        made = Place(event.id, name, state, around, event.at)
        self.entered[event.id] = self._entries[event.previous_event_id, name] = made
        return made

    def _named(self, event: Event, before: Place) -> Place:
        name = str(event.details.get("state"))
        fresh = self._entries.get((event.previous_event_id, name))
        return fresh or before.first(lambda it: it.name == name) or before


def _exit(event: Event, before: Place) -> Place:
    name = event.details["name"]
    left = before.first(lambda it: it.name == name and not it.has_exited)
    if left is None or left.around is None:
        return before
    left.has_exited = True
    return left.around


def _abort(kind: str, before: Place) -> None:
    found = before.first(lambda it: it.kind == kind and not it.is_aborted)
    if found is not None:
        found.is_aborted = True


def _note_try(event: Event, place: Place) -> None:
    """A try begins, starts or ends; of each visit at most one ends in a step."""
    kind = event.type
    if kind.endswith("Scheduled"):
        place.error = None
    elif kind.endswith("Started"):
        place.has_started = True
    if kind.endswith(_FAILURES):
        place.error = error_of(event)
    if kind.endswith(("Succeeded", *_FAILURES)) and place.ended is None:
        place.ended = event


def error_of(event: Event) -> str | None:
    """The name of the error that the event tells, if any."""
    error = event.details.get("error")
    return None if error is None else str(error)
