"""Which warm process a start is bound to, and what is known of it there. In memory."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asw.asl.errors import CALL_OUTCOME_UNKNOWN, OUT_OF_MEMORY, TASK_LOST
from asw.asl.resources import ServiceInvocation
from asw.engine.facts import TaskFact, TaskFailed, TaskStarted, TaskVanished
from asw.engine.record import OnTask
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.pools.line import Question, Waiter
from asw.reconciler.platform import ExecutionKey

UNSEEN: Final = "the service may have got the call, and may do it twice"
"""What is said of a call that is lost and may not be made again."""


@dataclass(slots=True, eq=False, kw_only=True)
class Binding:
    """A start that a record binds to a process, ``pod uid/boot``.

    ``sent_at`` is when it was handed over, as far as known here. ``was_started`` if a record says
    that it ran. ``may_be_there`` if an earlier operator may have handed it over: only the process
    itself can say that it did not. ``is_call``: it calls a service, beside others in the same
    process. ``end`` is its loss, once that is certain. No record has it if it is a ``question``.
    """

    key: ExecutionKey
    process: str
    may_repeat: bool = True
    sent_at: datetime | None = None
    was_started: bool = False
    may_be_there: bool = False
    is_call: bool = False
    end: TaskFact | None = None
    question: Question | None = None

    @classmethod
    def recorded(cls, key: ExecutionKey, waiting: OnTask, process: str) -> "Binding":
        """The binding to a process that a record names, which was just read."""
        return cls(
            key=key,
            process=process,
            may_repeat=waiting.may_repeat,
            is_call=isinstance(waiting.invocation, ServiceInvocation),
            was_started=waiting.started_at is not None,
            may_be_there=True,
        )

    @classmethod
    def of_question(cls, waiter: Waiter, process: str) -> "Binding":
        """The binding of something that is asked as often as it takes."""
        return cls(key=waiter.key, process=process, question=waiter.question)

    def facts(self, task_id: TaskId) -> tuple[TaskFact, ...]:
        """What is known of its start and end."""
        if self.end is not None:
            return (self.end,)
        if self.sent_at is None:
            return ()
        return (TaskStarted(task_id=task_id, at=self.sent_at, may_repeat=self.may_repeat),)

    @property
    def pod(self) -> str:
        """The uid of the pod."""
        return self.process.partition("/")[0]

    def loss(self, task_id: TaskId, at: datetime, reason: str, error: str) -> TaskFact:
        """The fact that its process is gone. One that never got the task has done nothing.

        A container that ran out of memory is the fault of what ran in it.
        """
        was_there = self.sent_at is not None or self.was_started or self.may_be_there
        if error == OUT_OF_MEMORY and was_there and not self.is_call:
            cause = "the warm pod's container was killed: it exceeded its memory limit"
            return TaskFailed(task_id=task_id, at=at, error=error, cause=cause)
        error = TASK_LOST if error == OUT_OF_MEMORY else error
        if self.is_call and was_there and not self.may_repeat:
            error, reason = CALL_OUTCOME_UNKNOWN, f"{reason}; {UNSEEN}"
        return TaskVanished(
            task_id=task_id,
            at=at,
            reason=reason,
            error=error,
            may_repeat=self.may_repeat,
            never_ran=not was_there,
        )


class Bindings:
    """All bindings, by task, by execution and by pod."""

    def __init__(self) -> None:
        self._by_task: dict[TaskId, Binding] = {}
        self._by_execution: defaultdict[str, set[TaskId]] = defaultdict(set)
        self._by_pod: defaultdict[str, set[TaskId]] = defaultdict(set)

    def get(self, task_id: TaskId) -> Binding | None:
        """The task's binding, None if it has none."""
        return self._by_task.get(task_id)

    def put(self, task_id: TaskId, binding: Binding) -> None:
        """Bind the task."""
        self.pop(task_id)
        self._by_task[task_id] = binding
        self._by_execution[task_id.execution_uid].add(task_id)
        self._by_pod[binding.pod].add(task_id)

    def pop(self, task_id: TaskId) -> Binding | None:
        """Forget the task's binding."""
        binding = self._by_task.pop(task_id, None)
        if binding is not None:
            for index, name in (
                (self._by_execution, task_id.execution_uid),
                (self._by_pod, binding.pod),
            ):
                index[name].discard(task_id)
                if not index[name]:
                    del index[name]
        return binding

    def of_execution(self, uid: str) -> Collection[TaskId]:
        """The bound tasks of an execution."""
        return tuple(self._by_execution.get(uid, ()))

    def of_pod(self, uid: str) -> Mapping[TaskId, Binding]:
        """The bindings to processes of a pod."""
        return {task_id: self._by_task[task_id] for task_id in self._by_pod.get(uid, ())}

    def names(self, namespace: str, process: str) -> bool:
        """Whether a record of the namespace binds a task to this process."""
        bound = self.of_pod(process.partition("/")[0]).values()
        return any((it.key.namespace, it.process) == (namespace, process) for it in bound)

    def pods(self) -> Iterator[str]:
        """The pods that anything is bound to."""
        return iter(tuple(self._by_pod))

    def clear(self) -> None:
        """Forget all."""
        self._by_task.clear()
        self._by_execution.clear()
        self._by_pod.clear()
