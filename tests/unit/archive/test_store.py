"""The archive keeps runs and finds them, on SQLite and on PostgreSQL."""

import stat
from dataclasses import replace

import pytest

from asw.archive.errors import ArchiveAway, ArchiveRefused
from asw.archive.rows import ArchivedRun
from asw.archive.store import ArchiveStore, Position, Search

RUN = ArchivedRun(
    uid="u1", namespace="team", name="a", workflow="etl", phase="Failed", error="Boom",
    started_at=None, ended_at=5, epoch=0, labels={"app": "x"}, fields={'o"r.id': "7"},
)  # fmt: skip


def uids(found):
    return [run.uid for run in found]


def test_a_run_comes_back_as_it_went(store):
    """Row and bundle are read as they were written."""
    store.put([(RUN, b"bundle")])
    assert store.list(Search(namespace="team")) == [RUN]
    assert store.get("team", "u1") == b"bundle"


def test_a_bundle_is_of_its_namespace_only(store):
    """Who knows a uid of another namespace gets nothing for it."""
    store.put([(RUN, b"bundle")])
    assert store.get("other", "u1") is None
    assert store.list(Search(namespace="other")) == []


def test_twice_is_once(store):
    """An operator that died before it knew writes again, and nothing is double."""
    store.put([(RUN, b"bundle")])
    store.put([(RUN, b"bundle")])
    assert uids(store.list(Search(namespace=None))) == ["u1"]


def test_a_redrive_replaces_and_is_never_replaced_by_what_was_before(store):
    """Of two epochs the later one stays, in whichever order they are written."""
    later = replace(RUN, epoch=1, phase="Succeeded", error=None)
    for run, content in ((RUN, b"old"), (later, b"new"), (RUN, b"old")):
        store.put([(run, content)])
    assert store.list(Search(namespace="team")) == [later]
    assert store.get("team", "u1") == b"new"
    assert store.known(["u1"]) == {"u1": 1}


def test_known_asks_for_more_than_a_statement_takes(store):
    """Retention may ask for any number of uids at once."""
    store.put([(RUN, b"")])
    assert store.known([*map(str, range(3000)), "u1"]) == {"u1": 0}


def test_a_batch_is_written_whole_or_not(store):
    """If one run of a batch is refused, none of it counts as archived."""
    with pytest.raises(ArchiveAway):
        store.put([(RUN, b""), (replace(RUN, uid="u2", name=None), b"")])
    assert store.known(["u1", "u2"]) == {}


def test_pages_follow_each_other_without_gap_or_double(store):
    """Pages by position hold each run once, though many ended in the same millisecond."""
    store.put([(replace(RUN, uid=f"u{n}", ended_at=n // 4), b"") for n in range(10)])
    seen, after = [], None
    while page := store.list(Search(namespace="team"), limit=3, after=after):
        seen += uids(page)
        after = Position(page[-1].ended_at, page[-1].uid)
    assert seen == [f"u{n}" for n in reversed(range(10))]


@pytest.mark.parametrize(
    ("condition", "is_found"),
    [
        ({"workflow": "etl"}, True), ({"workflow": "x"}, False),
        ({"name": "a"}, True), ({"name": "b"}, False),
        ({"phases": ("Failed", "Aborted")}, True), ({"phases": ("Succeeded",)}, False),
        ({"error": "Boom"}, True), ({"error": "Bo"}, False),
        ({"since": 5}, True), ({"since": 6}, False),
        ({"until": 6}, True), ({"until": 5}, False),
        ({"labels": {"app": "x"}}, True), ({"labels": {"app": "y"}}, False),
        ({"fields": {'o"r.id': "7"}}, True), ({"fields": {"o": "7"}}, False),
        ({"labels": {"app": "x"}, "fields": {'o"r.id': "8"}}, False),
    ],
    ids=str,
)  # fmt: skip
def test_runs_are_found_by(store, condition, is_found):
    """Each condition of a search finds what it names and nothing else."""
    store.put([(RUN, b"")])
    assert bool(store.list(Search(namespace="team", **condition))) is is_found


def test_migrating_again_keeps_what_is_there(store):
    """Every start migrates; rows stay."""
    store.put([(RUN, b"")])
    store.migrate()
    assert store.known(["u1"]) == {"u1": 0}


def test_an_archive_that_is_away_says_no_secret():
    """What is raised names neither the address nor the password in it."""
    store = ArchiveStore("postgresql://me:hunter2@127.0.0.1:1/db")
    with pytest.raises(ArchiveAway) as away:
        store.known(["u1"])
    store.close()
    assert "hunter2" not in str(away.value)
    assert away.value.__cause__ is None


@pytest.mark.parametrize("url", ["hunter2", "mysql://me:hunter2@h/db"])
def test_other_addresses_are_refused(url):
    """An address of anything else is refused, without repeating it."""
    with pytest.raises(ArchiveAway) as away:
        ArchiveStore(url)
    assert "hunter2" not in str(away.value)


def test_a_file_is_its_owners(tmp_path):
    """Payloads of all tenants are in it: nobody else may read it."""
    ArchiveStore(f"sqlite:///{tmp_path}/archive.db").close()
    assert stat.S_IMODE((tmp_path / "archive.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("change", [{"name": None}, {"ended_at": 2**70}], ids=str)
def test_what_is_refused_is_told_from_what_is_away(store, change):
    """A value that no try will make better: it alone is held back, and others are written."""
    with pytest.raises(ArchiveRefused):
        store.put([(replace(RUN, **change), b"")])
    store.put([(RUN, b"")])


def test_nul_is_refused_and_not_away(archive_url, store):
    """PostgreSQL takes none in a text; should one get so far, it keeps only itself out."""
    try:
        store.put([(replace(RUN, name="\0", labels={"\0": "\0"}), b"")])
    except ArchiveRefused:
        assert archive_url.startswith("postgresql")
    assert len(store.list(Search(namespace="team"))) <= 1
