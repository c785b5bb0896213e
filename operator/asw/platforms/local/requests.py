"""What people ask of executions that another process works on: it looks here now and then.

A wish lies in the row of its execution; SQLite's data_version says, at the price of nothing, that
another process wrote at all.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from asw.platforms.local.executions import NAMESPACE
from asw.reconciler.platform import ExecutionKey


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of one execution: to stop, to be suspended, to be redriven."""

    key: ExecutionKey
    stop: str | None
    is_suspended: bool
    redrive_number: int


class RequestTable:
    """See the module. Shares the table ``executions``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def of(self, roots: Iterable[str]) -> dict[str, Request]:
        """The wishes that concern these executions and their children, by uid."""
        rows = [row for uid in roots for row in self._connection.execute(_WISHES, (uid,))]
        return {
            uid: Request(ExecutionKey(NAMESPACE, name, uid), stop, bool(is_suspended), number)
            for uid, name, stop, is_suspended, number in rows
        }


_WISHES = (
    "WITH RECURSIVE family (uid) AS (VALUES (?) UNION SELECT executions.uid FROM executions"
    " JOIN family ON executions.parent_uid = family.uid)"
    " SELECT uid, name, stop, is_suspended, redrive_number FROM executions JOIN family USING (uid)"
    " WHERE stop IS NOT NULL OR is_suspended OR redrive_number > redrive_count"
)
