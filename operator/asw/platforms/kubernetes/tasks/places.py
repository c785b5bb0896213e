"""Where to look for what an execution started: a task's Job and Pods, or a child. Pure.

Whoever may create objects in a namespace writes any labels, references and names, and a uid is no
secret. So nothing is matched by a uid alone: what one namespace claims about executions of another
lies where nobody looks for it.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest
from typing import NamedTuple

from asw.engine.task_ids import TaskId
from asw.reconciler.platform import ExecutionKey


class TaskKey(NamedTuple):
    """A start, in the namespace of its execution."""

    namespace: str
    task_id: TaskId

    @classmethod
    def of(cls, key: ExecutionKey, task_id: TaskId) -> "TaskKey":
        """The place of a start of this execution."""
        return cls(key.namespace, task_id)


def in_turns(places: Iterable[TaskKey]) -> list[TaskKey]:
    """One of each namespace, then the next of each, so that none waits for all of another."""
    by_namespace: dict[str, list[TaskKey]] = defaultdict(list)
    for place in places:
        by_namespace[place.namespace].append(place)
    rounds = zip_longest(*by_namespace.values())
    return [place for each in rounds for place in each if place is not None]
