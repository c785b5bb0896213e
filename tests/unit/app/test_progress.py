"""A history tells how each state fared, over branches, iterations, retries and catches."""

from datetime import UTC, datetime, timedelta

import pytest

from asw.app.progress import of_children, read_history
from asw.engine.history import Event

START = datetime(2024, 1, 1, tzinfo=UTC)


def events(*lines):
    """Events from (previous id, type, name); ids count from 1, one a second."""
    return [
        Event(
            id=number,
            previous_event_id=previous,
            type=type_,
            at=START + timedelta(seconds=number),
            details={"name": name} if name else {},
        )
        for number, (previous, type_, name) in enumerate(lines, start=1)
    ]


def progress_of(*lines):
    """What each state's progress is after these events."""
    return read_history(events(*lines)).progress


def test_finished_state_is_done_and_timed():
    """A state that was left is done, and took from its entry to its exit."""
    progress = progress_of(
        (0, "ExecutionStarted", None), (0, "PassStateEntered", "A"), (2, "PassStateExited", "A")
    )["A"]
    assert (progress.mark, progress.visits, progress.took) == ("done", 1, timedelta(seconds=1))


def test_open_state_runs_while_the_execution_does():
    """A state that was entered and not left is at work."""
    assert progress_of((0, "TaskStateEntered", "A"))["A"].mark == "running"


def test_failed_map_run_is_one_failure():
    """A distributed Map that was caught is left by its exit, whatever its Map Run said before."""
    progress = progress_of(
        (0, "MapStateEntered", "M"),
        (1, "MapStateStarted", None),
        (2, "MapRunStarted", None),
        (3, "MapRunFailed", None),
        (4, "MapStateFailed", None),
        (5, "MapStateExited", "M"),
    )["M"]
    assert (progress.mark, progress.took) == ("caught", timedelta(seconds=5))


@pytest.mark.parametrize(
    ("visits", "is_over", "mark"),
    [
        pytest.param((3, 3), True, "done", id="all left"),
        pytest.param((3, 2), False, "running", id="one inside"),
        pytest.param((3, 2), True, "failed", id="one never left"),
    ],
)
def test_states_of_children_are_summed(visits, is_over, mark):
    """The states within a distributed Map show how all of its children fare."""
    progress = of_children({"A": visits}, is_over=is_over)["A"]
    assert (progress.mark, progress.visits) == (mark, 3)


def test_retries_are_counted():
    """Each start of a task counts, so that retries show."""
    progress = progress_of(
        (0, "TaskStateEntered", "A"),
        (1, "LambdaFunctionScheduled", None),
        (2, "LambdaFunctionFailed", None),
        (3, "LambdaFunctionScheduled", None),
        (4, "LambdaFunctionSucceeded", None),
        (5, "TaskStateExited", "A"),
    )["A"]
    assert (progress.attempts, progress.visits) == (2, 1)


def test_caught_failure_shows_as_caught():
    """A state that was left by its Catch shows that something went wrong in it."""
    marks = progress_of(
        (0, "TaskStateEntered", "A"),
        (1, "TaskFailed", None),
        (2, "TaskStateExited", "A"),
        (3, "PassStateEntered", "B"),
        (4, "PassStateExited", "B"),
    )
    assert (marks["A"].mark, marks["B"].mark) == ("caught", "done")


def test_failed_branch_fails_its_parallel_and_stops_the_others():
    """The state that failed, those around it, and those that were only stopped differ."""
    progress = progress_of(
        (0, "ParallelStateEntered", "P"),
        (1, "ParallelStateStarted", None),
        (2, "TaskStateEntered", "Bad"),
        (2, "WaitStateEntered", "Slow"),
        (3, "TaskFailed", None),
        (5, "ParallelStateFailed", None),
        (6, "ExecutionFailed", None),
    )
    marks = {name: each.mark for name, each in progress.items()}
    assert marks == {"P": "failed", "Bad": "failed", "Slow": "stopped"}


def test_nested_parallels_fail_from_inside_out():
    """A failure that passes two Parallel states marks both, each once."""
    progress = progress_of(
        (0, "ParallelStateEntered", "Outer"),
        (1, "ParallelStateEntered", "Inner"),
        (2, "FailStateEntered", "No"),
        (3, "ParallelStateFailed", None),
        (4, "ParallelStateExited", "Inner"),
        (5, "PassStateEntered", "After"),
    )
    marks = {name: each.mark for name, each in progress.items()}
    assert marks == {"Outer": "running", "Inner": "caught", "No": "running", "After": "running"}


def test_map_iterations_are_visits():
    """A state inside a Map is visited once an iteration, its times summed."""
    progress = progress_of(
        (0, "MapStateEntered", "Each"),
        (1, "MapIterationStarted", "Each"),
        (2, "PassStateEntered", "Send"),
        (1, "MapIterationStarted", "Each"),
        (4, "PassStateEntered", "Send"),
        (3, "PassStateExited", "Send"),
        (5, "PassStateExited", "Send"),
    )["Send"]
    assert (progress.visits, progress.mark, progress.took) == (2, "done", timedelta(seconds=5))


def test_every_event_inside_a_state_carries_its_name():
    """The table can say of a task's events which state they belong to."""
    reading = read_history(
        events(
            (0, "ExecutionStarted", None),
            (0, "TaskStateEntered", "A"),
            (2, "TaskScheduled", None),
            (3, "TaskStateExited", "A"),
            (4, "ExecutionSucceeded", None),
        )
    )
    assert reading.states == {2: "A", 3: "A", 4: "A"}
