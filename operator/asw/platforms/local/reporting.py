"""Takes reports into the store: for ``asw callback`` and ``asw serve`` alike.

The process that works on the execution reads them there (``TaskBook.hear``), at once or later.
"""

from datetime import datetime

from asw.engine.tokens import task_of_token
from asw.platforms.local.reports import (
    NO_TOKEN,
    TASK_DOES_NOT_EXIST,
    TASK_TIMED_OUT,
    Report,
    ReportRefused,
    require_awaited,
)
from asw.platforms.local.store import Store
from asw.reconciler.platform import ExecutionKey


def take_report(store: Store, token: str, report: Report, at: datetime) -> ExecutionKey:
    """Store a report on the start that the token names; its execution. Raises ReportRefused."""
    task_id = task_of_token(token)
    if task_id is None:
        raise ReportRefused(NO_TOKEN)
    stored = store.executions.load(task_id.execution_uid)
    if stored is None:
        raise ReportRefused(TASK_DOES_NOT_EXIST)
    require_awaited(stored.record, task_id)
    if not store.tasks.report(task_id, report, at):
        raise ReportRefused(TASK_TIMED_OUT)
    return stored.key
