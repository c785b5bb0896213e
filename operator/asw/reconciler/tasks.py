"""Which tasks a record waits for. Pure."""

from collections.abc import Mapping

from asw.engine.record import OnTask, Record
from asw.engine.task_ids import TaskId


def awaited_tasks(record: Record) -> Mapping[TaskId, OnTask]:
    """The tasks whose outcome decides something; ones being cancelled are not among them."""
    if record.outcome is not None:
        return {}
    return {
        record.task_id(frame.waiting.ordinal): frame.waiting
        for frame in record.frames.values()
        if isinstance(frame.waiting, OnTask)
    }


def cancelled_tasks(record: Record) -> frozenset[TaskId]:
    """The tasks whose end alone is still of interest."""
    return frozenset(record.task_id(ordinal) for ordinal in record.cancelling)
