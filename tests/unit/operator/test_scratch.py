"""The scratch volume of the operator, where there is one."""

import logging
from pathlib import Path

import pytest

from asw.operator.scratch import FILE, open_marks
from asw.reconciler.marks import NO_MARKS, SIZE, Death, MarksIn, row_of

UID = "0d5f9d3e-7a2b-4a55-9d0a-3f4f1b6c7e01"


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
