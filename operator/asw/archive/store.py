"""The archive in PostgreSQL or SQLite. Calls block: who has an event loop uses a thread.

What a database raises comes out as ``ArchiveAway``, without its address, which holds a password.
"""

import contextlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from time import monotonic
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import ArgumentError, DataError, IntegrityError, SQLAlchemyError

from asw.archive.errors import ArchiveAway, ArchiveRefused
from asw.archive.rows import ArchivedRun
from asw.archive.tables import BUNDLES, RUNS
from asw.archive.tail_rows import TailRows

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_MOST_AT_ONCE: Final = 500
"""Values of one statement: old SQLite takes 999."""
_SECONDS_TO_CONNECT: Final = 5
_OF_VALUES: Final = frozenset({"22", "23", "54"})
"""PostgreSQL, Appendix A: data exception, integrity violation, program limit exceeded."""
_PATIENCE: Final = {
    "connect_timeout": _SECONDS_TO_CONNECT,
    "options": "-c statement_timeout=60s -c lock_timeout=30s",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""Nobody waits for ever: not for a server that vanished in the middle either."""
_SECONDS: Final = 60
"""Time for what is done at once, unless told otherwise."""
_STEPS: Final = 10_000
"""After so many steps of its machine SQLite looks at the time."""
_LOCK: Final = 0x617377
"""Number of the lock under which PostgreSQL is migrated: two that start do it one by one."""


_COLUMNS: Final = tuple(it.name for it in fields(ArchivedRun))


class Position(NamedTuple):
    """Where a page ends: the next one has what ended before, or then and has a smaller uid."""

    ended_at: int
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which archived runs: all conditions hold together. None means any, also any namespace.

    Instants are milliseconds; ``until`` itself is not in. Runs with a label of ``lacking`` are not
    in, whatever its value.
    """

    namespace: str | None
    name: str | None = None
    workflow: str | None = None
    phases: tuple[str, ...] = ()
    error: str | None = None
    since: int | None = None
    until: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()


class Kept(NamedTuple):
    """A run whose bundle is there, and the bytes of it."""

    run: ArchivedRun
    size: int


class ArchiveStore:
    """The archive at an SQLAlchemy URL: ``sqlite:///PATH`` or ``postgresql+psycopg://...``.

    Whatever takes longer than ``seconds`` ends: a search may be for what a million rows lack.
    """

    def __init__(self, url: str, *, seconds: int = _SECONDS) -> None:
        self._engine = _engine(url)
        self._seconds = seconds
        self.tails = TailRows(self._begin)

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()

    def migrate(self) -> None:
        """Make the tables, or bring them to what this version needs."""
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        with self._begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def put(self, runs: Sequence[tuple[ArchivedRun, bytes]]) -> None:
        """Write runs with their bundles, all or none. Twice is once; older epochs change nothing.

        A uid may be among them once.
        """
        if not runs:
            return
        rows = [{name: getattr(run, name) for name in _COLUMNS} for run, _ in runs]
        with self._begin() as connection:
            known = self._epochs(connection, [run.uid for run, _ in runs])
            bundles = [
                {"uid": run.uid, "content": content}
                for run, content in runs
                if run.epoch >= known.get(run.uid, 0)
            ]
            connection.execute(_upsert(connection, RUNS, newer="epoch"), rows)
            if bundles:
                connection.execute(_upsert(connection, BUNDLES), bundles)

    def known(self, uids: Collection[str]) -> dict[str, int]:
        """Of these the archived ones, each with its epoch: what retention may delete."""
        with self._begin() as connection:
            return self._epochs(connection, list(uids))

    def _epochs(self, connection: sa.Connection, uids: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for start in range(0, len(uids), _MOST_AT_ONCE):
            some = RUNS.c.uid.in_(uids[start : start + _MOST_AT_ONCE])
            found |= dict(connection.execute(sa.select(RUNS.c.uid, RUNS.c.epoch).where(some)).all())
        return found

    def list(
        self, search: Search, *, limit: int = 100, after: Position | None = None
    ) -> list[ArchivedRun]:
        """A page of what is searched for, the newest first; ``after`` is where the last ended."""
        order = (RUNS.c.ended_at.desc(), RUNS.c.uid.desc())
        with self._begin() as connection:
            conditions = _conditions(search, connection.dialect.name)
            if after is not None:
                conditions.append(sa.tuple_(RUNS.c.ended_at, RUNS.c.uid) < sa.tuple_(*after))
            chosen = sa.select(RUNS).where(*conditions).order_by(*order).limit(limit)
            return [ArchivedRun(**row) for row in connection.execute(chosen).mappings()]

    def get(self, namespace: str, uid: str) -> bytes | None:
        """The bundle of a run of that namespace, or None."""
        both = RUNS.join(BUNDLES, RUNS.c.uid == BUNDLES.c.uid)
        chosen = sa.select(BUNDLES.c.content).select_from(both)
        with self._begin() as connection:
            where = (RUNS.c.namespace == namespace, RUNS.c.uid == uid)
            return connection.execute(chosen.where(*where)).scalar()

    def find(
        self, namespace: str, *, uid: str | None = None, name: str | None = None
    ) -> Kept | None:
        """The newest run of that namespace with this uid and this name, or None."""
        wanted = {"namespace": namespace, "uid": uid, "name": name}
        where = [RUNS.c[key] == value for key, value in wanted.items() if value is not None]
        size = sa.func.length(BUNDLES.c.content).label("size")
        chosen = sa.select(RUNS, size).join(BUNDLES, RUNS.c.uid == BUNDLES.c.uid).where(*where)
        order = (RUNS.c.ended_at.desc(), RUNS.c.uid.desc())
        with self._begin() as connection:
            found = connection.execute(chosen.order_by(*order).limit(1)).mappings().first()
        if found is None:
            return None
        row = dict(found)
        length: int = row.pop("size")
        return Kept(ArchivedRun(**row), length)

    def part(self, run: ArchivedRun, start: int, size: int) -> bytes | None:
        """So many bytes of its bundle, or fewer at the end; None if that is another one by now."""
        content = sa.func.substr(BUNDLES.c.content, start + 1, size, type_=sa.LargeBinary)
        chosen = sa.select(content).join(RUNS, RUNS.c.uid == BUNDLES.c.uid)
        keys = {"namespace": run.namespace, "uid": run.uid, "epoch": run.epoch}
        with self._begin() as connection:
            where = [RUNS.c[key] == value for key, value in keys.items()]
            return connection.execute(chosen.where(*where)).scalar()

    @contextlib.contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                _limit(connection, self._seconds)
                yield connection
        except (SQLAlchemyError, ValueError, OverflowError) as error:
            # Its text has statements and values in it; the kind of error has neither.
            cause = getattr(error, "orig", None) or error
            kind = ArchiveRefused if _is_refusal(error, cause) else ArchiveAway
            raise kind(type(cause).__name__) from None


def _is_refusal(error: Exception, cause: BaseException) -> bool:
    """Whether a value is to blame: by the class of the error, or PostgreSQL's class of its code."""
    if isinstance(error, DataError | IntegrityError):
        return True
    if isinstance(error, SQLAlchemyError):
        return str(getattr(cause, "sqlstate", None) or "")[:2] in _OF_VALUES
    return True  # a driver that could not even send it


def _limit(connection: sa.Connection, seconds: int) -> None:
    """Let statements of this transaction end after so long."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        end = monotonic() + seconds
        driver.set_progress_handler(lambda: monotonic() >= end, _STEPS)
    elif seconds != _SECONDS:
        connection.execute(sa.text(f"SET LOCAL statement_timeout = {seconds * 1000:d}"))


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise ArchiveAway("its address is no URL") from None
    match parsed.get_backend_name():
        case "sqlite":
            if parsed.database:
                _make_private(parsed.database)
            engine = sa.create_engine(parsed, connect_args={"timeout": _SECONDS_TO_CONNECT})
            sa.event.listen(engine, "connect", _use_wal)
            return engine
        case "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
            return sa.create_engine(parsed, connect_args=dict(_PATIENCE), pool_pre_ping=True)
    raise ArchiveAway("its address names neither sqlite nor postgresql")


def _make_private(path: str) -> None:
    """Payloads are in it, so only its owner may read it, as with bundles."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise ArchiveAway(type(error).__name__) from None


def _use_wal(connection: Any, _: object) -> None:
    """Readers do not wait for the writer; a commit is on disk when it returns."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _upsert(connection: sa.Connection, table: sa.Table, newer: str | None = None) -> sa.Executable:
    """Insert, or replace what has that uid, if its ``newer`` column is not behind."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(table)
    columns = {it.name: insert.excluded[it.name] for it in table.columns if it.name != "uid"}
    where = None if newer is None else insert.excluded[newer] >= table.c[newer]
    statement: sa.Executable = insert.on_conflict_do_update(
        index_elements=["uid"], set_=columns, where=where
    )
    return statement


def _conditions(search: Search, dialect: str) -> list[sa.ColumnElement[bool]]:
    found = [
        RUNS.c[name] == value
        for name in ("namespace", "name", "workflow", "error")
        if (value := getattr(search, name)) is not None
    ]
    if search.phases:
        found.append(RUNS.c.phase.in_(search.phases))
    if search.since is not None:
        found.append(RUNS.c.ended_at >= search.since)
    if search.until is not None:
        found.append(RUNS.c.ended_at < search.until)
    for column, wanted in ((RUNS.c.labels, search.labels), (RUNS.c.fields, search.fields)):
        found += [_has(column, key, value, dialect) for key, value in wanted.items()]
    return found + [sa.not_(_has_key(RUNS.c.labels, key, dialect)) for key in search.lacking]


def _has(column: sa.Column[Any], key: str, value: str, dialect: str) -> sa.ColumnElement[bool]:
    """Whether the object in the column has this member; keys are values, never paths."""
    if dialect == "postgresql":
        return sa.cast(column, JSONB).contains({key: value})
    each = sa.func.json_each(column).table_valued("key", "value")
    return sa.exists().where(each.c.key == key, each.c.value == value)


def _has_key(column: sa.Column[Any], key: str, dialect: str) -> sa.ColumnElement[bool]:
    if dialect == "postgresql":
        has: sa.ColumnElement[bool] = sa.cast(column, JSONB).has_key(key)
        return has
    each = sa.func.json_each(column).table_valued("key")
    return sa.exists().where(each.c.key == key)
