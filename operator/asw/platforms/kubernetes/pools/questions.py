"""Calls of services that no record knows: questions that may be asked any number of times.

They share the slots of a pool with the calls of tasks, and take turns with them. A question that is
lost with its pod, or to which there is no answer, is simply asked again by whoever wants to know.
"""

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from asw.connector.calls import Done, Failed, Outcome
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.pools.line import Handover, Question, Waiter
from asw.platforms.kubernetes.pools.pool import Pool
from asw.platforms.kubernetes.pools.pools import Pools
from asw.platforms.kubernetes.tasks.reported import Outcome as Reported
from asw.reconciler.platform import ExecutionKey

ANSWER_SECONDS: Final = 300.0
"""How long a question may wait for a slot and its answer together."""


@dataclass(slots=True, eq=False, kw_only=True)
class Questions:
    """Asks by the pools' pods. ``seconds`` bound each question."""

    pools: Pools
    seconds: float = ANSWER_SECONDS
    _asker: str = field(default_factory=lambda: f"question-{os.urandom(4).hex()}")
    """Another one in each process: an answer to an earlier one is nobody's."""
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def ask(
        self, place: tuple[str, str], key: ExecutionKey, owner: str, handover: Handover
    ) -> Outcome | None:
        """The answer of the Function that serves the place; None if there was none this time.

        ``owner`` is whose turn it is: the Workflow. The handover's TaskId is only a label.
        """
        route = self.pools.routes.get(place)
        if route is None:
            return None
        pool = self.pools.pools.setdefault(route.pool, Pool(key=route.pool))
        answered: asyncio.Future[Reported | None] = asyncio.get_running_loop().create_future()
        task_id = TaskId(self._asker, next(self._numbers))
        waiter = Waiter(
            key=key,
            owner=owner,
            since=self.pools.clock(),
            question=Question(handover.of(task_id), answered),
        )
        pool.waiting.add(task_id, waiter)
        self.pools.serve(pool)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.seconds):
                    return _outcome(await answered)
        finally:
            self.pools.end(task_id)
        return None


def _outcome(reported: Reported | None) -> Outcome | None:
    """What was reported, as connectors have it."""
    if reported is None:
        return None
    if reported.error is not None:
        return Failed(error=reported.error, cause=reported.cause or "")
    return Done(output=reported.output)
