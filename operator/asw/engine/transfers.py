"""Carries out ``ReadItems`` and ``WriteResults`` on an object store."""

from datetime import datetime

from asw.asl.errors import StatesError
from asw.asl.values import Json
from asw.engine.commands import ReadItems, WriteResults
from asw.engine.facts import TaskFailed, TaskSucceeded
from asw.engine.items import ObjectStore, read_items, write_results


def transfer(command: ReadItems | WriteResults, store: ObjectStore) -> Json:
    """The items read, or the result of a Map whose results were written.

    Raises StatesError (States.ItemReaderFailed, States.ResultWriterFailed).
    """
    if isinstance(command, ReadItems):
        return read_items(command.reading, store)
    return write_results(command.writing, store)


def transferred(
    command: ReadItems | WriteResults, store: ObjectStore, at: datetime
) -> TaskSucceeded | TaskFailed:
    """The outcome of ``transfer`` as a fact, at this instant."""
    try:
        output = transfer(command, store)
    except StatesError as error:
        failure = error.failure
        return TaskFailed(
            task_id=command.task_id, at=at, error=failure.error or "", cause=failure.cause
        )
    return TaskSucceeded(task_id=command.task_id, at=at, output=output)
