"""An operator over this machine's store that one execution kills: ``python -m ... FOLDER WHERE``.

``WHERE`` is ``first`` or ``later``: the step of Workflow ``poison`` that ends the process by
SIGKILL. It leaves with 0 once every execution is over.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from asw.asl.model import StateMachine
from asw.asl.values import to_text
from asw.engine.facts import Fact
from asw.engine.limits import Pace, unhurried
from asw.engine.record import Record
from asw.engine.step import Step, step
from asw.platforms.local.executions import NewExecution
from asw.platforms.local.logs import TaskLogs
from asw.platforms.local.platform import LocalPlatform
from asw.platforms.local.store import Store, open_store
from asw.platforms.local.warm import Pool
from asw.reconciler.marks import open_marks
from asw.reconciler.reconciler import Reconciler
from asw.reconciler.settings import Settings
from asw.reconciler.shared import StepFunction
from asw.reconciler.turns import Turns
from tests.support.world import describe

POISON = "poison"
WORKFLOWS = {f"run-{n}": POISON if n == 5 else "sound" for n in range(11)}
"""Of each run, by its name."""
DEFINITION = {
    "StartAt": "Wait",
    "States": {
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Pass"},
        "Pass": {"Type": "Pass", "End": True},
    },
}


def create(store: Store) -> None:
    """A run of the poison in the midst of sound ones."""
    for name in ("sound", POISON):
        text = to_text(DEFINITION)
        store.catalogue.put_workflow(name, public_name=name, text=text, dialect="ASL")
    for run, workflow in WORKFLOWS.items():
        new = NewExecution(
            uid=str(uuid4()),
            name=run,
            execution_name=run,
            workflow_name=workflow,
            input=None,
            created_at=datetime.now(UTC),
        )
        store.executions.create(new)


def deadly(at_first: bool) -> StepFunction:
    """``step``, which ends this process where it meets the poison."""

    def stepping(
        machine: StateMachine,
        record: Record,
        facts: Sequence[Fact],
        now: datetime,
        may_go_on: Pace = unhurried,
    ) -> Step:
        is_due = at_first or (record.next_event > 1 and record.outcome is None)
        if record.header.workflow_name == POISON and is_due:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(machine, record, facts, now, may_go_on)

    return stepping


async def operate(folder: Path, where: str) -> None:
    """Work until all is over."""
    store = open_store(folder)
    if not list(store.executions.unfinished()):
        create(store)
    pool = Pool(folder / "code", TaskLogs(folder / "logs"))
    platform = LocalPlatform(store, pool)
    reconciler = Reconciler(
        platform,
        Settings(passivate_after=None),
        describe=describe,
        step=deadly(where == "first"),
        turns=Turns(time.thread_time, open_marks(folder)),
    )
    platform.listener = reconciler
    reconciler.resume_all(it.key for it in store.executions.unfinished())
    for task in list(reconciler._tasks):
        await task
    await reconciler.stop()
    await platform.close()


if __name__ == "__main__":
    asyncio.run(operate(Path(sys.argv[1]), sys.argv[2]))
