"""A batch is written as a whole, and one bad run keeps no other out."""

import pytest

from asw.archive.errors import ArchiveAway, ArchiveRefused
from asw.archive.rows import ArchivedRun
from asw.archive.writing import write


def a_run(uid: str) -> ArchivedRun:
    return ArchivedRun(
        uid=uid, namespace="team", name=uid, workflow="etl", phase="Failed", error=None,
        started_at=None, ended_at=5, epoch=0, labels={}, fields={},
    )  # fmt: skip


class PickyStore:
    """Refuses batches with a bad run in them, all or none."""

    def __init__(self, bad):
        self.bad = bad
        self.kept = []
        self.tries = 0

    def put(self, runs):
        """See ArchiveStore."""
        self.tries += 1
        if not self.bad.isdisjoint(run.uid for run, _ in runs):
            raise ArchiveRefused("DataError")
        self.kept += [run.uid for run, _ in runs]


BAD = [set(), {"0"}, {"99"}, {"3", "4", "50"}]


@pytest.mark.parametrize("bad", BAD, ids=lambda it: "-".join(sorted(it)) or "none")
def test_all_but_the_bad_ones_are_written(bad):
    """Each once, in few tries, and the bad ones are named."""
    store = PickyStore(bad)
    refused = write(store, [(a_run(str(n)), b"") for n in range(100)])
    assert refused == dict.fromkeys(bad, "DataError")
    assert sorted(store.kept) == sorted({str(n) for n in range(100)} - bad)
    assert store.tries <= 1 + len(bad) * 2 * 7


def test_an_archive_that_is_away_is_nobodys_fault():
    """Nothing is halved then: the next try is a new one."""

    class Away:
        def put(self, runs):
            raise ArchiveAway("OperationalError")

    with pytest.raises(ArchiveAway):
        write(Away(), [(a_run("a"), b""), (a_run("b"), b"")])
