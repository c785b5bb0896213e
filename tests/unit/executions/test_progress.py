"""A history tells how each state fared, over branches, iterations, retries and catches."""

from datetime import UTC, datetime, timedelta

import pytest

from asw.engine.history import Event
from asw.executions.port import Children
from asw.executions.progress import HistoryReader, read_history, with_children
from tests.support.play import definition, in_turn, play, redrive, task

START = datetime(2024, 1, 1, tzinfo=UTC)


def events(*lines):
    """Events from (previous id, type, name or details); ids count from 1, one a second."""
    return [
        Event(
            id=number,
            previous_event_id=previous,
            type=type_,
            at=START + timedelta(seconds=number),
            details=name if isinstance(name, dict) else {"name": name} if name else {},
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
    progress = with_children({}, {"A": visits}, {}, is_over=is_over)["A"]
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
    assert marks == {"Outer": "running", "Inner": "caught", "No": "failed", "After": "running"}


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
    """The table can say of a task's events which state they belong to; the execution's to none."""
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


def iteration(index):
    """Details of an event of an iteration of the Map ``Each``."""
    return {"name": "Each", "index": index}


MAP_OF_THREE = (
    (0, "ExecutionStarted", None),
    (0, "MapStateEntered", "Each"),
    (2, "MapStateStarted", {"length": 3}),
    (3, "MapIterationStarted", iteration(0)),
    (4, "TaskStateEntered", "Send"),
    (3, "MapIterationStarted", iteration(1)),
    (6, "TaskStateEntered", "Send"),
    (5, "TaskStateExited", "Send"),
    (8, "MapIterationSucceeded", iteration(0)),
    (7, "TaskFailed", {"error": "Sad"}),
    (10, "MapIterationFailed", iteration(1)),
)


def test_iterations_of_an_inline_map_are_counted():
    """A Map says how many of its iterations ended and failed, of how many."""
    progress = progress_of(*MAP_OF_THREE)
    assert progress["Each"].children == Children(2, 3, 1)
    assert (progress["Each"].open, progress["Each"].since) == (1, START + timedelta(seconds=2))


def test_a_map_that_begins_again_counts_anew():
    """Iterations of a try that failed are not those of the next."""
    again = (
        *MAP_OF_THREE,
        (11, "MapStateFailed", None),
        (12, "MapStateStarted", {"length": 3}),
        (13, "MapIterationStarted", iteration(0)),
        (14, "MapIterationSucceeded", iteration(0)),
    )
    progress = progress_of(*again)["Each"]
    assert (progress.children, progress.mark) == (Children(1, 3), "running")


def test_what_was_stopped_inside_is_not_at_work():
    """Once a Parallel was left by its Catch, the other branch's state runs no more."""
    progress = progress_of(
        (0, "ParallelStateEntered", "P"),
        (1, "ParallelStateStarted", None),
        (2, "WaitStateEntered", "Slow"),
        (2, "FailStateEntered", "Bad"),
        (4, "ParallelStateFailed", None),
        (5, "ParallelStateExited", "P"),
        (6, "WaitStateEntered", "After"),
    )
    marks = {name: each.mark for name, each in progress.items()}
    assert marks == {"P": "caught", "Slow": "stopped", "Bad": "failed", "After": "running"}
    assert [name for name, each in progress.items() if each.open] == ["After"]


def test_a_redrive_takes_up_what_was_stopped():
    """After a redrive the states that go on are at work again, and may end well."""
    failed = (
        (0, "ExecutionStarted", None),
        (0, "ParallelStateEntered", "P"),
        (2, "ParallelStateStarted", None),
        (3, "WaitStateEntered", "Slow"),
        (3, "TaskStateEntered", "Bad"),
        (5, "TaskFailed", None),
        (6, "ParallelStateFailed", None),
        (7, "ExecutionFailed", None),
        (0, "ExecutionRedriven", None),
    )
    progress = progress_of(*failed)
    assert {name for name, each in progress.items() if each.open} == {"P", "Slow", "Bad"}
    done = (
        *failed,
        (6, "TaskScheduled", None),
        (10, "TaskSucceeded", None),
        (11, "TaskStateExited", "Bad"),
        (4, "WaitStateExited", "Slow"),
    )
    progress = progress_of(*done)
    assert (progress["Bad"].mark, progress["Slow"].mark) == ("done", "done")


NOWHERE = "$.nowhere"
BAD = {"Type": "Pass", "InputPath": NOWHERE, "End": True}
UNFIT = {
    "Type": "Pass",
    "QueryLanguage": "JSONata",
    "Output": "{% $error('no') %}",
    "End": True,
}
LONG = {"Type": "Wait", "Seconds": 9, "End": True}
OF_ONE = definition("P", P={"Type": "Pass", "End": True})


def beside(bad, **fields):
    """A Parallel in whose second branch the state fails, while the first one waits."""
    branches = [definition("W", W=LONG), definition("B", B=bad)]
    return definition("Q", Q={"Type": "Parallel", "Branches": branches, "End": True, **fields})


def within(bad):
    """A Map whose iterations fail in the state."""
    return definition("M", M={"Type": "Map", "ItemProcessor": definition("B", B=bad), "End": True})


def a_choice(path):
    """A Choice that asks for what may not be there."""
    rule = {"Variable": path, "NumericEquals": 1, "Next": "E"}
    return definition("C", C={"Type": "Choice", "Choices": [rule]}, E={"Type": "Succeed"})


@pytest.mark.parametrize(
    ("machine", "marks"),
    [
        pytest.param(definition("B", B=BAD), {"B": "failed"}, id="Pass"),
        pytest.param(definition("B", B=UNFIT), {"B": "failed"}, id="JSONata"),
        pytest.param(a_choice(NOWHERE), {"C": "failed"}, id="Choice"),
        pytest.param(
            definition(
                "M", M={"Type": "Map", "ItemsPath": NOWHERE, "ItemProcessor": OF_ONE, "End": True}
            ),
            {"M": "failed"},
            id="Map",
        ),
        pytest.param(
            definition(
                "Q",
                Q={"Type": "Parallel", "Branches": [OF_ONE], "OutputPath": NOWHERE, "End": True},
            ),
            {"Q": "failed", "P": "done"},
            id="Parallel",
        ),
        pytest.param(
            definition("T", T=task(ResultSelector={"x.$": NOWHERE})), {"T": "failed"}, id="Task"
        ),
        pytest.param(beside(BAD), {"Q": "failed", "W": "stopped", "B": "failed"}, id="branch"),
        pytest.param(
            beside(UNFIT), {"Q": "failed", "W": "stopped", "B": "failed"}, id="branch in JSONata"
        ),
        pytest.param(
            beside(UNFIT, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "E"}])
            | {"E": {"Type": "Succeed"}},
            {"Q": "caught", "W": "stopped", "B": "failed", "E": "done"},
            id="branch that is caught",
        ),
        pytest.param(within(BAD), {"M": "failed", "B": "failed"}, id="iteration"),
        pytest.param(within(UNFIT), {"M": "failed", "B": "failed"}, id="iteration in JSONata"),
    ],
)
def test_what_fails_by_itself_is_not_drawn_as_stopped_by_another(machine, marks):
    """A path that finds nothing has no event of its own: the state that it was in failed by it."""
    if "E" in machine:
        machine = {"StartAt": "Q", "States": {"E": machine.pop("E"), **machine["States"]}}
    played = play(machine, [{}], {"work": lambda _: {}})
    progress = read_history(played.history).progress
    assert {name: each.mark for name, each in progress.items()} == marks


def test_what_was_stopped_by_its_user_or_by_time_has_not_failed():
    """Nothing went wrong in a state that only waited when all was over."""
    for end in ("ExecutionAborted", "ExecutionTimedOut"):
        lines = ((0, "ExecutionStarted", None), (0, "WaitStateEntered", "W"), (2, end, None))
        assert progress_of(*lines)["W"].mark == "stopped"
    lost = {"error": "Asw.RecordLost", "cause": "somebody deleted it"}
    lines = ((0, "ExecutionStarted", None), (0, "WaitStateEntered", "W"))
    assert progress_of(*lines, (2, "ExecutionFailed", lost))["W"].mark == "stopped"


def test_what_failed_by_itself_may_end_well_once_it_is_redriven():
    """It is done then, and nothing was caught."""
    machine = beside(task(ResultSelector={"x.$": "$.x"}))
    answers = in_turn({}, {"x": 1})
    seen = play(machine, {}, {"work": answers})
    assert seen.outcome.status == "FAILED"
    again = redrive(machine, seen)
    assert again.outcome.status == "SUCCEEDED"
    progress = read_history(again.history).progress
    assert {each.mark for each in progress.values()} == {"done"}


def test_what_was_before_a_redrive_is_no_news_after_it():
    """Whoever follows a redrive is told what comes of it, not the failure once more."""
    lines = (
        (0, "ExecutionStarted", None),
        (0, "TaskStateEntered", "A"),
        (2, "TaskScheduled", None),
        (3, "TaskFailed", None),
        (4, "ExecutionFailed", None),
        (0, "ExecutionRedriven", None),
        (4, "TaskScheduled", None),
    )
    news = HistoryReader().feed(events(*lines))
    assert [(change.kind, change.event.id) for change in news] == [("retried", 7)]


def test_a_retry_that_succeeds_is_no_failure():
    """A state that was done at the second try is done, though it failed at the first."""
    progress = progress_of(
        (0, "TaskStateEntered", "A"),
        (1, "TaskScheduled", None),
        (2, "TaskFailed", None),
        (3, "TaskScheduled", None),
        (4, "TaskSucceeded", None),
        (5, "TaskStateExited", "A"),
    )["A"]
    assert (progress.mark, progress.attempts) == ("done", 2)


def test_events_that_end_something_tell_how_long_it_took():
    """Tasks, iterations, states and the execution are timed by the event that ends them."""
    took = read_history(
        events(
            (0, "ExecutionStarted", None),
            (0, "MapStateEntered", "Each"),
            (2, "MapStateStarted", {"length": 1}),
            (3, "MapIterationStarted", iteration(0)),
            (4, "TaskStateEntered", "Send"),
            (5, "LambdaFunctionScheduled", None),
            (6, "LambdaFunctionStarted", None),
            (7, "LambdaFunctionSucceeded", None),
            (8, "TaskStateExited", "Send"),
            (9, "MapIterationSucceeded", iteration(0)),
            (10, "MapStateSucceeded", None),
            (11, "MapStateExited", "Each"),
            (12, "ExecutionSucceeded", None),
        )
    ).took
    seconds = {number: each.total_seconds() for number, each in took.items()}
    assert seconds == {8: 2, 9: 4, 10: 6, 12: 10, 13: 12}


def test_a_reader_takes_each_event_once():
    """Fed piece by piece, with repetitions, it reads as if it were fed at once; and tells news."""
    whole = events(*MAP_OF_THREE)
    reader = HistoryReader()
    news = [
        (change.kind, change.state, change.is_inner)
        for start in range(0, len(whole), 2)
        for change in reader.feed(whole[: start + 2])
    ]
    assert reader.reading() == read_history(whole)
    assert news == [
        ("entered", "Each", False),
        ("entered", "Send", True),
        ("entered", "Send", True),
        ("left", "Send", True),
        ("failed", "Send", True),
    ]


def test_counts_of_children_come_on_top():
    """A distributed Map at work has its children's counts, and their states are drawn too."""
    own = progress_of((0, "MapStateEntered", "Each"))
    map_runs = {"Each": Children(3, 9, 1)}
    whole = with_children(own, {"Send": (4, 3)}, map_runs, is_over=False)
    assert (whole["Each"].children, whole["Each"].mark) == (Children(3, 9, 1), "running")
    assert (whole["Send"].mark, whole["Send"].open) == ("running", 1)
