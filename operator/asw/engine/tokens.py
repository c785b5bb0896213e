"""Tokens by which whoever does a Task's work reports on it (AWS: ``$$.Task.Token``).

A token names one start, as a pod's does (``asw.engine.task_ids``), but for another purpose: by its
own return a pod must not complete the callback that it only asked for. This plain form is for
places whose door is open to their owner alone; others sign it, and give ``step`` their own.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from asw.engine.task_ids import TaskId

TokenOf: TypeAlias = Callable[[TaskId], str]
"""The token of a start: always the same one, since a step may be taken again."""
_PURPOSE: Final = "callback."


def callback_token(task_id: TaskId) -> str:
    """The plain token of a start."""
    return f"{_PURPOSE}{task_id}"


def task_of_token(token: str) -> TaskId | None:
    """The start that a plain token names; None for any other text, such as a pod's token."""
    if not token.startswith(_PURPOSE):
        return None
    try:
        return TaskId.parse(token.removeprefix(_PURPOSE))
    except ValueError:
        return None
