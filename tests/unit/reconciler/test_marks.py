"""Marks of work that outlive the process, and what is counted from those that it left."""

import logging
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.reconciler.marks import (
    DEATHS,
    FILE,
    LOADING,
    NO_MARKS,
    SIZE,
    Death,
    MarksIn,
    open_marks,
    row_of,
)

UIDS = [f"00000000-0000-4000-8000-{n:012}" for n in range(5)]
UID = UIDS[0]


def dead(buffer: bytearray, uid: str, next_event: int = LOADING) -> MarksIn:
    """A process that died in work on the execution, and its successor's marks."""
    MarksIn(buffer).begin(row_of(uid, next_event))
    return MarksIn(buffer)


def test_who_kills_twice_in_a_row_is_known() -> None:
    """Once may be chance; with two deaths it is known what the process died in."""
    buffer = bytearray(SIZE)
    assert dead(buffer, UID, 7).last_death(UID) is None
    assert dead(buffer, UID, 7).last_death(UID) == Death(next_event=7, count=2)
    assert MarksIn(buffer).last_death(UID) == Death(next_event=7, count=2)


def test_a_death_while_loading_counts_with_one_after_it() -> None:
    """Nobody knows what an execution was at that died while it was read: it is not read again."""
    buffer = bytearray(SIZE)
    dead(buffer, UID, 7)
    assert dead(buffer, UID).last_death(UID) == Death(next_event=LOADING, count=2)


def test_progress_and_survival_clear_the_count() -> None:
    """Deaths count only where nothing was decided, or survived, between them."""
    buffer = bytearray(SIZE)
    dead(buffer, UID, 7)
    assert dead(buffer, UID, 9).last_death(UID) is None
    marks = MarksIn(buffer)
    marks.survive(UID)
    assert dead(buffer, UID, 9).last_death(UID) is None


def test_what_ended_is_no_death() -> None:
    """A process that stops between two pieces of work leaves no mark."""
    buffer = bytearray(SIZE)
    for _ in range(3):
        marks = MarksIn(buffer)
        marks.begin(row_of(UID, 3))
        marks.end()
    assert MarksIn(buffer).last_death(UID) is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["works", "dies", "survives", "restarts"]),
            st.sampled_from(UIDS),
            st.integers(LOADING, 3),
        )
    )
)
def test_nobody_is_ended_who_did_not_die_twice_in_a_row(
    happenings: list[tuple[str, str, int]],
) -> None:
    """Whatever happens to others in between, who is known died twice and survived no pass since."""
    buffer = bytearray(SIZE)
    marks, deaths = MarksIn(buffer), Counter[str]()
    for what, uid, next_event in happenings:
        if what == "survives":
            marks.survive(uid)
            deaths[uid] = 0
        elif what != "restarts":
            marks.begin(row_of(uid, next_event))
            if what == "works":
                marks.end()
            else:
                deaths[uid] += 1
        if what in ("dies", "restarts"):
            marks = MarksIn(buffer)
        for each in UIDS:
            if marks.last_death(each) is not None:
                assert deaths[each] >= DEATHS


@given(st.integers(0, 2**32), st.booleans())
def test_garbage_is_taken_for_nothing(seed: int, has_header: bool) -> None:
    """Whatever a volume holds, also under our own first line, marks work and end nobody else."""
    buffer = bytearray(Random(seed).randbytes(SIZE))
    if has_header:
        buffer[:12] = MarksIn(bytearray(SIZE))._buffer[:12]
    assert MarksIn(buffer).last_death(UID) is None
    dead(buffer, UID, 4)
    assert dead(buffer, UID, 4).last_death(UID) == Death(next_event=4, count=2)


def test_the_count_of_many_is_bounded() -> None:
    """More deaths than there is room for push out those that count least."""
    buffer = bytearray(SIZE)
    dead(buffer, UID, 4)
    dead(buffer, UID, 4)
    for number in range(300):
        dead(buffer, f"other-{number}", 4)
    marks = MarksIn(buffer)
    assert marks.last_death(UID) == Death(next_event=4, count=2)
    assert len(marks._deaths) <= 128


def test_marks_are_found_by_the_next_process(tmp_path: Path) -> None:
    """What was at work when a process ended is counted by the next one."""
    for _ in range(2):
        marks = open_marks(tmp_path)
        assert isinstance(marks, MarksIn)
        assert marks.last_death(UID) is None
        marks.begin(row_of(UID, 5))
        marks._buffer.close()
    assert open_marks(tmp_path).last_death(UID) == Death(next_event=5, count=2)


def test_without_a_folder_there_are_none() -> None:
    """Outside of clusters nobody need name one."""
    assert open_marks(None) is NO_MARKS


@pytest.mark.parametrize("content", [b"", b"x", b"\xff" * 3 * SIZE])
def test_a_file_of_any_size_will_do(tmp_path: Path, content: bytes) -> None:
    """Another version's file, or half of one, is written anew."""
    (tmp_path / FILE).write_bytes(content)
    assert isinstance(open_marks(tmp_path), MarksIn)
    assert (tmp_path / FILE).stat().st_size == SIZE


@pytest.mark.parametrize("is_there", [True, False])
def test_a_folder_that_cannot_be_used_is_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, is_there: bool
) -> None:
    """No folder, or no file in its place: the operator works without marks, and says so."""
    folder = tmp_path / "scratch"
    if is_there:
        (folder / FILE).mkdir(parents=True)
    with caplog.at_level(logging.WARNING):
        assert open_marks(folder) is NO_MARKS
    (line,) = caplog.records
    assert "ASW_SCRATCH" in line.getMessage()


def test_two_processes_do_not_share_a_file(tmp_path: Path) -> None:
    """The second one works without marks: it would take the first one's work for its death."""
    first = open_marks(tmp_path)
    assert isinstance(first, MarksIn)
    assert open_marks(tmp_path) is NO_MARKS
