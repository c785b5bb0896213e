"""How lines of control move: enter a state, leave it, fail, retry, catch, end.

Failures propagate here and nowhere else: Retry, then Catch, then the parent state, and finally the
execution (ASL "Errors").
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from asw.asl.errors import (
    DATA_LIMIT_EXCEEDED,
    QUERY_EVALUATION_ERROR,
    RUNTIME,
    Failure,
    StatesError,
)
from asw.asl.model import WorkFields
from asw.asl.values import Json
from asw.engine.dataflow import Result, caught
from asw.engine.record import (
    Entering,
    Failed,
    Frame,
    OnBranches,
    OnIterations,
    OnMapRun,
    OnReading,
    OnRetry,
    OnWriting,
    changed,
)
from asw.engine.retry import CaughtBy, Decision, RetryAfter, counted, decide
from asw.engine.run import Run, Taken
from asw.engine.variables import assign

_AT_WORK: Final = (OnBranches, OnIterations, OnReading, OnMapRun, OnWriting)
"""What a Parallel or Map can wait for once its work has begun."""
NO_FREE_RETRIES: Final[Mapping[str, int]] = {}
"""The free retries that every line has used when it enters a state."""
ENTERING: Final = Entering()
"""What every line about to enter a state waits for."""


def texts(failure: Failure) -> dict[str, Json]:
    """Error and cause as event details; missing ones are left out."""
    pairs = (("error", failure.error), ("cause", failure.cause))
    return {name: text for name, text in pairs if text is not None}


def error_output(failure: Failure) -> Json:
    """ASL: the error output for a Catcher."""
    return {"Error": failure.error, "Cause": failure.cause}


def enter(run: Run, frame: Frame) -> Frame:
    """Write the event of the entry into the frame's state."""
    event = run.emit(
        run.behaviour_of(frame).entered,
        after=frame.last_event,
        name=frame.state,
        input=frame.input,
    )
    return run.put(at_entry(run, frame, event))


def at_entry(run: Run, frame: Frame, event: int, **changes: Any) -> Frame:
    """The frame after it has entered its state with the event, with further changes."""
    return changed(
        frame,
        last_event=event,
        state_event=event,
        entered_at=run.now,
        attempts=(),
        retry_count=0,
        free_retries=NO_FREE_RETRIES,
        **changes,
    )


def leave(run: Run, frame: Frame, result: Result, *, to: str | None) -> None:
    """Set the variables, write the exit; go on to the state ``to``, or end this line of control."""
    frame, output = run.frames[frame.id], result.output
    details = {"name": frame.state, "output": output}
    if result.assigned:
        frame = assign(run.frames, frame, result.assigned)
        details["assignedVariables"] = result.assigned
    event = run.emit(run.behaviour_of(frame).exited, after=frame.last_event, **details)
    if to is not None:
        onward = changed(frame, last_event=event, state=to, input=output, waiting=ENTERING)
        run.ready.add(run.put(onward))
        return
    frame = run.put(changed(frame, last_event=event))
    if frame.parent is None:
        run.emit_last("ExecutionSucceeded", after=frame.last_event, output=output)
        run.finish("SUCCEEDED", output=output)
    else:
        parent = run.frames[frame.parent]
        child_done = run.behaviour_of(parent).child_done
        attempt(run, parent, lambda: child_done(run, parent, frame, output))


def attempt(run: Run, frame: Frame, action: Callable[[], None]) -> None:
    """Run the action; a failing expression of the frame's state becomes the state's failure."""
    try:
        action()
    except StatesError as error:
        fail_by(run, frame, error)


def fail_by(run: Run, frame: Frame, error: StatesError) -> None:
    """Fail the frame's state because one of its expressions failed."""
    fail(run, frame, _reported(run, run.frames[frame.id], error))


def fail(run: Run, frame: Frame, failure: Failure) -> None:
    """The frame's state failed: retry it, catch it, or fail what encloses it."""
    frame = run.frames[frame.id]
    decision = _decision(run, frame, failure)
    if isinstance(decision, RetryAfter):
        _retry(run, frame, decision)
        return
    frame = _note_failed(run, frame, failure)
    if isinstance(decision, CaughtBy):
        _catch(run, frame, failure, decision)
    else:
        _fail_around(run, frame, failure)


def _note_failed(run: Run, frame: Frame, failure: Failure) -> Frame:
    """Write the event of a Parallel or Map that failed in its work.

    For States.Runtime AWS ends the whole execution without events of the enclosing states. It
    counts a JSONata expression as work.
    """
    behaviour, is_query = run.behaviour_of(frame), failure.error == QUERY_EVALUATION_ERROR
    is_at_work = isinstance(frame.waiting, _AT_WORK) and failure.error != RUNTIME
    if behaviour.is_failure_noted and (is_query or is_at_work):
        return run.note(frame, f"{behaviour.kind}StateFailed")
    return frame


def drop_children(run: Run, frame: Frame) -> None:
    """Forget the lines of control below a frame, and cancel their tasks."""
    for child in run.children_of(frame):
        run.drop(child)


def note_aborted(run: Run, frame: Frame) -> None:
    """Write, from the leaves up, that a line of control ends because another one failed."""
    for child in run.children_of(frame):
        note_aborted(run, child)
    behaviour = run.behaviour_of(frame)
    if behaviour.is_aborted and not isinstance(frame.waiting, Entering):
        run.emit(f"{behaviour.kind}StateAborted", after=run.frames[frame.id].last_event)


def _decision(run: Run, frame: Frame, failure: Failure) -> Decision:
    state = run.state_of(frame)
    if not isinstance(state, WorkFields):
        return None
    return decide(
        failure,
        state,
        attempts=frame.attempts,
        chance=run.scope(frame).chance,
        dialect=run.machine.dialect,
    )


def _retry(run: Run, frame: Frame, decision: RetryAfter) -> None:
    run.taken.append(Taken(frame.state, "retry", decision.index))
    drop_children(run, frame)
    if decision.delay <= timedelta(0):
        run.ready.add(frame)
    run.put(
        changed(
            frame,
            attempts=counted(frame.attempts, decision.index),
            retry_count=frame.retry_count + 1,
            waiting=OnRetry(until=run.now + decision.delay),
        )
    )


def _catch(run: Run, frame: Frame, failure: Failure, decision: CaughtBy) -> None:
    drop_children(run, frame)
    run.taken.append(Taken(frame.state, "catch", decision.index))
    catcher, state = decision.catcher, run.state_of(frame)
    assert isinstance(state, WorkFields), "only states that work have catchers"
    try:
        result = caught(state, catcher, frame.input, error_output(failure), run.scope(frame))
        leave(run, frame, result, to=catcher.next)
    except StatesError as error:
        told = _reported(run, run.frames[frame.id], error)
        _fail_around(run, _note_failed(run, run.frames[frame.id], told), told)


def _fail_around(run: Run, frame: Frame, failure: Failure) -> None:
    # AWS "Redriving": only the failed parts of a Parallel or Map run again, unless its own result
    # is too large.
    is_all_lost = failure.error == DATA_LIMIT_EXCEEDED and not run.children_of(frame)
    if is_all_lost or not isinstance(frame.waiting, OnBranches | OnIterations | OnMapRun):
        frame = run.wait(frame, Failed(failure))
    ends_all = failure.error == RUNTIME and not _is_tolerated(run, frame)
    if frame.parent is None or ends_all:
        run.emit_last("ExecutionFailed", after=frame.last_event, **texts(failure))
        run.finish("FAILED", failure=failure)
        return
    parent = run.frames[frame.parent]
    child_failed = run.behaviour_of(parent).child_failed
    # A Map that tolerates its last failure leaves its state, with expressions of its own.
    attempt(run, parent, lambda: child_failed(run, parent, frame, failure))


def _reported(run: Run, frame: Frame, error: StatesError) -> Failure:
    """The failure of an expression; a JSONata one gets an event (AWS: EvaluationFailed).

    Its cause begins with the state, as AWS words it.
    """
    failure = located(frame, error.failure)
    if failure.error == QUERY_EVALUATION_ERROR:
        details = texts(failure)
        if error.location is not None:
            details["location"] = error.location
        event = run.emit(
            "EvaluationFailed", after=run.before_entry(frame), **details, state=frame.state
        )
        run.put(changed(frame, last_event=event))
    return failure


def _is_tolerated(run: Run, frame: Frame) -> bool:
    """Whether the line runs within an iteration of a Map with tolerated failures."""
    while frame.parent is not None:
        frame = run.frames[frame.parent]
        if isinstance(frame.waiting, OnIterations) and frame.waiting.tolerance is not None:
            return True
    return False


def located(frame: Frame, failure: Failure) -> Failure:
    """The failure with a cause that begins with the state, as AWS words failed expressions."""
    if failure.error == DATA_LIMIT_EXCEEDED:
        return failure
    place = (
        f"An error occurred while executing the state '{frame.state}' "
        f"(entered at the event id #{frame.state_event}). "
    )
    return Failure(failure.error, place + (failure.cause or ""))
