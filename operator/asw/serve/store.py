"""This machine's store, behind the door: executions of ``asw run``, and workers for them.

What is reported is stored at once; the process that works on the execution looks for it, as it
does for ``asw callback``. One machine has no namespaces: whatever a client names is the same.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Final

from asw.asl.values import Json
from asw.engine.facts import CallbackFailed, CallbackSucceeded, TaskFact
from asw.engine.tokens import callback_token, task_of_token
from asw.platforms.kubernetes.results.callback_reports import (
    ReportRefused,
    does_not_exist,
    fact_of,
    invalid_token,
    timed_out,
)
from asw.platforms.kubernetes.results.polls import READY_SECONDS, Place, asked
from asw.platforms.local.reporting import take_report
from asw.platforms.local.reports import Beat, Failing, Report, Success
from asw.platforms.local.reports import ReportRefused as RefusedHere
from asw.platforms.local.store import Store
from asw.serve.port import Answer

LOOK_SECONDS: Final = 0.1
"""Between two looks for a task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalStore:
    """The store of a data folder. Everything raises UnusableFolder."""

    store: Store

    async def owner_of(self, token: str) -> str | None:
        """The execution that the token names: one machine has no namespaces; None for no token."""
        task_id = task_of_token(token) if token.isascii() else None
        return None if task_id is None else task_id.execution_uid

    async def report(self, what: str, token: str, said: Mapping[str, Json]) -> Answer:
        """Store the report. Raises ReportRefused, with AWS's error."""
        now, task_id = datetime.now(UTC), task_of_token(token)
        if task_id is None:
            raise invalid_token()
        report = _report_of(fact_of(what, dict(said), task_id, now))
        try:
            take_report(self.store, token, report, now)
        except RefusedHere as refused:
            raise _in_words(refused) from refused
        return 200, {}

    async def take(self, said: Mapping[str, Json]) -> Answer:
        """The oldest task of the activity, if one waits. Raises ReportRefused."""
        worker = asked(said)
        found = self.store.activities.take(worker.place[1], worker.worker, datetime.now(UTC))
        if found is None:
            return 200, {"taskToken": None}
        return 200, {
            "taskToken": callback_token(found.task_id),
            "input": found.input,
            "execution": found.execution,
            "state": found.state,
        }

    async def ready(self, places: list[Place]) -> Answer:
        """Look until an activity has tasks; who comes too late waits on."""
        until = monotonic() + READY_SECONDS
        while True:
            counts = {name: self.store.activities.waiting(name) for _, name in places}
            ready = [(*place, counts[place[1]]) for place in places if counts[place[1]]]
            if ready or monotonic() >= until:
                return 200, {"ready": ready}
            await asyncio.sleep(LOOK_SECONDS)


class Anybody:
    """Whoever got through the door may poll: there is one user."""

    async def require(self, token: str, place: Place, address: str) -> None:
        """Refuse nobody."""


def _report_of(fact: TaskFact) -> Report:
    match fact:
        case CallbackSucceeded(output=output):
            return Success(output=output)
        case CallbackFailed(error=error, cause=cause):
            return Failing(error=error, cause=cause)
        case _:
            return Beat()


def _in_words(refused: RefusedHere) -> ReportRefused:
    match refused.code:
        case "InvalidToken":
            return invalid_token()
        case "TaskDoesNotExist":
            return does_not_exist()
        case _:
            return timed_out()
