"""Runs a Function alone on this machine, as a Task would, without a store of executions."""

import os
import tempfile
from pathlib import Path
from uuid import uuid4

from asw.engine.task_ids import TaskId
from asw.executions.invocations import STATE, Ended, InvokeOrder
from asw.failures import Failure
from asw.platforms.local.functions import LocalFunction, NotRunnable, variables_of
from asw.platforms.local.logs import Echo, TaskLogs
from asw.platforms.local.runtime import Call
from asw.platforms.local.tasks import Failed, Outcome, Succeeded
from asw.platforms.local.warm import Pool


async def invoke_here(function: LocalFunction, order: InvokeOrder, echo: Echo | None) -> Ended:
    """Run it to its end; what it prints goes to ``echo``. Cancelling it kills it.

    Raises Failure if this machine cannot run it.
    """
    try:
        variables = variables_of(function, os.environ)
    except NotRunnable as error:
        raise Failure(str(error)) from error
    call = Call(
        task_id=TaskId(str(uuid4()), 1),
        function=function,
        variables=variables,
        event=order.input,
        execution="invoke",
        state=STATE,
    )
    with tempfile.TemporaryDirectory(prefix="asw-invoke-") as folder:
        pool = Pool(Path(folder) / "code", TaskLogs(Path(folder) / "logs", echo))
        try:
            return _ended(await pool.run(call, _nothing, _nothing))
        finally:
            await pool.close()


def _ended(outcome: Outcome) -> Ended:
    match outcome:
        case Succeeded(output=output):
            return Ended(output=output)
        case Failed(error=error, cause=cause):
            return Ended(error=error, cause=cause)
    raise AssertionError(f"nobody takes it away: {outcome.reason}")


def _nothing() -> None:
    """Nobody waits for its start or its signs of life."""
