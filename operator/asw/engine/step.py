"""``step``: from record, facts and now to the next record, commands and history. Pure.

Five laws hold for it, each a property test (tests/unit/engine): **pure**, the same arguments give
the same Step; **settled**, stepping again on the same facts and time changes nothing; **level**,
commands are what the record calls for minus what the facts show; **final**, a record with an
outcome does not change until a redrive; **cut**, a step that is cut after any transition and then
continued decides the same as a whole one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asw.asl.errors import RUNTIME, TIMEOUT, Failure
from asw.asl.model import StateMachine
from asw.asl.values import Json
from asw.engine.calls import is_request
from asw.engine.commands import CancelChild, CancelTask, Command, StartTask
from asw.engine.facts import Fact, TaskHeld
from asw.engine.history import Event
from asw.engine.limits import HISTORY_LIMIT, STEP_TRANSITIONS, Pace, unhurried
from asw.engine.map_run import map_run_commands
from asw.engine.nested import is_nested, start_execution
from asw.engine.record import (
    Entering,
    Failed,
    Frame,
    Header,
    OnMapRun,
    OnReading,
    OnRetry,
    OnTask,
    OnWriting,
    Record,
)
from asw.engine.redrive import redrive
from asw.engine.run import HistoryFullError, Run, Taken
from asw.engine.states import BEHAVIOURS
from asw.engine.straight import go_straight
from asw.engine.tokens import TokenOf, callback_token
from asw.engine.transitions import attempt, enter, texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The decision of one step.

    ``record`` is the given one (same object) if nothing changed. ``history`` holds only the new
    events, ``taken`` the paths that states with several took, ``heard`` the ordinals of calls
    that a report ended (``CALLBACKS``): any other report changed nothing. ``wake_at`` is the next
    instant at which time alone changes something, None for never; it is not after ``now`` if the
    step was cut or stopped at its bound of transitions and wants to go on at once.
    """

    record: Record
    commands: tuple[Command, ...] = ()
    history: tuple[Event, ...] = ()
    wake_at: datetime | None = None
    taken: tuple[Taken, ...] = ()
    heard: frozenset[int] = frozenset()


def begin(header: Header, input_value: Json) -> Record:
    """The record of an execution that has not started: no frames, no events."""
    return Record(header=header, input=input_value)


def step(  # noqa: PLR0913  all that a decision depends on
    machine: StateMachine,
    record: Record,
    facts: Sequence[Fact],
    now: datetime,
    may_go_on: Pace = unhurried,
    *,
    token_of: TokenOf = callback_token,
) -> Step:
    """Advance every line of control until it waits, and say what the outside must do.

    A record without frames (from ``begin``) is started: ExecutionStarted is its first event.
    While ``Suspended`` is among the facts, nothing new is started, retried or entered; ends are
    noted, due timers and timeouts fire, and running tasks are awaited. ``may_go_on`` may cut the
    step: the next one does the rest as if it were the same step. ``token_of`` gives Tasks the
    tokens of their callbacks.
    """
    run = Run(machine, record, facts, now, BEHAVIOURS)
    run.token_of = token_of
    try:
        _advance(run, may_go_on)
    except HistoryFullError:
        _end_full(run)
    if record.outcome is None or run.outcome is None:
        run.forget_cancelled()
    sealed = run.seal()
    return Step(
        record=sealed,
        commands=tuple(_commands(run, sealed)),
        history=tuple(run.history),
        wake_at=None if run.outcome is not None else _wake_at(run),
        taken=tuple(run.taken),
        heard=frozenset(run.heard),
    )


def end(machine: StateMachine, record: Record, failure: Failure, now: datetime) -> Step:
    """End an execution for a reason outside its states: it fails, and its tasks are cancelled."""
    run = Run(machine, record, (), now, BEHAVIOURS)
    if run.next_event == 1:
        _emit_start(run)
    run.emit_last("ExecutionFailed", after=run.next_event - 1, **texts(failure))
    run.finish("FAILED", failure=failure)
    sealed = run.seal()
    return Step(record=sealed, commands=tuple(_commands(run, sealed)), history=tuple(run.history))


def _advance(run: Run, may_go_on: Pace) -> None:
    if run.outcome is not None and not redrive(run):
        return
    if run.next_event == 1:
        if run.is_suspended and run.stop is None:
            return
        _start(run)
    if run.stop is not None:
        failure = Failure(run.stop.error, run.stop.cause)
        run.emit_last("ExecutionAborted", after=0, **texts(failure))
        run.finish("ABORTED", failure=failure)
        return
    if run.timeout_at is not None:
        run.end_by(run.timeout_at)
    for frame_id in list(run.frames):
        frame = run.frames.get(frame_id)
        if frame is not None and run.outcome is None:
            _look(run, frame)
    if not run.is_suspended:
        _go_on(run, may_go_on)
    if run.outcome is None and run.timeout_at is not None and run.now >= run.timeout_at:
        run.emit_last("ExecutionTimedOut", after=0, error=TIMEOUT)
        run.finish("TIMED_OUT", failure=Failure(TIMEOUT))


def _go_on(run: Run, may_go_on: Pace) -> None:
    """Enter states until every line of control waits or the step must end.

    At least one transition is always made.
    """
    left = STEP_TRANSITIONS
    while left > 0 and run.ready and run.outcome is None:
        if left < STEP_TRANSITIONS and not may_go_on():
            return
        frame = run.frames.get(run.ready.take())
        if frame is not None and isinstance(frame.waiting, Entering):
            gone = 0 if run.ready else go_straight(run, frame, left, may_go_on)
            if gone == 0:
                _work(run, enter(run, frame))
            left -= gone or 1
        elif frame is not None and _is_due(run, frame):
            _work(run, frame)
            left -= 1


def _is_due(run: Run, frame: Frame) -> bool:
    """Whether the frame waits for its next attempt and has waited long enough."""
    return isinstance(frame.waiting, OnRetry) and run.now >= frame.waiting.until


def _start(run: Run) -> None:
    _emit_start(run)
    if run.machine.timeout_seconds is not None:
        run.timeout_at = run.header.started_at + timedelta(seconds=run.machine.timeout_seconds)
    # AWS: the first state's event follows no event.
    run.open_frame(parent=None, index=0, last_event=0, value=run.before.input)


def _emit_start(run: Run) -> None:
    run.emit("ExecutionStarted", after=0, input=run.before.input, roleArn=run.header.role_arn)


def _look(run: Run, frame: Frame) -> None:
    """Compare what the frame waits for with facts and time."""
    waiting = frame.waiting
    if isinstance(waiting, Entering) or _is_due(run, frame):
        run.ready.add(frame)
    if isinstance(waiting, Entering | OnRetry | Failed):
        return
    look, state = run.behaviour_of(frame).look, run.state_of(frame)
    attempt(run, frame, lambda: look(run, frame, state))


def _work(run: Run, frame: Frame) -> None:
    work, state = run.behaviour_of(frame).work, run.state_of(frame)
    attempt(run, frame, lambda: work(run, frame, state))


def _end_full(run: Run) -> None:
    failure = Failure(
        RUNTIME, f"The execution reached the maximum number of history events ({HISTORY_LIMIT})."
    )
    run.heard.clear()
    run.emit_last("ExecutionFailed", after=run.next_event - 1, **texts(failure))
    run.finish("FAILED", failure=failure)


def _commands(run: Run, record: Record) -> Iterator[Command]:
    """The commands that the record calls for, minus what the facts show."""
    for ordinal in record.cancelling:
        if not run.has_ended(ordinal):
            yield CancelTask(task_id=record.task_id(ordinal))
    for ordinal in record.cancelling_children:
        if not run.has_ended(ordinal):
            yield CancelChild(task_id=record.task_id(ordinal))
    if record.outcome is not None or run.is_suspended:
        return
    for frame in record.frames.values():
        waiting = frame.waiting
        if isinstance(waiting, OnTask):
            shown = (it for it in run.facts_of(waiting.ordinal) if not isinstance(it, TaskHeld))
            if waiting.started_at is None and not any(shown):
                call = _start_task(record, frame, waiting)
                yield start_execution(call) if is_nested(waiting.invocation) else call
        elif isinstance(waiting, OnReading | OnMapRun | OnWriting):
            yield from map_run_commands(run, record, frame)


def _start_task(record: Record, frame: Frame, waiting: OnTask) -> StartTask:
    timeout = waiting.timeout_seconds
    return StartTask(
        task_id=record.task_id(waiting.ordinal),
        invocation=waiting.invocation,
        payload=waiting.payload,
        state=frame.state,
        frame=frame.id,
        attempt=frame.attempt,
        timeout=None if timeout is None else timedelta(seconds=timeout),
        held_at=waiting.held_at,
        bound_to=waiting.bound_to,
        is_request=is_request(waiting.call),
        ordinal=waiting.ordinal,
        redrive_count=record.redrive_count,
    )


def _wake_at(run: Run) -> datetime | None:
    instants = [] if run.timeout_at is None else [run.timeout_at]
    for frame in run.frames.values():
        match frame.waiting:
            case Entering() | OnRetry() if run.is_suspended:
                continue
            case Entering():
                return run.now
            case OnRetry(until=until):
                instants.append(until)
            case Failed():
                continue
            case _:
                at = run.behaviour_of(frame).next_look_at(frame, run.state_of(frame))
                instants.extend([] if at is None else [at])
    return min(instants, default=None)
