"""The working copy of a record during one step, and what a state type does to it.

Nothing outside the step sees a ``Run``: ``step`` makes it from a record and seals it into the next
one. A ``Behaviour`` is a row of the table of state types; ``engine/states`` has one module per
type. It changes the run and never returns a decision: the run's frames say what is awaited.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

from asw.asl.errors import Failure
from asw.asl.model import Block, MapState, ParallelState, State, StateMachine, TaskState
from asw.asl.resources import has_token
from asw.asl.scope import Scope
from asw.asl.values import Json, JsonObject
from asw.engine.chance import Chance
from asw.engine.context import context_object
from asw.engine.dataflow import Result
from asw.engine.facts import (
    Fact,
    Order,
    RedriveRequested,
    StopRequested,
    Suspended,
    TaskFact,
    has_ended,
)
from asw.engine.history import Event
from asw.engine.limits import HISTORY_LIMIT, OPEN_LINES
from asw.engine.nested import is_awaited_child, is_child
from asw.engine.ready import Ready
from asw.engine.record import (
    Entering,
    Failed,
    Frame,
    OnMapRun,
    OnReading,
    OnRetry,
    OnTask,
    OnWriting,
    Outcome,
    Record,
    Status,
    Waiting,
    awaited,
    changed,
)
from asw.engine.tokens import TokenOf, callback_token
from asw.engine.variables import visible


class HistoryFullError(Exception):
    """The history has room only for its last event; the step ends the execution with it."""


class Taken(NamedTuple):
    """The path that a state took among several: its n-th Choice rule, Retrier or Catcher.

    A Choice's Default has the number NO_RULE (``asw.engine.dataflow``).
    """

    state: str
    by: Literal["rule", "retry", "catch"]
    number: int


class Run:
    """The working copy of a record during one step.

    ``behaviours`` is the table of state types; ``ready`` holds the frames that can go on.
    """

    def __init__(
        self,
        machine: StateMachine,
        record: Record,
        facts: Sequence[Fact],
        now: datetime,
        behaviours: Mapping[type[Any], "Behaviour"],
    ) -> None:
        self.machine = machine
        self.behaviours = behaviours
        self.before = record
        self.header = record.header
        self.token_of: TokenOf = callback_token
        self.now = now
        self.frames: dict[int, Frame] = dict(record.frames)
        self.next_frame = record.next_frame
        self.next_ordinal = record.next_ordinal
        self.next_event = record.next_event
        self.cancelling = list(record.cancelling)
        self.cancelling_children = list(record.cancelling_children)
        self.outcome = record.outcome
        self.redrive_count = record.redrive_count
        self.timeout_at = record.timeout_at
        self.history: list[Event] = []
        self.taken: list[Taken] = []
        self.heard: set[int] = set()
        self.ready = Ready()
        self._below: dict[int, dict[int, None]] | None = None
        self._has_changed = False
        self.stop = next((fact for fact in facts if isinstance(fact, StopRequested)), None)
        self.redrives = [fact.number for fact in facts if isinstance(fact, RedriveRequested)]
        self.is_suspended = any(isinstance(fact, Suspended) for fact in facts)
        self._facts = _by_ordinal(record, facts)
        self._is_late = False

    # Facts

    def end_by(self, instant: datetime) -> None:
        """If the instant has passed, go on as of it: what came later does not count."""
        self._is_late = self.now > instant
        self.now = min(self.now, instant)

    def facts_of(self, ordinal: int) -> Sequence[TaskFact]:
        """The known facts about one start that count, in no particular order."""
        facts = self._facts.get(ordinal, ())
        return [fact for fact in facts if fact.at <= self.now] if self._is_late else facts

    def has_ended(self, ordinal: int) -> bool:
        """Whether the task or child of a start is over, even too late to count."""
        return has_ended(self._facts.get(ordinal, ()))

    # Frames

    def state_of(self, frame: Frame) -> State:
        """The state that the frame is in."""
        return self.block_of(frame).states[frame.state]

    def block_of(self, frame: Frame) -> Block:
        """The block of states that the frame runs through."""
        if frame.parent is None:
            return self.machine.block
        parent = self.state_of(self.frames[frame.parent])
        if isinstance(parent, ParallelState):
            return parent.branches[frame.index]
        assert isinstance(parent, MapState)
        return parent.item_processor

    def behaviour_of(self, frame: Frame) -> "Behaviour":
        """The behaviour of the frame's state type."""
        return self.behaviours[type(self.state_of(frame))]

    def children_of(self, frame: Frame) -> list[Frame]:
        """The open frames below, in opening order."""
        if self._below is None:  # most steps ask for none, some for those of ten thousand frames
            self._below = {}
            for each in self.frames.values():
                if each.parent is not None:
                    self._below.setdefault(each.parent, {})[each.id] = None
        return [self.frames[child] for child in self._below.get(frame.id, ())]

    @property
    def room(self) -> int:
        """How many lines of control a state may open now; always at least one."""
        return max(OPEN_LINES - len(self.frames), 1)

    def put(self, frame: Frame) -> Frame:
        """Store the new version of a frame."""
        self.frames[frame.id] = frame
        self._has_changed = True
        return frame

    def wait(self, frame: Frame, waiting: Waiting) -> Frame:
        """The frame now waits for this."""
        return self.put(changed(self.frames[frame.id], waiting=waiting))

    def open_frame(
        self, *, parent: Frame | None, index: int, last_event: int, value: Json
    ) -> Frame:
        """A new line of control, about to enter the first state of its block."""
        frame = Frame(
            id=self.next_frame,
            parent=None if parent is None else parent.id,
            index=index,
            last_event=last_event,
            state="",
            state_event=0,
            entered_at=self.now,
            input=value,
            waiting=Entering(),
        )
        self.next_frame += 1
        frame = self.put(changed(frame, state=self.block_of(frame).start_at))
        if parent is not None and self._below is not None:
            self._below.setdefault(parent.id, {})[frame.id] = None
        self.ready.add(frame)
        return frame

    def drop(self, frame: Frame) -> None:
        """Forget a frame and all below it, and cancel the tasks that they waited for."""
        for child in self.children_of(frame):
            self.drop(child)
        self.abandon(frame)
        del self.frames[frame.id]
        if frame.parent is not None and self._below is not None:
            del self._below[frame.parent][frame.id]

    def abandon(self, frame: Frame) -> None:
        """Cancel what the frame waited for; an execution that nobody waited for goes on."""
        self._has_changed = True
        waiting = self.frames[frame.id].waiting
        if isinstance(waiting, OnMapRun) or is_awaited_child(waiting):
            self.cancelling_children.extend(awaited(waiting))
        elif not is_child(waiting):
            self.cancelling.extend(awaited(waiting))

    def forget_cancelled(self) -> None:
        """Forget to cancel what has ended."""
        for ordinals in (self.cancelling, self.cancelling_children):
            alive = [ordinal for ordinal in ordinals if not self.has_ended(ordinal)]
            if len(alive) < len(ordinals):
                ordinals[:] = alive
                self._has_changed = True

    def draw_ordinal(self, count: int = 1) -> int:
        """Take the ordinals of the next ``count`` starts outside; returns the first."""
        ordinal = self.next_ordinal
        self.next_ordinal += count
        return ordinal

    # History

    def emit(self, type_: str, *, after: int, **details: Json) -> int:
        """Write an event that follows the event ``after``; returns its id."""
        event = self.next_event
        if event >= HISTORY_LIMIT:
            raise HistoryFullError
        self.history.append(Event(event, after, type_, self.now, details))
        self.next_event = event + 1
        self._has_changed = True
        return event

    def emit_last(self, type_: str, *, after: int, **details: Json) -> int:
        """Write the event that ends the execution, for which there is always room."""
        event = self.next_event
        self.history.append(Event(event, after, type_, self.now, details))
        self.next_event = event + 1
        self._has_changed = True
        return event

    def note(self, frame: Frame, type_: str, **details: Json) -> Frame:
        """Write an event of this line of control; the line's next event follows it."""
        frame = self.frames[frame.id]
        event = self.emit(type_, after=frame.last_event, **details)
        return self.put(changed(frame, last_event=event))

    def before_entry(self, frame: Frame) -> int:
        """The event before the entry into the frame's state, if it has no later event yet."""
        entry = frame.state_event - self.before.next_event
        is_fresh = frame.last_event == frame.state_event and 0 <= entry < len(self.history)
        return self.history[entry].previous_event_id if is_fresh else frame.last_event

    # Ends

    def finish(
        self, status: Status, *, output: Json = None, failure: Failure | None = None
    ) -> None:
        """End the execution; a failed one keeps its frames for a redrive."""
        self.outcome = Outcome(status=status, at=self.now, output=output, failure=failure)
        for frame in list(self.frames.values()):
            self.abandon(frame)
            if status == "SUCCEEDED":
                del self.frames[frame.id]
            elif isinstance(frame.waiting, OnTask | OnReading):
                self.wait(frame, Failed(failure or Failure(None)))
            elif isinstance(frame.waiting, OnMapRun | OnWriting):
                self.wait(frame, frame.waiting.interrupted())
        self._below = None
        self.ready.clear()

    # Expressions

    def scope(self, frame: Frame) -> Scope:
        """What the frame's expressions can read now: one scope per moment.

        Chance is seeded by the execution, the state's entry and the place in the history, so the
        same step draws the same numbers and a retry draws others.
        """
        return Scope(
            context=partial(self.context, frame),
            chance=self.chance(frame.state_event),
            variables=visible(self.frames, frame),
            now=self.now,
        )

    def chance(self, state_event: int) -> Chance:
        """Chance for the moment after the latest event, in the state entered by ``state_event``."""
        return Chance(self.header.uid, state_event, self.next_event)

    def context(self, frame: Frame) -> JsonObject:
        """The context object as the frame's state sees it."""
        line = [frame]
        while (parent := line[-1].parent) is not None:
            line.append(self.frames[parent])
        state = self.state_of(frame)
        token = self._token(frame, state)
        return context_object(self.before, self.redrive_count, state, line, token=token)

    def _token(self, frame: Frame, state: State) -> str | None:
        """The token of the attempt at hand, or of the one that is about to begin."""
        if not isinstance(state, TaskState) or not has_token(state.resource):
            return None
        waiting = self.frames[frame.id].waiting
        ordinal = waiting.ordinal if isinstance(waiting, OnTask) else self.next_ordinal
        return self.token_of(self.before.task_id(ordinal))

    # Sealing

    def seal(self) -> Record:
        """The next record: the given one itself if nothing changed."""
        if not self._has_changed:
            return self.before
        return replace(
            self.before,
            frames=self.frames,
            next_frame=self.next_frame,
            next_ordinal=self.next_ordinal,
            next_event=self.next_event,
            cancelling=tuple(self.cancelling),
            cancelling_children=tuple(self.cancelling_children),
            outcome=self.outcome,
            redrive_count=self.redrive_count,
            timeout_at=self.timeout_at,
        )


def _by_ordinal(record: Record, facts: Sequence[Fact]) -> dict[int, list[TaskFact]]:
    found: dict[int, list[TaskFact]] = {}
    uid = record.header.uid
    for fact in facts:
        if isinstance(fact, Order):
            continue
        of, ordinal = fact.task_id
        if of != uid:
            continue
        if ordinal in found:
            found[ordinal].append(fact)
        else:
            found[ordinal] = [fact]
    return found


Work: TypeAlias = Callable[[Run, Frame, Any], None]
ChildDone: TypeAlias = Callable[[Run, Frame, Frame, Json], None]
Decide: TypeAlias = Callable[[Any, Json, Scope], tuple[Result, str | None]]
ChildFailed: TypeAlias = Callable[[Run, Frame, Frame, Failure], None]


def _nothing(_run: Run, _frame: Frame, _state: Any) -> None:
    """Facts and time mean nothing to this state type."""


def again(run: Run, frame: Frame, _state: Any) -> None:
    """A redrive restarts a state that failed or waited to retry; others keep waiting."""
    if isinstance(frame.waiting, Failed | OnRetry):
        run.wait(frame, OnRetry(until=run.now))


def _never(_frame: Frame, _state: Any) -> datetime | None:
    return None


def _no_child(_run: Run, frame: Frame, _child: Frame, _value: Any) -> None:
    raise AssertionError(f"state {frame.state!r} has no children")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One state type.

    ``kind`` begins its event names (``PassStateEntered``). ``decide`` serves types that wait for
    nothing: it maps state, raw input and scope to the result and the next state. ``work`` begins
    the state's work, after its entry and again for each retry. ``look`` compares what the frame
    waits for with facts and time; ``next_look_at`` is when time alone matters. ``redrive`` resumes
    what failed, or was interrupted when the execution ended. ``child_done`` and ``child_failed``
    are called for child frames. ``is_aborted`` says whether a sibling's failure leaves a
    ``...StateAborted`` event, ``is_failure_noted`` whether its own failure, once its work has
    begun, leaves a ``...StateFailed`` event.
    """

    kind: str
    work: Work
    decide: Decide | None = None
    look: Work = _nothing
    next_look_at: Callable[[Frame, Any], datetime | None] = _never
    redrive: Work = again
    child_done: ChildDone = _no_child
    child_failed: ChildFailed = _no_child
    is_aborted: bool = False
    is_failure_noted: bool = False
    entered: str = field(init=False)
    exited: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "entered", f"{self.kind}StateEntered")
        object.__setattr__(self, "exited", f"{self.kind}StateExited")
