"""Executions that are over, for deletion with all that belongs to them."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from asw.asl.values import from_text
from asw.platforms.local.database import StoreConnection, instant, transaction
from asw.platforms.local.faults import UnusableFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An execution that is over, and no child of a distributed Map; ``status`` is AWS's."""

    uid: str
    name: str
    workflow_name: str
    status: str
    ended_at: datetime
    ttl_seconds: int | None


class PruneTable:
    """The same tables as all others, in which whole executions are deleted."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    def ended(self) -> Iterator[Ended]:
        """Every execution that is over and will not be redriven."""
        for row in self._connection.execute(f"{_ENDED} AND map_state IS NULL"):
            uid, name, workflow_name, outcome, ttl_seconds = row
            with self._connection.reading(uid, (uid, name, workflow_name, outcome)):
                end = from_text(outcome)
                yield Ended(
                    uid=uid,
                    name=name,
                    workflow_name=workflow_name,
                    status=end["status"],
                    ended_at=instant(end["at"]),
                    ttl_seconds=ttl_seconds,
                )

    def retentions(self) -> dict[str, str]:
        """What Workflows say of how long executions are kept: the JSON text by name."""
        query = "SELECT name, retention FROM workflows WHERE retention IS NOT NULL"
        return dict(self._connection.execute(query))

    def needed(self, at_work: Collection[str]) -> set[str]:
        """Who must stay: what is not over, what that descends from, and what it waits for.

        And the same of the executions that processes are ``at_work`` on, with all their children.
        """
        found = {uid for (uid,) in self._connection.execute(_NEEDED)}
        for root in at_work:
            found |= {uid for (uid,) in self._connection.execute(_FAMILY, (root,))}
        return found

    def delete(self, uids: Collection[str]) -> set[str]:
        """Delete those that are still over, in one write; those that were deleted.

        Children of their distributed Maps go with them. Executions that their Tasks started stay:
        they belong to nobody.
        """
        with transaction(self._connection):
            return {uid for uid in uids if self._delete(uid)}

    def _delete(self, uid: str) -> bool:
        if self._connection.execute(f"{_ENDED} AND uid = ?", (uid,)).fetchone() is None:
            return False
        self._connection.execute(_RELEASE, (uid,))
        self._connection.execute("DELETE FROM executions WHERE uid = ?", (uid,))
        return True

    def tidy(self) -> None:
        """Delete definitions that nobody runs any more, and give room back to the disk.

        Only while nobody works in the folder: a definition may be about to be run.
        """
        self._connection.execute(_UNUSED)
        with suppress(UnusableFolder):  # a reader, or a full disk: what comes next uses the room
            self._connection.execute("VACUUM")


_ENDED = (
    "SELECT uid, name, workflow_name, outcome, ttl_seconds FROM executions"
    " WHERE outcome IS NOT NULL AND (redrive_number <= redrive_count OR refusal IS NOT NULL)"
)
_NEEDED = (
    "WITH RECURSIVE line (uid) AS (SELECT uid FROM executions WHERE outcome IS NULL"
    " OR (redrive_number > redrive_count AND refusal IS NULL)"
    " UNION SELECT parent_uid FROM executions JOIN line USING (uid) WHERE parent_uid IS NOT NULL)"
    " SELECT uid FROM line UNION SELECT executions.uid FROM executions JOIN line"
    " ON executions.parent_uid = line.uid AND NOT executions.is_detached"
)
_FAMILY = (
    "WITH RECURSIVE family (uid) AS (VALUES (?) UNION SELECT executions.uid FROM executions"
    " JOIN family ON executions.parent_uid = family.uid) SELECT uid FROM family"
)
_RELEASE = (
    "WITH RECURSIVE family (uid) AS (VALUES (?) UNION SELECT executions.uid FROM executions"
    " JOIN family ON executions.parent_uid = family.uid AND executions.map_state IS NOT NULL)"
    " UPDATE executions SET parent_uid = NULL, parent_ordinal = NULL"
    " WHERE map_state IS NULL AND parent_uid IN (SELECT uid FROM family)"
)
_UNUSED = (
    "DELETE FROM revisions WHERE name NOT IN (SELECT revision FROM workflows)"
    " AND name NOT IN (SELECT revision FROM executions WHERE revision IS NOT NULL)"
    " AND name NOT IN"
    " (SELECT redrive_revision FROM executions WHERE redrive_revision IS NOT NULL)"
)
