"""Map: the same states for each item, a bounded number at the same time (ASL: Map State).

This is the inline Map, whose iterations are lines of control of the same run; ``map_run`` has the
distributed Map, whose children are runs of their own.
"""

from dataclasses import replace

from asw.asl.errors import RUNTIME, Failure
from asw.asl.model import MapState
from asw.asl.values import Json
from asw.engine import map_run
from asw.engine.dataflow import check_size, worked
from asw.engine.limits import INLINE_MAP_CONCURRENCY
from asw.engine.map_items import (
    THRESHOLD_EXCEEDED,
    map_items,
    max_concurrency,
    selected_item,
    tolerance_of,
)
from asw.engine.outputs import Outputs
from asw.engine.record import Frame, OnIterations, OnMapRun, changed
from asw.engine.run import Behaviour, Run, again
from asw.engine.transitions import error_output, fail, leave, note_aborted


def _work(run: Run, frame: Frame, state: MapState) -> None:
    if state.distribution is not None:
        map_run.begin_map_run(run, frame, state)
        return
    scope = run.scope(frame)
    items = map_items(state, frame.input, scope)
    room = min(_room(max_concurrency(state, frame.input, scope)), run.room)
    frame = run.note(frame, "MapStateStarted", length=len(items))
    waiting = OnIterations(
        items=items,
        max_concurrency=room,
        tolerance=tolerance_of(state, frame.input, scope),
    )
    _go_on(run, run.wait(frame, waiting), state)


def _room(wanted: int) -> int:
    """How many iterations may be open (ASL: 0 is as many as possible; AWS: 40 inline)."""
    return min(wanted or INLINE_MAP_CONCURRENCY, INLINE_MAP_CONCURRENCY)


def _go_on(run: Run, frame: Frame, state: MapState) -> None:
    """Open iterations while there is room; leave the state when all are done."""
    waiting = frame.waiting
    assert isinstance(waiting, OnIterations)
    ended = len(waiting.outputs) + len(waiting.failures)
    if ended == len(waiting.items):
        result = _result(waiting)
        check_size(frame.state, result)
        run.emit("MapStateSucceeded", after=frame.last_event)
        leave(run, frame, worked(state, frame.input, result, run.scope(frame)), to=state.next)
        return
    places = 0 if run.is_suspended else waiting.places
    if places <= 0:
        return
    new = max(places - len(waiting.again), 0)
    until = waiting.next_index + new
    for index in (*waiting.again[:places], *range(waiting.next_index, until)):
        _open(run, frame, state, index)
    run.wait(frame, replace(waiting, next_index=until, again=waiting.again[places:]))


def _look(run: Run, frame: Frame, state: MapState) -> None:
    """An inline Map has free places to fill only after a suspension."""
    waiting = frame.waiting
    if not isinstance(waiting, OnIterations):
        map_run.look_at_map_run(run, frame, state)
    elif waiting.places > 0:
        _go_on(run, frame, state)


def _redrive(run: Run, frame: Frame, state: MapState) -> None:
    """Finished iterations keep their outputs; open ones are redriven themselves."""
    waiting = frame.waiting
    if isinstance(waiting, OnMapRun):
        map_run.redrive_map_run(run, frame, state)
        return
    if not isinstance(waiting, OnIterations):
        again(run, frame, state)
        return
    are_open = {child.index for child in run.children_of(frame)}
    until = max(waiting.next_index, *(index + 1 for index in are_open), 0)
    lost = tuple(
        index for index in range(until) if index not in waiting.outputs and index not in are_open
    )
    taken_up = replace(waiting, next_index=until, again=lost, failures=Outputs())
    _go_on(run, run.wait(frame, taken_up), state)


def _result(waiting: OnIterations) -> list[Json]:
    """The outputs of the iterations in order, or the error output of a tolerated failure."""
    if not waiting.failures:
        return waiting.outputs.in_order()
    ends = {**waiting.outputs, **waiting.failures}
    return [ends[index] for index in range(len(waiting.items))]


def _open(run: Run, frame: Frame, state: MapState, index: int) -> None:
    waiting = frame.waiting
    assert isinstance(waiting, OnIterations)
    item = (index, waiting.items[index])
    value = selected_item(state, frame.input, item, run.scope(frame))
    started = run.emit("MapIterationStarted", after=frame.last_event, name=frame.state, index=index)
    run.open_frame(parent=frame, index=index, last_event=started, value=value)


def _child_done(run: Run, frame: Frame, child: Frame, output: Json) -> None:
    state, waiting = run.state_of(frame), frame.waiting
    assert isinstance(state, MapState)
    assert isinstance(waiting, OnIterations)
    run.emit("MapIterationSucceeded", after=child.last_event, name=frame.state, index=child.index)
    outputs = waiting.outputs.having(child.index, output)
    frame = run.put(
        changed(frame, waiting=replace(waiting, outputs=outputs), last_event=child.last_event)
    )
    run.drop(child)
    _go_on(run, frame, state)


def _child_failed(run: Run, frame: Frame, child: Frame, failure: Failure) -> None:
    waiting, state = frame.waiting, run.state_of(frame)
    assert isinstance(waiting, OnIterations)
    assert isinstance(state, MapState)
    if waiting.tolerance is None:
        _fail(run, frame, child, failure)
        return
    failures = waiting.failures.having(child.index, error_output(failure))
    frame = run.wait(frame, replace(waiting, failures=failures))
    if waiting.tolerance.is_exceeded(len(failures), len(waiting.items)):
        _fail(run, frame, child, failure, THRESHOLD_EXCEEDED)
        return
    _note_failed(run, frame, child, failure)
    frame = run.put(changed(frame, last_event=child.last_event))
    run.drop(child)
    _go_on(run, frame, state)


def _note_failed(run: Run, frame: Frame, child: Frame, failure: Failure) -> None:
    """AWS leaves no such event for States.Runtime."""
    if failure.error != RUNTIME:
        run.emit("MapIterationFailed", after=child.last_event, name=frame.state, index=child.index)


def _fail(
    run: Run, frame: Frame, child: Frame, failure: Failure, shown: Failure | None = None
) -> None:
    """End the Map by an iteration's failure; history may show another one (``shown``)."""
    for open_child in run.children_of(frame):
        if open_child.id != child.id:
            note_aborted(run, open_child)
            run.emit(
                "MapIterationAborted",
                after=run.frames[open_child.id].last_event,
                name=frame.state,
                index=open_child.index,
            )
    _note_failed(run, frame, child, failure)
    run.put(changed(frame, last_event=child.last_event))
    fail(run, frame, shown or failure)


BEHAVIOUR = Behaviour(
    kind="Map",
    work=_work,
    look=_look,
    redrive=_redrive,
    child_done=_child_done,
    child_failed=_child_failed,
    is_aborted=True,
    is_failure_noted=True,
)
