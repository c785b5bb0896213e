"""What tasks print, and when: one log a task, with the times in a file beside."""

from datetime import UTC, datetime, timedelta

import pytest

from asw.engine.task_ids import TaskId
from asw.platforms.local.functions import LocalFunction
from asw.platforms.local.logs import LineTimes, TaskLogs
from asw.platforms.local.runtime import Call

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def a_call(child=""):
    """A task of the execution ``run-1``, or of an express child of it."""
    return Call(
        task_id=TaskId(child or "own", 1),
        function=LocalFunction(name="f", runtime="python3", handler="index.main", files={}),
        variables={},
        event=None,
        execution="run-1",
        state="T",
        child=child,
    )


@pytest.fixture
def logs(tmp_path):
    """Logs whose clock goes on by a second with each look at it."""
    instants = (FIRST + timedelta(seconds=n) for n in range(100))
    return TaskLogs(tmp_path, now=lambda: next(instants))


def test_a_log_is_what_was_printed_and_its_times_stand_beside(logs, tmp_path):
    """Each byte has the time of the piece that it came with."""
    logs.write(a_call(), b"one\ntw")
    logs.write(a_call(), b"o\nthree\n")
    path = tmp_path / "run-1" / "1.log"
    assert path.read_bytes() == b"one\ntwo\nthree\n"
    times = LineTimes(path)
    first, second = "2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:01.000000Z"
    assert [times.at(offset) for offset in (0, 4, 6, 8)] == [first, first, second, second]


def test_express_children_have_logs_of_their_own(logs, tmp_path):
    """Two that do the same work number their tasks alike."""
    for child in ("a", "b"):
        logs.write(a_call(child), child.encode())
    assert (tmp_path / "run-1" / "a" / "1.log").read_bytes() == b"a"
    assert (tmp_path / "run-1" / "b" / "1.log").read_bytes() == b"b"


@pytest.mark.parametrize("noted", [None, "", "0 2026-01-01T00:0", "x 2026-01-01T00:00:00Z\n"])
def test_a_time_that_nobody_noted_is_empty(tmp_path, noted):
    """Logs of before have no times, and of one that was cut off the last may be half written."""
    path = tmp_path / "1.log"
    if noted is not None:
        path.with_suffix(".times").write_text(noted)
    assert LineTimes(path).at(0) == ""
