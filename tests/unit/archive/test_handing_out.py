"""What the archive hands out: runs by name and uid, bundles in parts, and nothing for too long."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from asw.archive.errors import ArchiveAway
from asw.archive.store import ArchiveStore, Search
from tests.support.archives import a_row

RUN = a_row("u1", namespace="team", name="a")
ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(60)",
}


def test_runs_with_a_label_can_be_left_out(store):
    """Lists are without children of Maps, which a label marks, whatever its value."""
    store.put([(RUN, b""), (replace(RUN, uid="u2", labels={"asw.dev/parent-uid": ""}), b"")])
    found = store.list(Search(namespace="team", lacking=("asw.dev/parent-uid",)))
    assert [run.uid for run in found] == ["u1"]


def test_of_a_name_the_newest_run_is_found(store):
    """A name may be used again; a uid of it, but of another name or namespace, is not found."""
    newer = replace(RUN, uid="u2", ended_at=RUN.ended_at + 1)
    store.put([(RUN, b"12345"), (newer, b"123")])
    assert store.find("team", name="a") == (newer, 3)
    assert store.find("team", name="a", uid="u1") == (RUN, 5)
    assert store.find("team", uid="u1") == (RUN, 5)
    for place, wanted in (("team", {"name": "b", "uid": "u1"}), ("other", {"uid": "u1"})):
        assert store.find(place, **wanted) is None


def test_a_bundle_is_read_in_parts(store):
    """Together they are the bundle; once it is another one there is no part of it."""
    store.put([(RUN, b"12345")])
    assert [store.part(RUN, at, 2) for at in (0, 2, 4)] == [b"12", b"34", b"5"]
    store.put([(replace(RUN, epoch=1), b"abc")])
    assert store.part(RUN, 0, 2) is None
    assert store.part(replace(RUN, namespace="other", epoch=1), 0, 2) is None


def test_what_takes_too_long_ends(store, archive_url):
    """A statement is interrupted, so that its thread is free again."""
    hasty = ArchiveStore(archive_url, seconds=1)
    with pytest.raises(ArchiveAway), hasty._begin() as connection:
        connection.execute(sa.text(ENDLESS[connection.dialect.name]))
    assert hasty.list(Search(namespace="team")) == []
    hasty.close()
