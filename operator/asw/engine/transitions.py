"""How lines of control move: enter a state, leave it, fail, retry, catch, end.

Failures travel upwards here and nowhere else: Retry, then Catch, then the parent state, at last
the execution (ASL "Errors").
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from asw.asl.errors import DATA_LIMIT_EXCEEDED, Failure, StatesError
from asw.asl.model import WorkFields
from asw.asl.values import Json
from asw.engine.dataflow import placed_output
from asw.engine.record import Entering, Failed, Frame, OnBranches, OnIterations, OnRetry
from asw.engine.retry import CaughtBy, Decision, RetryAfter, counted, decide
from asw.engine.run import Run


def texts(failure: Failure) -> dict[str, Json]:
    """Error and cause as event details; what is not there is left out."""
    pairs = (("error", failure.error), ("cause", failure.cause))
    return {name: text for name, text in pairs if text is not None}


def error_output(failure: Failure) -> Json:
    """ASL: the error output that a Catcher places."""
    return {"Error": failure.error, "Cause": failure.cause}


def enter(run: Run, frame: Frame) -> Frame:
    """Note the entry into the frame's state."""
    kind = run.behaviour_of(frame).kind
    event = run.emit(
        f"{kind}StateEntered", after=frame.last_event, name=frame.state, input=frame.input
    )
    return run.put(
        replace(
            frame,
            last_event=event,
            state_event=event,
            entered_at=run.now,
            attempts=(),
            retry_count=0,
            free_retries=0,
        )
    )


def leave(run: Run, frame: Frame, output: Json, *, to: str | None) -> None:
    """Note the exit; go on to the state ``to``, or end this line of control."""
    kind = run.behaviour_of(frame).kind
    frame = run.note(frame, f"{kind}StateExited", name=frame.state, output=output)
    if to is not None:
        run.put(replace(frame, state=to, input=output, waiting=Entering()))
        run.ready.append(frame.id)
    elif frame.parent is None:
        run.emit_last("ExecutionSucceeded", after=frame.last_event, output=output)
        run.finish("SUCCEEDED", output=output)
    else:
        parent = run.frames[frame.parent]
        child_done = run.behaviour_of(parent).child_done
        attempt(run, parent, lambda: child_done(run, parent, frame, output))


def attempt(run: Run, frame: Frame, action: Callable[[], None]) -> None:
    """Do it; an expression of the frame's state that fails becomes the state's failure."""
    try:
        action()
    except StatesError as error:
        fail(run, frame, _located(run.frames[frame.id], error.failure))


def fail(run: Run, frame: Frame, failure: Failure) -> None:
    """The frame's state failed: retry it, catch it, or fail what is around it."""
    frame = run.frames[frame.id]
    decision = _decision(run, frame, failure)
    if isinstance(decision, RetryAfter):
        _retry(run, frame, decision)
        return
    behaviour = run.behaviour_of(frame)
    if behaviour.is_failure_noted and isinstance(frame.waiting, OnBranches | OnIterations):
        frame = run.note(frame, f"{behaviour.kind}StateFailed")
    if isinstance(decision, CaughtBy):
        _catch(run, frame, failure, decision)
    else:
        _fail_around(run, frame, failure)


def drop_children(run: Run, frame: Frame) -> None:
    """Forget the lines of control below a frame; their tasks are to be cancelled."""
    for child in run.children_of(frame):
        run.drop(child)


def note_aborted(run: Run, frame: Frame) -> None:
    """Note, from the leaves up, that a line of control ends because another one failed."""
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
        retriers=state.retry,
        catchers=state.catch,
        attempts=frame.attempts,
        chance=run.scope(frame).chance,
    )


def _retry(run: Run, frame: Frame, decision: RetryAfter) -> None:
    drop_children(run, frame)
    if decision.delay <= timedelta(0):
        run.ready.append(frame.id)
    run.put(
        replace(
            frame,
            attempts=counted(frame.attempts, decision.index),
            retry_count=frame.retry_count + 1,
            waiting=OnRetry(until=run.now + decision.delay),
        )
    )


def _catch(run: Run, frame: Frame, failure: Failure, decision: CaughtBy) -> None:
    drop_children(run, frame)
    catcher = decision.catcher
    try:
        output = placed_output(
            run, frame, run.state_of(frame), error_output(failure), result_path=catcher.result_path
        )
    except StatesError as error:
        _fail_around(run, frame, _located(frame, error.failure))
    else:
        leave(run, frame, output, to=catcher.next)


def _fail_around(run: Run, frame: Frame, failure: Failure) -> None:
    if not run.children_of(frame):
        frame = run.wait(frame, Failed(failure))
    if frame.parent is None:
        run.emit_last("ExecutionFailed", after=frame.last_event, **texts(failure))
        run.finish("FAILED", failure=failure)
        return
    parent = run.frames[frame.parent]
    run.behaviour_of(parent).child_failed(run, parent, frame, failure)


def _located(frame: Frame, failure: Failure) -> Failure:
    """The failure of an expression with a cause that begins with the place, as AWS words it."""
    if failure.error == DATA_LIMIT_EXCEEDED:
        return failure
    place = (
        f"An error occurred while executing the state '{frame.state}' "
        f"(entered at the event id #{frame.state_event}). "
    )
    return Failure(failure.error, place + (failure.cause or ""))
