"""Runs the Functions of manifests for cases that ask for it, in processes of this machine.

A function takes no virtual time, however long it runs, so results do not depend on the machine.
"""

import asyncio
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from asw.asl.model import StateMachine
from asw.asl.resources import FunctionInvocation
from asw.engine.answers import End, Lost, Raised, Ran, Returned
from asw.engine.commands import StartTask
from asw.engine.nested import asked_of, is_nested, workflow_name_of
from asw.executions.local.packages import environments_in
from asw.executions.target import DEFAULT_DATA
from asw.failures import nearest
from asw.messages import t
from asw.platforms.local.functions import LocalFunction, NotRunnable, variables_of
from asw.platforms.local.interpreters import interpreter
from asw.platforms.local.logs import Echo, TaskLogs
from asw.platforms.local.runtime import Call
from asw.platforms.local.tasks import Failed, Outcome, Succeeded
from asw.platforms.local.warm import Pool
from asw.testkit.mocks import NoAnswer


class Processes:
    """Warm processes for the functions of any number of workflows; ``processes`` creates them."""

    def __init__(self, folder: Path, echo: Echo | None) -> None:
        self._loop = asyncio.new_event_loop()
        self._pool = Pool(
            folder / "code",
            TaskLogs(folder / "logs", echo),
            environments=environments_in(DEFAULT_DATA),
        )

    def of(
        self,
        functions: Mapping[str, LocalFunction],
        workflows: Mapping[str, StateMachine] | None = None,
    ) -> "Functions":
        """The functions of one workflow's manifests, and the Workflows that it may start."""
        return Functions(functions, self, workflows or {})

    def run(self, call: Call) -> Outcome:
        """Run the call to its end; real time passes."""
        return self._loop.run_until_complete(self._pool.run(call, _nothing, _nothing))

    def close(self) -> None:
        """End all processes, including one that was interrupted at work."""
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._pool.close()


@contextmanager
def processes(echo: Echo | None = None) -> Iterator[Processes]:
    """Processes for the duration of the block; the output of functions goes to ``echo``."""
    with tempfile.TemporaryDirectory(prefix="asw-test-") as folder:
        made = Processes(Path(folder), echo)
        try:
            yield made
        finally:
            made.close()


class Functions:
    """The Functions of one workflow, run in ``pool``; a ``RealFunctions`` of ``mocks``."""

    def __init__(
        self,
        functions: Mapping[str, LocalFunction],
        pool: Processes,
        workflows: Mapping[str, StateMachine],
    ) -> None:
        self._functions = functions
        self._pool = pool
        self._workflows = workflows

    def call(self, command: StartTask) -> End:
        """Run the function of the task. Raises NoAnswer if it is missing or cannot run."""
        if is_nested(command.invocation):
            return self._workflow(asked_of(command.payload).workflow_arn, command)
        if not isinstance(command.invocation, FunctionInvocation):
            raise NoAnswer(
                t(
                    "{action} is an action of a service: only a mock can answer it",
                    action=command.invocation.name,
                )
            )
        function = self._named(command.invocation)
        try:
            variables = variables_of(function, os.environ)
            if function.container is None:
                interpreter(function.runtime, os.environ)
        except NotRunnable as error:
            raise NoAnswer(str(error)) from error
        call = Call(
            task_id=command.task_id,
            function=function,
            variables=variables,
            event=command.payload,
            execution="test",
            state=command.state,
        )
        return _end(self._pool.run(call))

    def _workflow(self, arn: str, command: StartTask) -> End:
        name = workflow_name_of(arn)
        if name in self._workflows:
            return Ran(self._workflows[name])
        told = t(
            "state {state} starts an execution of Workflow {name}, which is not beside this one:"
            " add its manifest, or a mock",
            state=command.state,
            name=name,
        )
        hint = nearest(name, self._workflows)
        raise NoAnswer(f"{told}; {hint}" if hint else told)

    def _named(self, invocation: FunctionInvocation) -> LocalFunction:
        name = invocation.name
        if name not in self._functions:
            told = t("no manifest of Function {name} beside the workflow", name=name)
            hint = nearest(name, self._functions)
            raise NoAnswer(f"{told}: {hint}" if hint else told)
        return self._functions[name]


def _end(outcome: Outcome) -> End:
    match outcome:
        case Succeeded(output=output):
            return Returned(output)
        case Failed(error=error, cause=cause):
            return Raised(error, cause)
    return Lost(outcome.reason)


def _nothing() -> None:
    """Starts and heartbeats of real functions take no virtual time."""
