"""What Tasks that start executions need of the fake platform."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from asw.asl.values import Json
from asw.engine.children import child_finished
from asw.engine.commands import CancelChild, StartExecution
from asw.engine.facts import StopRequested, TaskFact, TaskStarted
from asw.engine.nested import name_taken, no_such_machine, workflow_name_of
from asw.engine.record import Outcome
from asw.engine.task_ids import TaskId
from asw.reconciler.nesting import ExecutionRefused
from asw.reconciler.platform import ExecutionKey
from tests.support.faults import Faults
from tests.support.virtual_time import virtual_now


@dataclass
class FakeNested:
    """See the module. ``put`` makes an execution of a Workflow, if ``has`` knows that.

    ``started`` and ``names`` say what exists, by task and by Workflow and name.
    """

    faults: Faults
    put: Callable[[str, Json], ExecutionKey]
    has: Callable[[str], bool]
    outcome_of: Callable[[ExecutionKey], Outcome | None]
    stop: Callable[[ExecutionKey, StopRequested], None]
    wake: Callable[[ExecutionKey], None]
    started: dict[TaskId, tuple[ExecutionKey, datetime]] = field(default_factory=dict)
    parents: dict[ExecutionKey, ExecutionKey] = field(default_factory=dict)
    names: set[tuple[str, str]] = field(default_factory=set)

    async def start_executions(
        self, key: ExecutionKey, starts: Sequence[StartExecution]
    ) -> Sequence[Exception | None]:
        """See Nesting."""
        number = await self.faults.before("start_executions")
        answers = [self._start(key, start) for start in starts]
        await self.faults.after("start_executions", number)
        return answers

    def _start(self, key: ExecutionKey, start: StartExecution) -> Exception | None:
        name = workflow_name_of(start.workflow_arn)
        if start.task_id in self.started:
            return None
        if not self.has(name):
            return ExecutionRefused.of(no_such_machine(start.workflow_arn))
        if (name, start.name) in self.names:
            return ExecutionRefused.of(name_taken(start.workflow_arn, start.name))
        child = self.put(name, start.input)
        self.names.add((name, start.name))
        self.started[start.task_id] = (child, virtual_now())
        self.parents[child] = key
        self.wake(key)
        return None

    def cancel(self, children: Sequence[CancelChild]) -> None:
        """Stop those that are executions of other Workflows."""
        for command in children:
            child, _ = self.started.get(command.task_id, (None, None))
            if child is not None:
                self.stop(child, StopRequested())

    def facts_of(self, task_id: TaskId) -> tuple[TaskFact, ...]:
        """What an execution shows to the task that started it; nothing where there is none."""
        if task_id not in self.started:
            return ()
        child, at = self.started[task_id]
        outcome = self.outcome_of(child)
        if outcome is None:
            return (TaskStarted(task_id=task_id, at=at),)
        return (child_finished(task_id, outcome, at),)
