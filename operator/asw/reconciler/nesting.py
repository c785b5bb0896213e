"""The part of the port that starts executions for Tasks (``asw.engine.nested``)."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from asw.asl.errors import StatesError
from asw.engine.commands import StartExecution
from asw.reconciler.platform import ExecutionKey, TaskRefused


class ExecutionRefused(TaskRefused):
    """The execution cannot be started: AWS's client answers with this error."""

    @classmethod
    def of(cls, error: StatesError) -> "ExecutionRefused":
        """The refusal that the engine has words for."""
        failure = error.failure
        assert failure.error is not None
        return cls(failure.error, failure.cause or "")


@runtime_checkable
class Nesting(Protocol):
    """A platform where a Task may start an execution of another Workflow.

    A platform without it refuses definitions that do so (``runnable``). ``observe`` knows such an
    execution by its task (TaskStarted, then ChildFinished with ``started_at``) as it knows the
    children of a Map; ``cancel_children`` aborts it, and the parent is woken when it was saved for
    the last time. The execution outlives a parent that does not await it.
    """

    async def start_executions(
        self, key: ExecutionKey, starts: Sequence[StartExecution]
    ) -> Sequence[Exception | None]:
        """Create executions and have them run; each slot holds None or ExecutionRefused.

        One that this very task created before is success.
        """
        ...
