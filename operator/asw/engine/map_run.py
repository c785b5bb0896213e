"""Map in DISTRIBUTED mode: read the items, run a child execution for each, write the results.

AWS "Using Map state in Distributed mode". Reading and writing are tasks of the platform
(``ReadItems``, ``WriteResults``), children are ``StartChild`` / ``ChildFinished``. The parent's
record keeps only indexes, outputs and error outputs.
"""

from collections.abc import Iterator
from dataclasses import replace

from asw.asl.errors import (
    ITEM_READER_FAILED,
    RESULT_WRITER_FAILED,
    Failure,
    StatesError,
)
from asw.asl.model import ABSENT, Distribution, ItemReader, MapState, ResultWriter, Template
from asw.asl.queries import Query
from asw.asl.scope import Scope
from asw.asl.templates import expand
from asw.asl.values import Json
from asw.engine.children import derived_uuid, map_run_arn
from asw.engine.commands import Command, ReadItems, StartChild, WriteResults
from asw.engine.dataflow import check_size, effective_input, worked
from asw.engine.facts import ChildFinished, TaskFailed, TaskSucceeded, TaskVanished
from asw.engine.items import (
    ChildResult,
    Reading,
    Writing,
    batch_items,
    shape_results,
)
from asw.engine.limits import DISTRIBUTED_MAP_CONCURRENCY
from asw.engine.map_items import (
    THRESHOLD_EXCEEDED,
    map_integer,
    map_items,
    max_concurrency,
    selected,
    tolerance_of,
)
from asw.engine.outputs import Outputs
from asw.engine.ranges import moved, ranges, taken
from asw.engine.record import (
    Frame,
    MapRun,
    OnMapRun,
    OnReading,
    OnWriting,
    Record,
    Tolerance,
    ordinal_of,
)
from asw.engine.run import Run
from asw.engine.transitions import error_output, fail, leave, texts

_COMPACT = ResultWriter(transformation="COMPACT")
"""AWS: the default transformation of results that are not written."""


def begin_map_run(run: Run, frame: Frame, state: MapState) -> None:
    """Read the items, or start children for those in the state's input."""
    scope, reader = run.scope(frame), distribution_of(state).item_reader
    items = map_items(state, frame.input, scope) if reader is None else []
    wanted = max_concurrency(state, frame.input, scope) or DISTRIBUTED_MAP_CONCURRENCY
    # AWS does not know the length before the ItemReader has read.
    frame = run.note(frame, "MapStateStarted", length=len(items))
    map_run = MapRun(
        ordinal=run.draw_ordinal(),
        max_concurrency=min(wanted, DISTRIBUTED_MAP_CONCURRENCY),
        tolerance=tolerance_of(state, frame.input, scope) or Tolerance(),
    )
    if reader is None:
        children = child_inputs(state, frame.input, items, scope)
        frame = _note_run(run, frame, state, map_run)
        _start_children(run, frame, state, children, map_run)
        return
    parameters = _parameters(state, reader.parameters, frame.input, scope)
    frame = _note_run(run, frame, state, map_run)
    try:
        limit = max_items(state, reader, frame.input, scope)
    except StatesError as error:
        _fail_run(run, frame, error.failure)
        return
    waiting = OnReading(
        ordinal=run.draw_ordinal(), parameters=parameters, max_items=limit, map_run=map_run
    )
    run.wait(frame, waiting)


def look_at_map_run(run: Run, frame: Frame, state: MapState) -> None:
    """Compare what the frame waits for with the facts; does nothing for an inline Map."""
    match frame.waiting:
        case OnReading():
            _look_at_reading(run, frame, state, frame.waiting)
        case OnMapRun():
            _look_at_children(run, frame, state, frame.waiting)
        case OnWriting():
            _look_at_writing(run, frame, state, frame.waiting)


def map_run_commands(run: Run, record: Record, frame: Frame) -> Iterator[Command]:
    """The commands that the frame's distributed Map calls for, minus what the facts show."""
    state, waiting = run.state_of(frame), frame.waiting
    assert isinstance(state, MapState)
    distribution = distribution_of(state)
    if isinstance(waiting, OnMapRun):
        for index in waiting.open_children:
            ordinal = ordinal_of(waiting, index)
            if not run.facts_of(ordinal):
                yield StartChild(
                    task_id=record.task_id(ordinal),
                    state=state.name,
                    label=distribution.label or state.name,
                    index=index,
                    input=waiting.items[index],
                    execution_type=distribution.execution_type,
                )
    elif isinstance(waiting, OnReading) and not run.facts_of(waiting.ordinal):
        assert distribution.item_reader is not None
        reading = Reading(
            resource=distribution.item_reader.resource,
            parameters=waiting.parameters,
            config=distribution.item_reader.config,
            max_items=waiting.max_items,
        )
        yield ReadItems(task_id=record.task_id(waiting.ordinal), reading=reading)
    elif isinstance(waiting, OnWriting) and not run.facts_of(waiting.ordinal):
        writing = _writing(run, state, waiting)
        yield WriteResults(task_id=record.task_id(waiting.ordinal), writing=writing)


def child_inputs(state: MapState, value: Json, items: list[Json], scope: Scope) -> list[Json]:
    """The inputs of the children: the items after ItemSelector and ItemBatcher."""
    inputs = list(selected(state, value, items, scope))
    batcher = distribution_of(state).item_batcher
    if batcher is None:
        return inputs
    most = (batcher.max_items, batcher.max_items_path)
    largest = (batcher.max_bytes, batcher.max_bytes_path)
    batch_input = batcher.batch_input
    if batch_input is not ABSENT:
        batch_input = _parameters(state, batch_input, value, scope, "ItemBatcher/BatchInput")
    return batch_items(
        inputs,
        max_items=map_integer(state, "ItemBatcher/MaxItemsPerBatch", most, value, scope),
        max_bytes=map_integer(state, "ItemBatcher/MaxInputBytesPerBatch", largest, value, scope),
        batch_input=batch_input,
    )


def max_items(state: MapState, reader: ItemReader, value: Json, scope: Scope) -> int | None:
    """ReaderConfig.MaxItems; None for all items. Raises StatesError (States.ItemReaderFailed)."""
    config = reader.config
    try:
        given = (config.max_items, config.max_items_path)
        return map_integer(state, "MaxItems", given, value, scope) or None
    except StatesError as error:
        if config.max_items_path is None:
            raise
        raise StatesError(ITEM_READER_FAILED, error.failure.cause) from None


def distribution_of(state: MapState) -> Distribution:
    """The fields that make the Map a distributed one."""
    assert state.distribution is not None, "an inline Map has none"
    return state.distribution


def _parameters(
    state: MapState, template: Template, value: Json, scope: Scope, field: str = "ItemReader"
) -> Json:
    """A reader's or writer's Parameters or Arguments, evaluated."""
    if template is ABSENT:
        return {}
    if state.language == "JSONata":
        return Query(scope, value).expand(template, field)
    return expand(template, effective_input(state, value, scope), scope, field=field)


def _note_run(run: Run, frame: Frame, state: MapState, map_run: MapRun) -> Frame:
    return run.note(frame, "MapRunStarted", mapRunArn=_arn(run, state, map_run))


def _arn(run: Run, state: MapState, map_run: MapRun) -> str:
    return map_run_arn(run.header, distribution_of(state).label or state.name, map_run.ordinal)


def _look_at_reading(run: Run, frame: Frame, state: MapState, waiting: OnReading) -> None:
    for fact in run.facts_of(waiting.ordinal):
        match fact:
            case TaskSucceeded(output=items):
                scope = run.scope(frame)
                children = child_inputs(state, frame.input, items, scope)
                _start_children(run, frame, state, children, waiting.map_run)
                return
            case TaskFailed(error=error, cause=cause):
                _fail_run(run, frame, Failure(error, cause))
                return
            case TaskVanished(reason=reason):
                _fail_run(run, frame, Failure(ITEM_READER_FAILED, reason))
                return


def _start_children(
    run: Run, frame: Frame, state: MapState, children: list[Json], map_run: MapRun
) -> None:
    waiting = OnMapRun(
        items=children, map_run=map_run, first_ordinal=run.draw_ordinal(max(len(children), 1))
    )
    _go_on(run, run.wait(frame, waiting), state)


def _look_at_children(run: Run, frame: Frame, state: MapState, waiting: OnMapRun) -> None:
    outputs, failures, still_open = waiting.outputs, waiting.failures, []
    for index in waiting.open_children:
        end = _end_of(run, ordinal_of(waiting, index))
        if end is None:
            still_open.append(index)
        elif end.status == "SUCCEEDED":
            outputs = outputs.having(index, end.output)
        else:
            failures = failures.having(index, error_output(Failure(end.error, end.cause)))
    if len(still_open) == len(waiting.open_children):
        return
    seen = replace(waiting, outputs=outputs, failures=failures, open_children=tuple(still_open))
    frame = run.wait(frame, seen)
    if seen.map_run.tolerance.is_exceeded(len(seen.failures), len(seen.items)):
        _fail_run(run, frame, THRESHOLD_EXCEEDED)
    else:
        _go_on(run, frame, state)


def _end_of(run: Run, ordinal: int) -> ChildFinished | None:
    for fact in run.facts_of(ordinal):
        if isinstance(fact, ChildFinished):
            return fact
    return None


def _go_on(run: Run, frame: Frame, state: MapState) -> None:
    """Start children while there is room; end the Map Run when all have ended."""
    waiting = frame.waiting
    assert isinstance(waiting, OnMapRun)
    room = waiting.map_run.max_concurrency - len(waiting.open_children)
    again, restarts = taken(waiting.restarts, room)
    until = min(waiting.next_index + room - len(again), len(waiting.items))
    if again or until > waiting.next_index:
        opened = (*waiting.open_children, *again, *range(waiting.next_index, until))
        more = replace(waiting, next_index=until, restarts=restarts, open_children=opened)
        run.wait(frame, more)
    elif not waiting.open_children:
        _end_children(run, frame, state, waiting)


def _end_children(run: Run, frame: Frame, state: MapState, waiting: OnMapRun) -> None:
    writer = distribution_of(state).result_writer
    if writer is not None and writer.resource is not None:
        writing = OnWriting(
            ordinal=run.draw_ordinal(),
            map_run=waiting.map_run,
            parameters=_parameters(
                state, writer.parameters, frame.input, run.scope(frame), "ResultWriter"
            ),
            items=waiting.items,
            first_ordinal=waiting.first_ordinal,
            moved=waiting.moved,
            outputs=waiting.outputs,
            failures=waiting.failures,
        )
        run.wait(frame, writing)
        return
    if writer is None or writer.transformation is None:
        writer = _COMPACT
    result = shape_results(writer, _results(run, waiting), _arn(run, state, waiting.map_run))
    _succeed(run, frame, state, result)


def _look_at_writing(run: Run, frame: Frame, state: MapState, waiting: OnWriting) -> None:
    for fact in run.facts_of(waiting.ordinal):
        match fact:
            case TaskSucceeded(output=output):
                _succeed(run, frame, state, output)
                return
            case TaskFailed(error=error, cause=cause):
                _fail_run(run, frame, Failure(error, cause))
                return
            case TaskVanished(reason=reason):
                _fail_run(run, frame, Failure(RESULT_WRITER_FAILED, reason))
                return


def _succeed(run: Run, frame: Frame, state: MapState, result: Json) -> None:
    check_size(frame.state, result)
    frame = run.note(frame, "MapRunSucceeded")
    run.emit("MapStateSucceeded", after=frame.last_event)
    leave(run, frame, worked(state, frame.input, result, run.scope(frame)), to=state.next)


def redrive_map_run(run: Run, frame: Frame, state: MapState) -> None:
    """Go on with the same Map Run: children that failed or were aborted run again (AWS)."""
    waiting = frame.waiting
    assert isinstance(waiting, OnMapRun)
    lost = [index for index in range(waiting.next_index) if index not in waiting.outputs]
    if lost or waiting.next_index < len(waiting.items):
        map_run = replace(waiting.map_run, redrive_count=waiting.map_run.redrive_count + 1)
        arn = _arn(run, state, map_run)
        count = map_run.redrive_count
        frame = run.note(frame, "MapRunRedriven", mapRunArn=arn, redriveCount=count)
        again = replace(
            waiting,
            map_run=map_run,
            restarts=ranges(lost),
            moved=moved(waiting.moved, lost, run.draw_ordinal(len(lost))),
            failures=Outputs(),
        )
        frame = run.wait(frame, again)
    _go_on(run, frame, state)


def _fail_run(run: Run, frame: Frame, failure: Failure) -> None:
    run.abandon(frame)
    if isinstance(frame.waiting, OnMapRun | OnWriting):
        frame = run.wait(frame, frame.waiting.interrupted())
    fail(run, run.note(frame, "MapRunFailed", **texts(failure)), failure)


def _writing(run: Run, state: MapState, waiting: OnWriting) -> Writing:
    distribution = distribution_of(state)
    assert distribution.result_writer is not None
    return Writing(
        writer=distribution.result_writer,
        parameters=waiting.parameters,
        results=tuple(_results(run, waiting)),
        map_run_arn=_arn(run, state, waiting.map_run),
    )


def _results(run: Run, waiting: OnMapRun | OnWriting) -> Iterator[ChildResult]:
    for index, value in enumerate(waiting.items):
        name = derived_uuid(run.header.uid, ordinal_of(waiting, index))
        failure = waiting.failures.get(index)
        yield ChildResult(
            index=index,
            name=name,
            status="SUCCEEDED" if failure is None else "FAILED",
            input=value,
            output=waiting.outputs.get(index),
            error=None if failure is None else failure["Error"],
            cause=None if failure is None else failure["Cause"],
        )
