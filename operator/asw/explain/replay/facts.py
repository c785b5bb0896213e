"""What the engine had seen of the outside, read from a history. Pure.

A history says when the engine saw something, not always when it happened: instants are chosen so
that the engine decides as it did. Of distributed Maps a history has only the end.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from asw.asl.errors import ITEM_READER_FAILED
from asw.asl.model import ABSENT, MapState, State
from asw.asl.values import Json
from asw.engine.calls import LAMBDA_INVOKE, is_request
from asw.engine.facts import (
    CallbackFailed,
    CallbackSucceeded,
    Fact,
    RedriveRequested,
    StopRequested,
    TaskFailed,
    TaskHeartbeat,
    TaskStarted,
    TaskSucceeded,
    TaskVanished,
)
from asw.engine.history import Event
from asw.engine.nested import is_child
from asw.engine.outputs import Outputs
from asw.engine.record import (
    Frame,
    OnMapRun,
    OnReading,
    OnRetry,
    OnTask,
    OnTimer,
    OnWriting,
    Record,
    changed,
)
from asw.engine.retry import is_loss
from asw.engine.task_ids import TaskId

_ENDS: Final = ("Succeeded", "Failed", "TimedOut")
_SUBMITTED: Final = "Submitted"
_CALLS: Final = ("LambdaFunction", "Task", "Activity")
_NOT_CALLS: Final = ("TaskState",)
ALMOST: Final = timedelta(microseconds=999)
"""What the instants of a history may lack: they are cut to the millisecond."""
_MILLISECOND: Final = timedelta(milliseconds=1)
_SOME_ITEMS: Final = (None,)
"""Stands for items that were read: a redrive goes on with them, and no event has them."""
MAP_RUN_ENDS: Final = ("MapRunSucceeded", "MapRunFailed")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A history, and for each event those that follow it on its line of control.

    ``may_repeat`` says whether its losses had free retries; no event says so.
    """

    events: Sequence[Event]
    after: Mapping[int, Sequence[Event]]
    may_repeat: bool = True

    @classmethod
    def of(cls, events: Sequence[Event]) -> "Recorded":
        """The history with its links reversed."""
        after: dict[int, list[Event]] = {}
        for event in events:
            after.setdefault(event.previous_event_id, []).append(event)
        return cls(events, after)

    def has_losses(self) -> bool:
        """Whether it has any losses."""
        return any(is_loss(it.details.get("error")) for it in self.events)

    def call_event(self, previous: int, *kinds: str) -> Event | None:
        """The event of a call that follows this one, if it is of one of these kinds."""
        for event in self.after.get(previous, ()):
            is_call = event.type.startswith(_CALLS) and not event.type.startswith(_NOT_CALLS)
            if is_call and event.type.endswith(kinds):
                return event
        return None

    def call_end(self, previous: int) -> Event | None:
        """The end of a call that follows this event, at once or after what was submitted."""
        submitted = self.call_event(previous, _SUBMITTED)
        return self.call_event(previous if submitted is None else submitted.id, *_ENDS)

    def map_run_end(self, previous: int) -> Event | None:
        """The end of a Map Run that follows this event."""
        ends = (it for it in self.after.get(previous, ()) if it.type in MAP_RUN_ENDS)
        return next(ends, None)


def facts_until(recorded: Recorded, record: Record, limit: int, now: datetime) -> Iterator[Fact]:
    """What a step saw that made the events up to the id ``limit`` at the instant ``now``."""
    first = recorded.events[record.next_event - 1] if record.next_event > 1 else None
    if first is not None and first.id <= limit:
        yield from _orders(first)
    for frame in record.frames.values():
        waiting = frame.waiting
        if isinstance(waiting, OnTask) and record.outcome is None:
            task_id = record.task_id(waiting.ordinal)
            yield from _of_call(recorded, frame, waiting, _Until(task_id, limit, now))
        elif isinstance(waiting, OnReading) and record.outcome is None:
            end = recorded.map_run_end(frame.last_event)
            if end is not None and end.id <= limit:
                task_id, cause = record.task_id(waiting.ordinal), end.details.get("cause")
                yield TaskVanished(task_id=task_id, at=frame.entered_at, reason=str(cause or ""))
        elif isinstance(waiting, OnWriting) and record.outcome is None:
            yield from _of_map_run(recorded, record, frame, limit)


def _orders(event: Event) -> Iterator[Fact]:
    if event.type == "ExecutionAborted":
        yield StopRequested(error=event.details.get("error"), cause=event.details.get("cause"))
    elif event.type == "ExecutionRedriven":
        yield RedriveRequested(number=int(event.details.get("redriveCount") or 1))


@dataclass(frozen=True, slots=True)
class _Until:
    task_id: TaskId
    limit: int
    now: datetime


def _of_call(recorded: Recorded, frame: Frame, waiting: OnTask, until: _Until) -> Iterator[Fact]:
    started, last = waiting.started_at, frame.last_event
    if started is None and (event := recorded.call_event(last, "Started")) is not None:
        if event.id > until.limit:
            return
        started, last = _start_of(recorded, waiting, event), event.id
        worker = event.details.get("workerName")
        if not is_child(waiting) or recorded.call_event(last, "Failed") is None:
            yield TaskStarted(task_id=until.task_id, at=started, worker=worker)
    submitted = recorded.call_event(last, _SUBMITTED)
    if submitted is not None and submitted.id <= until.limit:
        output = _answer(waiting, submitted.details.get("output"))
        at = started or waiting.scheduled_at
        yield TaskSucceeded(task_id=until.task_id, at=at, output=output)
        waiting = replace(waiting, is_submitted=True)
    end = recorded.call_end(last)
    if waiting.heartbeat_seconds is not None and started is not None:
        yield TaskHeartbeat(task_id=until.task_id, at=_beat(waiting, started, end, until.now))
    if end is not None and end.id <= until.limit:
        # It was decided that it came in time: the earliest instant surely does.
        for fact in _end(waiting, end, until.task_id, started or waiting.scheduled_at):
            if isinstance(fact, TaskVanished):
                yield replace(fact, may_repeat=recorded.may_repeat)
            else:
                yield fact


def _start_of(recorded: Recorded, waiting: OnTask, event: Event) -> datetime:
    """When the call started: early enough for its time-out, if it timed out, late enough if not."""
    end = recorded.call_end(event.id)
    latest = event.at + (ALMOST if event.at.microsecond % 1000 == 0 else timedelta(0))
    if end is None or not end.type.endswith("TimedOut") or waiting.timeout_seconds is None:
        return latest
    by_deadline = end.at - timedelta(seconds=waiting.timeout_seconds)
    is_heartbeat = waiting.heartbeat_seconds is not None and by_deadline < event.at
    return event.at if is_heartbeat else min(latest, by_deadline)


def _beat(waiting: OnTask, started: datetime, end: Event | None, now: datetime) -> datetime:
    """The last heartbeat: just now, unless the lack of one ended the call."""
    assert waiting.heartbeat_seconds is not None
    if end is None or not end.type.endswith("TimedOut"):
        return now
    limit = waiting.timeout_seconds
    if limit is not None and end.at >= started + timedelta(seconds=limit):
        return now
    return max(started, min(now, end.at - timedelta(seconds=waiting.heartbeat_seconds)))


def _end(waiting: OnTask, event: Event, task_id: TaskId, at: datetime) -> Iterator[Fact]:
    error, cause = event.details.get("error"), event.details.get("cause")
    if event.type.endswith("Succeeded") and is_request(waiting.call):
        yield CallbackSucceeded(task_id=task_id, at=at, output=event.details.get("output"))
    elif event.type.endswith("Failed") and (waiting.is_submitted or error is None):
        yield CallbackFailed(task_id=task_id, at=at, error=error, cause=cause)
    elif event.type.endswith("Succeeded"):
        output = _answer(waiting, event.details.get("output"))
        yield TaskSucceeded(task_id=task_id, at=at, output=output)
    elif event.type.endswith("Failed"):
        if is_loss(error):
            yield TaskVanished(task_id=task_id, at=at, error=str(error), reason=str(cause or ""))
        else:
            # An execution that could not be started shows this and no more.
            started = at if is_child(waiting) else None
            yield TaskFailed(
                task_id=task_id, at=at, error=str(error), cause=cause, started_at=started
            )


def _answer(waiting: OnTask, result: Json) -> Json:
    """The function's answer in a result that may wrap it (AWS: lambda:invoke)."""
    is_wrapped = waiting.call.partition(".")[0] == LAMBDA_INVOKE
    return (result or {}).get("Payload") if is_wrapped else result


# Time


def timers_as_recorded(recorded: Recorded, record: Record, limit: int, now: datetime) -> Record:
    """The record with timers that end in the order of the history.

    Instants of a history are cut to the millisecond, so two that are closer may seem reversed. No
    timer is moved by more than that.
    """
    frames = dict(record.frames)
    for frame in record.frames.values():
        waiting = frame.waiting
        if isinstance(waiting, OnTimer | OnRetry):
            until = _moved(waiting.until, now, is_over=_is_over(recorded, record, frame, limit))
            if until != waiting.until:
                frames[frame.id] = changed(frame, waiting=replace(waiting, until=until))
        elif isinstance(waiting, OnTask):
            started = _started_as_recorded(recorded, record, frame, (limit, now))
            if started != waiting.started_at:
                frames[frame.id] = changed(frame, waiting=replace(waiting, started_at=started))
    timeout_at = record.timeout_at
    if timeout_at is not None:
        last = recorded.events[limit - 1]
        timeout_at = _moved(timeout_at, now, is_over=last.type == "ExecutionTimedOut")
    if frames == record.frames and timeout_at == record.timeout_at:
        return record
    return replace(record, frames=frames, timeout_at=timeout_at)


def _started_as_recorded(
    recorded: Recorded, record: Record, frame: Frame, until: tuple[int, datetime]
) -> datetime | None:
    """When the call started, moved so that its deadline passes when the history says."""
    waiting, (limit, now) = frame.waiting, until
    assert isinstance(waiting, OnTask)
    if waiting.started_at is None or waiting.timeout_seconds is None:
        return waiting.started_at
    deadline, _ = waiting.deadlines()
    assert deadline is not None
    end = recorded.call_end(frame.last_event)
    if end is not None and not end.type.endswith("TimedOut"):
        end = None
    is_over = end is not None and record.next_event <= end.id <= limit
    return waiting.started_at + (_moved(deadline, now, is_over=is_over) - deadline)


def _moved(until: datetime, now: datetime, *, is_over: bool) -> datetime:
    if abs(until - now) > _MILLISECOND:
        return until
    return min(until, now) if is_over else max(until, now + _MILLISECOND)


def _is_over(recorded: Recorded, record: Record, frame: Frame, limit: int) -> bool:
    """Whether the line went on by then."""
    following = recorded.after.get(frame.last_event, ())
    made = range(record.next_event, limit + 1)
    return any(it.id in made and not it.type.endswith("Aborted") for it in following)


# Distributed Maps


def map_runs_ending(recorded: Recorded, record: Record, limit: int) -> Record:
    """The record in which Map Runs that end by now only wait for their results to be written.

    No event says what their children did: the recorded end is taken.
    """
    frames = dict(record.frames)
    for frame in record.frames.values():
        end = recorded.map_run_end(frame.last_event)
        is_open = isinstance(frame.waiting, OnReading | OnMapRun)
        if is_open and end is not None and end.id <= limit and not _is_unread(frame, end):
            frames[frame.id] = changed(frame, waiting=_writing(frame.waiting))
        elif isinstance(frame.waiting, OnReading) and _was_redriven(recorded, frame):
            frames[frame.id] = changed(frame, waiting=_reading_done(frame.waiting))
    return replace(record, frames=frames) if frames != record.frames else record


def _is_unread(frame: Frame, end: Event) -> bool:
    """Whether the Map Run ended because its items could not be read."""
    is_reading = isinstance(frame.waiting, OnReading)
    return is_reading and end.details.get("error") == ITEM_READER_FAILED


def _was_redriven(recorded: Recorded, frame: Frame) -> bool:
    """Whether a redrive resumed the Map Run: its items had been read by then."""
    return any(it.type == "MapRunRedriven" for it in recorded.after.get(frame.last_event, ()))


def _reading_done(waiting: OnReading) -> OnMapRun:
    return OnMapRun(
        items=_SOME_ITEMS,
        map_run=waiting.map_run,
        first_ordinal=waiting.ordinal,
        next_index=len(_SOME_ITEMS),
        open_children=tuple(range(len(_SOME_ITEMS))),
    )


def _writing(waiting: object) -> OnWriting:
    if isinstance(waiting, OnReading):
        return OnWriting(
            ordinal=waiting.ordinal,
            map_run=waiting.map_run,
            parameters={},
            items=_SOME_ITEMS,
            first_ordinal=waiting.ordinal,
            outputs=Outputs(),
            failures=Outputs(),
        )
    assert isinstance(waiting, OnMapRun)
    return OnWriting(
        ordinal=waiting.first_ordinal,
        map_run=waiting.map_run,
        parameters={},
        items=waiting.items,
        first_ordinal=waiting.first_ordinal,
        moved=waiting.moved,
        outputs=waiting.outputs,
        failures=waiting.failures,
    )


def _of_map_run(recorded: Recorded, record: Record, frame: Frame, limit: int) -> Iterator[Fact]:
    waiting = frame.waiting
    assert isinstance(waiting, OnWriting)
    end = recorded.map_run_end(frame.last_event)
    if end is None or end.id > limit:
        return
    task_id, at = record.task_id(waiting.ordinal), frame.entered_at
    if end.type == "MapRunFailed":
        error, cause = end.details.get("error"), end.details.get("cause")
        yield TaskFailed(task_id=task_id, at=at, error=str(error), cause=cause)
        return
    exited = recorded_exit(recorded, end)
    output = exited.details.get("output") if exited else None
    yield TaskSucceeded(task_id=task_id, at=at, output=output)


def recorded_exit(recorded: Recorded, end: Event) -> Event | None:
    """The exit of a Map whose Map Run succeeded by the event ``end``."""
    following = recorded.after.get(end.id, ())
    return next((it for it in following if it.type == "MapStateExited"), None)


def taken_as_left(state: State, exited: Event) -> State:
    """The Map with its recorded output: it does not process its result again.

    Only if it processes it at all, because no event has the result itself.
    """
    assert isinstance(state, MapState)
    made = (state.result_selector, state.assign, state.output)
    if all(it is ABSENT for it in made) and state.result_path == "$" == state.output_path:
        return state
    return replace(
        state,
        result_selector=ABSENT,
        output=ABSENT,
        assign=exited.details.get("assignedVariables", ABSENT),
        result_path="$",
        output_path="$",
    )
