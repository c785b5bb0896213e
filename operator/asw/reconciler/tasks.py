"""The tasks, and other things outside, that a record waits for. Pure."""

from collections.abc import Iterator

from asw.asl.integrations import CALLBACK
from asw.engine.calls import ACTIVITY, is_job
from asw.engine.nested import is_awaited_child, is_child
from asw.engine.record import OnMapRun, OnReading, OnTask, OnWriting, Record, awaited
from asw.engine.task_ids import TaskId


def awaited_tasks(record: Record) -> dict[TaskId, OnTask]:
    """The tasks whose outcome decides something, without those being cancelled.

    An execution whose end is a task's is observed to that end.
    """
    return {id_: it for id_, it in _waits(record) if not it.is_submitted or is_awaited_child(it)}


def awaited_reports(record: Record) -> dict[TaskId, OnTask]:
    """The tasks that have asked for work, and of which only a report still decides something.

    Nothing of them runs: they cost what a timer costs.
    """
    return {id_: it for id_, it in _waits(record) if it.is_submitted and not is_awaited_child(it)}


def awaited_callbacks(record: Record) -> dict[TaskId, OnTask]:
    """The tasks that whoever has their token may end, whether what asks for it runs or not.

    So are jobs by whoever follows them; no token of theirs is ever issued.
    """
    return {
        id_: it
        for id_, it in _waits(record)
        if it.call.endswith((CALLBACK, ACTIVITY)) or (it.is_submitted and is_job(it.invocation))
    }


def awaited_jobs(record: Record) -> dict[TaskId, OnTask]:
    """The tasks that wait for the end of a job of a service."""
    return {id_: it for id_, it in awaited_reports(record).items() if is_job(it.invocation)}


def tasks_of_workers(record: Record) -> dict[TaskId, OnTask]:
    """The tasks of activities: a worker somewhere does them, and nothing runs here.

    One without ``started_at`` waits until a worker takes it.
    """
    return {id_: it for id_, it in _waits(record) if it.call == ACTIVITY}


def listening_tasks(record: Record) -> dict[TaskId, OnTask]:
    """The tasks whose signs of life count."""
    return {**awaited_tasks(record), **awaited_reports(record)}


def has_nothing_running(record: Record) -> bool:
    """Whether none of its tasks and children runs, or is about to."""
    reports = awaited_reports(record).keys() | tasks_of_workers(record).keys()
    return all(task_id in reports for task_id in record.open_tasks())


def _waits(record: Record) -> Iterator[tuple[TaskId, OnTask]]:
    if record.outcome is None:
        for frame in record.frames.values():
            if isinstance(frame.waiting, OnTask):
                yield record.task_id(frame.waiting.ordinal), frame.waiting


def nested_executions(record: Record) -> frozenset[TaskId]:
    """The awaited tasks that are executions of other Workflows: these need no place to run."""
    return frozenset(task_id for task_id, it in awaited_tasks(record).items() if is_child(it))


def awaited_of_maps(record: Record) -> frozenset[TaskId]:
    """The child executions and transfers that distributed Maps wait for."""
    if record.outcome is not None:
        return frozenset()
    return frozenset(
        record.task_id(ordinal)
        for frame in record.frames.values()
        if isinstance(frame.waiting, OnReading | OnMapRun | OnWriting)
        for ordinal in awaited(frame.waiting)
    )


def cancelled(record: Record) -> frozenset[TaskId]:
    """The tasks and child executions of which only the end still matters."""
    ordinals = (*record.cancelling, *record.cancelling_children)
    return frozenset(record.task_id(ordinal) for ordinal in ordinals)


def count_children(record: Record) -> int:
    """How many children the record's distributed Maps have open."""
    waits = (frame.waiting for frame in record.frames.values())
    return sum(len(it.open_children) for it in waits if isinstance(it, OnMapRun))
