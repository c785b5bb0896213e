"""The table of tails: what is kept of tasks' logs, written before their pods go."""

import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from typing import Any, Final, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from asw.archive.rows import storable
from asw.archive.tables import RUNS, TAILS
from asw.archive.tails import Tail

DAY: Final = 24 * 3600 * 1000
MOST_BYTES: Final = 256 * 1024
"""Of what tails unpack to that are read at once, unless one alone has more."""
MOST_UNPACKED: Final = 256 * 1024
"""Of one: more than is ever written is not unpacked."""
_LEVEL: Final = 6

Begin: TypeAlias = Callable[[], AbstractContextManager[sa.Connection]]
_COLUMNS: Final = tuple(it.name for it in fields(Tail))


class After(NamedTuple):
    """Behind which task of a run the next page begins."""

    ordinal: int
    task_uid: str


class TaskOf(NamedTuple):
    """What a tail is found by."""

    namespace: str
    task_uid: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class TailRows:
    """Tails in the database that ``begin`` opens a transaction of, which raises ArchiveAway."""

    begin: Begin

    def put(self, tails: Sequence[Tail]) -> None:
        """Write them, all or none. Of two of a task the first one stays."""
        rows = [_row(it) for it in tails]
        if not rows:
            return
        with self.begin() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            connection.execute(dialect.insert(TAILS).on_conflict_do_nothing(), rows)

    def known(self, tasks: Collection[TaskOf]) -> set[TaskOf]:
        """Those of the tasks that have one."""
        if not tasks:
            return set()
        key = sa.tuple_(TAILS.c.namespace, TAILS.c.task_uid, TAILS.c.ordinal)
        chosen = sa.select(TAILS.c.namespace, TAILS.c.task_uid, TAILS.c.ordinal)
        with self.begin() as connection:
            found = connection.execute(chosen.where(key.in_([tuple(it) for it in tasks])))
            return {TaskOf(*row) for row in found}

    def of_run(
        self, namespace: str, uid: str, *, wanted: Mapping[str, str], after: After | None
    ) -> tuple[list[Tail], After | None]:
        """A page of a run, in the order of the starts, and where the next one begins.

        ``wanted`` are values of columns.
        """
        place = (TAILS.c.ordinal, TAILS.c.task_uid)
        where = [TAILS.c.namespace == namespace, TAILS.c.uid == uid]
        where += [TAILS.c[name] == value for name, value in wanted.items()]
        if after is not None:
            where.append(sa.tuple_(*place) > sa.tuple_(*after))
        sizes = sa.select(*place, TAILS.c.size).where(*where).order_by(*place).limit(_MOST_LISTED)
        with self.begin() as connection:
            listed = connection.execute(sizes).all()
            count = _how_many([row.size for row in listed])
            chosen = sa.select(*(TAILS.c[it] for it in _COLUMNS)).where(*where)
            rows = connection.execute(chosen.order_by(*place).limit(count)).mappings().all()
        is_last = count == len(listed) < _MOST_LISTED
        tails = [_tail(row) for row in rows]
        last = tails[-1] if tails else None
        return tails, None if is_last or last is None else After(last.ordinal, last.task_uid)

    def oldest(self) -> int | None:
        """When the oldest one was taken."""
        with self.begin() as connection:
            found: int | None = connection.execute(
                sa.select(sa.func.min(TAILS.c.taken_at))
            ).scalar()
            return found

    def prune(self, since: int, until: int) -> int:
        """Remove those of this time whose runs the archive does not have; how many they were."""
        has_run = sa.exists().where(RUNS.c.uid == TAILS.c.uid)
        taken = (TAILS.c.taken_at >= since, TAILS.c.taken_at < until)
        with self.begin() as connection:
            return connection.execute(sa.delete(TAILS).where(*taken, sa.not_(has_run))).rowcount


_MOST_LISTED: Final = 100


@dataclass(slots=True)
class Pruning:
    """Removes old tails of runs that never came, a day of them at a time, and each day once."""

    done_until: int | None = None

    def prune(self, rows: TailRows, until: int) -> bool:
        """Remove some taken before that; False if there is nothing left to look at.

        Raises ArchiveAway.
        """
        since = self.done_until if self.done_until is not None else rows.oldest()
        if since is None or since >= until:
            return False
        end = min(since + DAY, until)
        rows.prune(since, end)
        self.done_until = end
        return end < until


def _how_many(sizes: Sequence[int]) -> int:
    """As many as fit on a page; one at least."""
    count = total = 0
    for size in sizes:
        total += size
        if count and total > MOST_BYTES:
            break
        count += 1
    return count


def _row(tail: Tail) -> dict[str, Any]:
    row = {name: getattr(tail, name) for name in _COLUMNS}
    content = zlib.compress(tail.content, _LEVEL)
    return {**row, "state": storable(tail.state), "content": content, "size": len(tail.content)}


def _tail(row: Mapping[Any, Any]) -> Tail:
    unpacked = zlib.decompressobj().decompress(row["content"], MOST_UNPACKED)
    return Tail(**{**row, "content": unpacked})
