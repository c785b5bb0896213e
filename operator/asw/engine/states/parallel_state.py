"""Parallel: all branches at once; the result is the array of their outputs (ASL: Parallel)."""

from collections.abc import Iterable

from asw.asl.errors import Failure
from asw.asl.model import ParallelState
from asw.asl.values import Json
from asw.engine.dataflow import check_size, work_input, worked
from asw.engine.outputs import Outputs
from asw.engine.record import Frame, OnBranches, changed
from asw.engine.run import Behaviour, Run, again
from asw.engine.transitions import fail, leave, note_aborted


def _work(run: Run, frame: Frame, state: ParallelState) -> None:
    value = work_input(state, frame.input, run.scope(frame))
    frame = run.note(frame, "ParallelStateStarted")
    frame = run.wait(frame, OnBranches())
    _open(run, frame, range(min(len(state.branches), run.room)), value)


def _open(run: Run, frame: Frame, indexes: Iterable[int], value: Json) -> None:
    for index in indexes:
        run.open_frame(parent=frame, index=index, last_event=frame.last_event, value=value)


def _child_done(run: Run, frame: Frame, child: Frame, output: Json) -> None:
    state, waiting = run.state_of(frame), frame.waiting
    assert isinstance(state, ParallelState)
    assert isinstance(waiting, OnBranches)
    outputs = waiting.outputs.having(child.index, output)
    frame = run.put(
        changed(frame, waiting=OnBranches(outputs=outputs), last_event=child.last_event)
    )
    run.drop(child)
    if len(outputs) == len(state.branches):
        _succeed(run, frame, state, outputs)
        return
    opened = len(outputs) + len(run.children_of(frame))
    if opened < len(state.branches):
        _open(run, frame, [opened], work_input(state, frame.input, run.scope(frame)))


def _succeed(run: Run, frame: Frame, state: ParallelState, outputs: Outputs) -> None:
    result = outputs.in_order()
    check_size(frame.state, result)
    run.emit("ParallelStateSucceeded", after=frame.last_event)
    leave(run, frame, worked(state, frame.input, result, run.scope(frame)), to=state.next)


def _child_failed(run: Run, frame: Frame, child: Frame, failure: Failure) -> None:
    for open_child in run.children_of(frame):
        note_aborted(run, open_child)
    run.put(changed(frame, last_event=child.last_event))
    fail(run, frame, failure)


def _redrive(run: Run, frame: Frame, state: ParallelState) -> None:
    """Finished branches keep their outputs; open ones are redriven themselves."""
    waiting = frame.waiting
    if not isinstance(waiting, OnBranches):
        again(run, frame, state)
        return
    if len(waiting.outputs) == len(state.branches):
        _succeed(run, frame, state, waiting.outputs)
        return
    here = waiting.outputs.keys() | {child.index for child in run.children_of(frame)}
    missing = [index for index in range(len(state.branches)) if index not in here]
    if missing:
        value = work_input(state, frame.input, run.scope(frame))
        _open(run, frame, missing[: run.room], value)


BEHAVIOUR = Behaviour(
    kind="Parallel",
    work=_work,
    redrive=_redrive,
    child_done=_child_done,
    child_failed=_child_failed,
    is_aborted=True,
    is_failure_noted=True,
)
