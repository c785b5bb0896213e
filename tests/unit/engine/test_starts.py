"""Every start of a task has an id of its own, and only what must be started is."""

from datetime import timedelta
from itertools import pairwise

import pytest

from asw.asl.errors import Failure
from asw.asl.parse import parse
from asw.asl.values import Json, to_text
from asw.engine.commands import CancelTask, StartTask
from asw.engine.facts import (
    StopRequested,
    TaskFailed,
    TaskHeartbeat,
    TaskHeld,
    TaskStarted,
    TaskSucceeded,
)
from asw.engine.record_text import from_record_text, to_record_text
from asw.engine.step import begin, end, step
from asw.engine.task_ids import TaskId
from tests.support.play import START, Lost, Raised, definition, header, later, play, task


def test_a_loop_of_three_visits_runs_three_tasks() -> None:
    """Three visits to one Task are three starts with ids 1, 2, 3 (a loop is no second try)."""
    states = {
        "count": task("inc", Next="enough"),
        "enough": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericGreaterThanEquals": 3, "Next": "done"}],
            "Default": "count",
        },
        "done": {"Type": "Succeed"},
    }
    seen = play({"StartAt": "count", "States": states}, 0, {"inc": lambda n: n + 1})
    assert seen.outcome.output == 3
    assert [command.task_id.ordinal for command in seen.started] == [1, 2, 3]
    assert [command.attempt for command in seen.started] == [0, 0, 0]


def test_retries_draw_new_ids_and_wait_between() -> None:
    """Each retry is a start of its own, delays doubling from IntervalSeconds."""
    state = task("work", Retry=[{"ErrorEquals": ["Oops"], "IntervalSeconds": 2, "MaxAttempts": 3}])
    calls: list[Json] = []

    def work(event: Json) -> Json:
        calls.append(event)
        if len(calls) < 4:
            raise Raised("Oops")
        return "done"

    seen = play(definition("a", a=state), {}, {"work": work})
    assert [command.task_id.ordinal for command in seen.started] == [1, 2, 3, 4]
    assert [command.attempt for command in seen.started] == [0, 1, 2, 3]
    assert seen.now - START == timedelta(seconds=2 + 4 + 8)
    assert seen.outcome.output == "done"


def test_a_state_that_fails_at_once_waits_too() -> None:
    """A first state whose own expression fails is tried again after its interval, not at once."""
    retrier = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 7, "MaxAttempts": 1}
    state = task(Parameters={"x.$": "States.StringToJson($)"}, Retry=[retrier])
    seen = play(definition("a", a=state), "{")
    assert seen.outcome.status == "FAILED"
    assert seen.now - START == timedelta(seconds=7)


def test_each_retrier_keeps_its_own_counter() -> None:
    """Errors A,B,C,B,B wait 1,2,5,4 seconds, then the Catcher takes over (AWS's example)."""
    errors = iter("ABCBB")
    state = task(
        "work",
        Retry=[
            {"ErrorEquals": ["A", "B"], "IntervalSeconds": 1, "BackoffRate": 2.0, "MaxAttempts": 3},
            {"ErrorEquals": ["C"], "IntervalSeconds": 5},
        ],
        Catch=[{"ErrorEquals": ["States.ALL"], "Next": "z"}],
    )

    def work(_event: Json) -> Json:
        raise Raised(next(errors))

    seen = play(definition("a", a=state, z={"Type": "Pass", "End": True}), {}, {"work": work})
    entered = [event.at - START for event in seen.history if event.type.endswith("Scheduled")]
    waits = [(b - a).seconds for a, b in pairwise(entered)]
    assert waits == [1, 2, 5, 4]
    assert seen.outcome.output == {"Error": "B", "Cause": None}


def test_vanished_tasks_are_owed_three_more_starts() -> None:
    """A vanished task starts again under a new id without a Retrier; the fourth loss fails."""

    def work(_event: Json) -> Json:
        raise Lost("the node is gone")

    seen = play(definition("a", a=task("work")), {}, {"work": work})
    assert len(seen.started) == 4
    assert seen.outcome.failure is not None
    assert seen.outcome.failure.error == "Asw.TaskLost"
    assert seen.outcome.failure.cause == "the node is gone"


def test_parallel_starts_all_branches_at_once() -> None:
    """One step asks for the tasks of all branches."""
    branches = [{"StartAt": f"t{n}", "States": {f"t{n}": task("work")}} for n in range(10)]
    machine = definition("all", all={"Type": "Parallel", "Branches": branches, "End": True})
    made = step(parse(to_text(machine)), begin(header(), {}), [], START)
    assert len(made.commands) == 10


@pytest.mark.parametrize(("wanted", "opened"), [(0, 40), (3, 3), (100, 40)])
def test_inline_maps_open_a_bounded_number(wanted: int, opened: int) -> None:
    """MaxConcurrency bounds the open iterations, and 40 does where it is 0 or larger."""
    item = {"StartAt": "t", "States": {"t": task("work")}}
    state: Json = {"Type": "Map", "ItemProcessor": item, "MaxConcurrency": wanted, "End": True}
    machine = parse(to_text(definition("each", each=state)))
    made = step(machine, begin(header(), list(range(50))), [], START)
    assert len(made.commands) == opened


def test_map_keeps_the_order_of_items() -> None:
    """Outputs stand in the order of the items, whichever iteration ends first."""
    item = {"StartAt": "t", "States": {"t": task("double")}}
    state: Json = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemSelector": {"n.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"},
        "ItemProcessor": item,
        "MaxConcurrency": 2,
        "End": True,
    }
    seen = play(
        definition("each", each=state),
        {"items": [5, 6, 7]},
        {"double": lambda event: [event["i"], event["n"] * 2]},
    )
    assert seen.outcome.output == [[0, 10], [1, 12], [2, 14]]


def test_a_timed_out_task_is_cancelled_and_its_late_result_dropped() -> None:
    """TimeoutSeconds counts from the start; a result after it is history, not progress."""
    machine = parse(to_text(definition("a", a=task("work", TimeoutSeconds=5))))
    first = step(machine, begin(header(), {}), [], START)
    id_ = TaskId(first.record.header.uid, 1)
    started = TaskStarted(task_id=id_, at=later(100))
    waiting = step(machine, first.record, [started], later(101))
    assert waiting.wake_at == later(105)
    over = step(machine, waiting.record, [started], later(105))
    assert over.commands == (CancelTask(task_id=id_),)
    assert over.record.outcome is not None
    assert over.record.outcome.failure is not None
    assert over.record.outcome.failure.error == "States.Timeout"
    late = TaskSucceeded(task_id=id_, at=later(106), output=1)
    assert step(machine, over.record, [started, late], later(106)).record is over.record


def test_a_result_from_before_the_timeout_counts() -> None:
    """An operator that was away finds a result that came in time, and takes it."""
    machine = parse(to_text(definition("a", a=task("work", TimeoutSeconds=5))))
    first = step(machine, begin(header(), {}), [], START)
    id_ = TaskId(first.record.header.uid, 1)
    end = TaskSucceeded(task_id=id_, at=later(3), started_at=later(1), output="in time")
    made = step(machine, first.record, [end], later(4000))
    assert made.record.outcome is not None
    assert made.record.outcome.output == "in time"


def test_no_timer_fires_after_the_timeout_of_the_execution() -> None:
    """Who looks after both finds what came first, as of the timeout."""
    wait = {"Type": "Wait", "Seconds": 3, "End": True}
    for seconds, status in ((1, "TIMED_OUT"), (5, "SUCCEEDED")):
        timed = {**definition("w", w=wait), "TimeoutSeconds": seconds}
        machine = parse(to_text(timed))
        first = step(machine, begin(header(), {}), [], START)
        made = step(machine, first.record, [], later(4000))
        assert made.record.outcome is not None
        assert (made.record.outcome.status, made.record.outcome.at) == (status, later(seconds))


def test_missed_heartbeats() -> None:
    """Heartbeats put the deadline off; a missed one times the task out, catchably by its name."""
    catch = [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "z"}]
    state = task("work", HeartbeatSeconds=10, TimeoutSeconds=100, Catch=catch)
    machine = parse(to_text(definition("a", a=state, z={"Type": "Pass", "End": True})))
    first = step(machine, begin(header(), {}), [], START)
    id_ = TaskId(first.record.header.uid, 1)
    facts = [TaskStarted(task_id=id_, at=START), TaskHeartbeat(task_id=id_, at=later(8))]
    alive = step(machine, first.record, facts, later(15))
    assert alive.record.outcome is None
    assert alive.wake_at == later(18)
    missed = step(machine, alive.record, facts, later(18))
    assert missed.record.outcome is not None
    assert missed.record.outcome.status == "SUCCEEDED"


def test_a_start_without_room_is_asked_for_again_and_says_since_when() -> None:
    """The first instant without room is recorded, and told with each further start, until one."""
    machine = parse(to_text(definition("a", a=task("work"))))
    first = step(machine, begin(header(), {}), [], START)
    id_ = TaskId(first.record.header.uid, 1)
    held = step(machine, first.record, [TaskHeld(task_id=id_, at=later(1))], later(11))
    stored = from_record_text(to_record_text(held.record))
    again = step(machine, stored, [TaskHeld(task_id=id_, at=later(20))], later(30))
    (command,) = again.commands
    assert isinstance(command, StartTask)
    assert (command.task_id, command.held_at) == (id_, later(1))
    facts = [TaskStarted(task_id=id_, at=later(31)), TaskHeld(task_id=id_, at=later(20))]
    started = step(machine, stored, facts, later(31))
    assert started.commands == ()
    assert "held_at" not in to_record_text(started.record)


def test_stop_aborts_and_cancels() -> None:
    """A stop ends the execution with its error and cause, and cancels what runs."""
    machine = parse(to_text(definition("a", a=task("work"))))
    first = step(machine, begin(header(), {}), [], START)
    made = step(machine, first.record, [StopRequested(error="E", cause="C")], later(1))
    assert made.record.outcome is not None
    assert made.record.outcome.status == "ABORTED"
    assert made.history[-1].type == "ExecutionAborted"
    assert made.history[-1].details == {"error": "E", "cause": "C"}
    assert made.commands == (CancelTask(task_id=TaskId(first.record.header.uid, 1)),)


def test_siblings_of_a_failed_branch_are_cancelled() -> None:
    """When a branch fails, the tasks of the others are cancelled and never awaited again."""
    branches = [{"StartAt": f"t{n}", "States": {f"t{n}": task("work")}} for n in range(2)]
    machine = parse(
        to_text(
            definition(
                "both",
                both={
                    "Type": "Parallel",
                    "Branches": branches,
                    "Catch": [{"ErrorEquals": ["Oops"], "Next": "next"}],
                    "End": True,
                },
                next=task("work"),
            )
        )
    )
    first = step(machine, begin(header(), {}), [], START)
    uid = first.record.header.uid
    facts = [
        TaskStarted(task_id=TaskId(uid, 1), at=START),
        TaskFailed(task_id=TaskId(uid, 2), at=later(1), error="Oops"),
    ]
    made = step(machine, first.record, facts, later(1))
    assert CancelTask(task_id=TaskId(uid, 1)) in made.commands
    started = [c.task_id.ordinal for c in made.commands if isinstance(c, StartTask)]
    assert started == [3]
    ended = TaskFailed(task_id=TaskId(uid, 1), at=later(2), error="Killed")
    after = step(machine, made.record, [ended], later(2))
    assert after.record.cancelling == ()
    assert not any(isinstance(command, CancelTask) for command in after.commands)


def test_execution_timeout() -> None:
    """The machine's TimeoutSeconds ends the execution, whatever it waits for."""
    machine = definition("w", w={"Type": "Wait", "Seconds": 60, "End": True}) | {
        "TimeoutSeconds": 10
    }
    seen = play(machine, {})
    assert seen.outcome.status == "TIMED_OUT"
    assert seen.now == later(10)
    assert seen.types()[-1] == "ExecutionTimedOut"


@pytest.mark.parametrize(
    ("seconds", "status"), [(9, "SUCCEEDED"), (10, "SUCCEEDED"), (11, "TIMED_OUT")]
)
def test_a_late_step_takes_what_ended_in_time(seconds: int, status: str) -> None:
    """A result that is seen after the execution's timeout counts if it came before it."""
    machine = parse(to_text(definition("a", a=task("work")) | {"TimeoutSeconds": 10}))
    first = step(machine, begin(header(), {}), [], START)
    fact = TaskSucceeded(
        task_id=TaskId(first.record.header.uid, 1), at=later(seconds), output="done"
    )
    seen = step(machine, first.record, [fact], later(20))
    assert seen.record.outcome is not None
    assert seen.record.outcome.status == status
    assert seen.commands == ()
    assert seen.record.cancelling == ()


@pytest.mark.parametrize("seconds", [0, -1, True, "5", 1.5, 100_000_000, 10**40])
def test_timeouts_that_are_none(seconds: Json) -> None:
    """TimeoutSecondsPath must find a positive whole number, of AWS's 99,999,999 at most."""
    machine = definition("a", a=task(TimeoutSecondsPath="$.seconds"))
    failure = play(machine, {"seconds": seconds}).outcome.failure
    assert failure is not None
    assert failure.error == "States.Runtime"
    assert "TimeoutSeconds" in (failure.cause or "")


def test_an_end_from_outside_cancels_what_runs() -> None:
    """The execution fails by the given error; what it had begun is cancelled, not started again."""
    machine = parse(to_text(definition("Work", Work=task("inc"))))
    first = step(machine, begin(header(), 0), (), START)
    ended = end(machine, first.record, Failure("Asw.X", "why"), later(1))
    assert [type(command) for command in ended.commands] == [CancelTask]
    assert [event.type for event in ended.history] == ["ExecutionFailed"]
    assert ended.record.outcome is not None
    assert ended.record.outcome.failure == Failure("Asw.X", "why")
