"""Where a worker gets tasks of executions of this machine: in the data folder."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from asw.engine.task_ids import TaskId
from asw.engine.tokens import callback_token
from asw.executions.working import Taken
from asw.platforms.local.reports import Beat, Report
from asw.platforms.local.store import Store

LOOK_SECONDS: Final = 0.1
"""Between two looks for a task."""


class LocalDesk:
    """Tasks of an activity, for the worker of this name."""

    beat_seconds = 1.0
    """HeartbeatSeconds are whole seconds."""

    def __init__(self, store: Store, activity: str, worker: str) -> None:
        self._store = store
        self._activity = activity
        self._worker = worker
        self._ids: dict[str, TaskId] = {}

    async def take(self) -> Taken | None:
        """A task, if one waits."""
        found = self._store.activities.take(self._activity, self._worker, datetime.now(UTC))
        if found is None:
            await asyncio.sleep(LOOK_SECONDS)
            return None
        token = callback_token(found.task_id)
        self._ids = {token: found.task_id}
        return Taken(token=token, input=found.input, execution=found.execution, state=found.state)

    async def beat(self, taken: Taken) -> bool:
        """Report that the work goes on; False if nobody waits for its end any more."""
        if self._store.activities.is_over(self._ids[taken.token]):
            return False
        await self.tell(taken, Beat())
        return True

    async def tell(self, taken: Taken, report: Report) -> None:
        """Report how the task ended."""
        self._store.tasks.report(self._ids[taken.token], report, datetime.now(UTC))
