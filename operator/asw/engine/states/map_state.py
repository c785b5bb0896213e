"""Map, inline: the same states for each item, a bounded number at once (ASL: Map State)."""

from dataclasses import replace

from asw.asl.errors import RUNTIME, Failure, StatesError
from asw.asl.model import ABSENT, MapState
from asw.asl.paths import evaluate_path
from asw.asl.templates import expand
from asw.asl.values import Json, to_text
from asw.engine.context import with_item
from asw.engine.dataflow import check_size, effective_input, worked_output
from asw.engine.limits import INLINE_MAP_CONCURRENCY
from asw.engine.record import Frame, OnIterations
from asw.engine.run import Behaviour, Run
from asw.engine.transitions import fail, leave, note_aborted


def _work(run: Run, frame: Frame, state: MapState) -> None:
    item_input = effective_input(run, frame, state)
    items = evaluate_path(state.items_path, item_input, run.scope(frame), field="ItemsPath")
    if not isinstance(items, list):
        raise StatesError(
            RUNTIME,
            f'Reference path "{state.items_path}" must point to array: found {_kind(items)}',
        )
    waiting = OnIterations(
        items=items,
        item_input=item_input,
        max_concurrency=_max_concurrency(run, frame, state, item_input),
    )
    frame = run.note(frame, "MapStateStarted", length=len(items))
    frame = run.wait(frame, waiting)
    _go_on(run, frame, state)


def _go_on(run: Run, frame: Frame, state: MapState) -> None:
    """Open iterations while there is room; leave the state once all are done."""
    waiting = frame.waiting
    assert isinstance(waiting, OnIterations)
    if len(waiting.outputs) == len(waiting.items):
        result = [waiting.outputs[index] for index in range(len(waiting.items))]
        check_size(frame.state, result)
        run.emit("MapStateSucceeded", after=frame.last_event)
        leave(run, frame, worked_output(run, frame, state, result), to=state.next)
        return
    is_open = waiting.next_index - len(waiting.outputs)
    room = min(waiting.max_concurrency - is_open, len(waiting.items) - waiting.next_index)
    for index in range(waiting.next_index, waiting.next_index + room):
        _open(run, frame, state, index)
    if room > 0:
        run.wait(frame, replace(waiting, next_index=waiting.next_index + room))


def _open(run: Run, frame: Frame, state: MapState, index: int) -> None:
    waiting = frame.waiting
    assert isinstance(waiting, OnIterations)
    value = waiting.items[index]
    if state.item_selector is not ABSENT:
        scope = run.scope(frame)
        scope = replace(scope, context=with_item(scope.context, index, value))
        value = expand(state.item_selector, waiting.item_input, scope, field="ItemSelector")
    started = run.emit("MapIterationStarted", after=frame.last_event, name=frame.state, index=index)
    run.open_frame(parent=frame, index=index, last_event=started, value=value)


def _child_done(run: Run, frame: Frame, child: Frame, output: Json) -> None:
    state, waiting = run.state_of(frame), frame.waiting
    assert isinstance(state, MapState)
    assert isinstance(waiting, OnIterations)
    run.emit("MapIterationSucceeded", after=child.last_event, name=frame.state, index=child.index)
    outputs = {**waiting.outputs, child.index: output}
    frame = run.put(
        replace(frame, waiting=replace(waiting, outputs=outputs), last_event=child.last_event)
    )
    run.drop(child)
    _go_on(run, frame, state)


def _child_failed(run: Run, frame: Frame, child: Frame, failure: Failure) -> None:
    for open_child in run.children_of(frame):
        if open_child.id != child.id:
            note_aborted(run, open_child)
            run.emit(
                "MapIterationAborted",
                after=run.frames[open_child.id].last_event,
                name=frame.state,
                index=open_child.index,
            )
    run.emit("MapIterationFailed", after=child.last_event, name=frame.state, index=child.index)
    run.put(replace(frame, last_event=child.last_event))
    fail(run, frame, failure)


def _max_concurrency(run: Run, frame: Frame, state: MapState, document: Json) -> int:
    """How many iterations may be open (ASL: 0 is as many as possible; AWS: 40 inline)."""
    wanted: Json = state.max_concurrency
    if state.max_concurrency_path is not None:
        path = state.max_concurrency_path
        wanted = evaluate_path(path, document, run.scope(frame), field="MaxConcurrencyPath")
        if not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 0:
            raise StatesError(
                RUNTIME,
                f'The MaxConcurrencyPath field refers to value "{to_text(wanted)}" which is not '
                f"a valid integer: {path}",
            )
    return min(wanted or INLINE_MAP_CONCURRENCY, INLINE_MAP_CONCURRENCY)


def _kind(value: Json) -> str:
    """The JSON type's name."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
    return "object"


BEHAVIOUR = Behaviour(
    kind="Map",
    work=_work,
    child_done=_child_done,
    child_failed=_child_failed,
    is_aborted=True,
    is_failure_noted=True,
)
