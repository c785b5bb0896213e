"""Parallel: all branches at once; the result is the array of their outputs (ASL: Parallel)."""

from dataclasses import replace

from asw.asl.errors import Failure
from asw.asl.model import ParallelState
from asw.asl.values import Json
from asw.engine.dataflow import check_size, with_parameters, worked_output
from asw.engine.record import Frame, OnBranches
from asw.engine.run import Behaviour, Run
from asw.engine.transitions import fail, leave, note_aborted


def _work(run: Run, frame: Frame, state: ParallelState) -> None:
    value = with_parameters(run, frame, state)
    frame = run.note(frame, "ParallelStateStarted")
    frame = run.wait(frame, OnBranches())
    for index in range(len(state.branches)):
        run.open_frame(parent=frame, index=index, last_event=frame.last_event, value=value)


def _child_done(run: Run, frame: Frame, child: Frame, output: Json) -> None:
    state, waiting = run.state_of(frame), frame.waiting
    assert isinstance(state, ParallelState)
    assert isinstance(waiting, OnBranches)
    outputs = {**waiting.outputs, child.index: output}
    frame = run.put(
        replace(frame, waiting=OnBranches(outputs=outputs), last_event=child.last_event)
    )
    run.drop(child)
    if len(outputs) == len(state.branches):
        result = [outputs[index] for index in range(len(outputs))]
        check_size(frame.state, result)
        run.emit("ParallelStateSucceeded", after=frame.last_event)
        leave(run, frame, worked_output(run, frame, state, result), to=state.next)


def _child_failed(run: Run, frame: Frame, child: Frame, failure: Failure) -> None:
    for open_child in run.children_of(frame):
        note_aborted(run, open_child)
    run.put(replace(frame, last_event=child.last_event))
    fail(run, frame, failure)


BEHAVIOUR = Behaviour(
    kind="Parallel",
    work=_work,
    child_done=_child_done,
    child_failed=_child_failed,
    is_aborted=True,
    is_failure_noted=True,
)
