"""Which facts wait for a write that is due anyway."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from asw.asl.resources import ServiceInvocation
from asw.engine.facts import (
    ChildFinished,
    TaskFact,
    TaskHeartbeat,
    TaskStarted,
    TaskSucceeded,
    TaskVanished,
)
from asw.engine.record import OnTask
from asw.reconciler.holding import FirstSeen, HeldFacts, hold_back
from tests.support.builders import on_task, task_id
from tests.support.play import START, later

HOLD = timedelta(seconds=2)
STARTED = TaskStarted(task_id=task_id(1), at=START)
BEAT = TaskHeartbeat(task_id=task_id(1), at=START)
DONE = TaskSucceeded(task_id=task_id(2), at=START, output=1)


def held(
    facts: list[TaskFact],
    *tasks: OnTask,
    first_seen: FirstSeen | None = None,
    now: datetime = START,
) -> HeldFacts:
    """What is held back of the facts, with these tasks awaited."""
    awaited: Mapping[object, OnTask] = {task_id(task.ordinal): task for task in tasks}
    return hold_back(facts, awaited, first_seen or {}, now, HOLD)  # type: ignore[arg-type]


def test_a_start_alone_waits_two_seconds() -> None:
    """That a task started is no reason to write at once."""
    first = held([STARTED], on_task())
    assert (first.facts, first.until) == ((), later(2))
    again = held([STARTED], on_task(), first_seen=first.first_seen, now=later(1.5))
    assert (again.facts, again.until) == ((), later(2))


@pytest.mark.parametrize(
    ("pattern", "until"), [("", None), (".waitForTaskToken", None), (".sync", later(2))]
)
def test_a_start_that_is_the_answer_is_handed_on_at_once(
    pattern: str, until: datetime | None
) -> None:
    """A Task that does not await the end of the execution which it starts has its answer then."""
    start = ServiceInvocation(service="states", action="startExecution", pattern=pattern)
    assert held([STARTED], replace(on_task(), invocation=start)).until == until


def test_after_two_seconds_it_is_handed_on() -> None:
    """A start gets a write of its own when nothing else came."""
    first = held([STARTED], on_task())
    due = held([STARTED], on_task(), first_seen=first.first_seen, now=later(2))
    assert (due.facts, due.until, due.first_seen) == ((STARTED,), None, {})


def test_it_goes_along_with_an_outcome() -> None:
    """What makes a write takes the held facts with it."""
    assert held([STARTED, DONE], on_task(1), on_task(2)).facts == (STARTED, DONE)


def test_holding_does_not_delay_a_time_out() -> None:
    """A start is handed on by the instant at which the task's time-out fires."""
    assert held([STARTED], on_task(timeout_seconds=1)).until == later(1)


def test_heartbeats_are_coalesced() -> None:
    """However many heartbeats come in two seconds, one write records the newest."""
    task = on_task(heartbeat_seconds=10, started_at=START)
    first = held([BEAT], task)
    newer = TaskHeartbeat(task_id=task_id(1), at=later(1))
    second = held([newer], task, first_seen=first.first_seen, now=later(1))
    assert (second.facts, second.until) == ((), later(2))
    assert held([newer], task, first_seen=second.first_seen, now=later(2)).facts == (newer,)


@pytest.mark.parametrize(
    ("fact", "task"),
    [
        pytest.param(STARTED, on_task(started_at=START), id="start that is recorded"),
        pytest.param(BEAT, on_task(heartbeat_seconds=9, heartbeat_at=START), id="old heartbeat"),
        pytest.param(BEAT, on_task(), id="heartbeat that nobody asked for"),
        pytest.param(
            TaskVanished(task_id=task_id(7), at=START, reason="x"), on_task(), id="cancelled task"
        ),
    ],
)
def test_old_news_are_never_due(fact: TaskFact, task: OnTask) -> None:
    """Facts that the record knows, or that concern cancelled tasks, wait for any other write."""
    result = held([fact], task)
    assert (result.facts, result.until) == ((), None)


def test_the_end_of_a_child_is_handed_on_at_once() -> None:
    """A child's end takes along what its siblings show; that they run is worth no write."""
    awaited = {task_id(1): None, task_id(2): None}
    end = ChildFinished(task_id=task_id(2), at=START, status="SUCCEEDED")
    waiting = hold_back([STARTED], awaited, {}, START, HOLD)
    assert (waiting.facts, waiting.until) == ((), None)
    due = hold_back([STARTED, end], awaited, waiting.first_seen, later(5), HOLD)
    assert (due.facts, due.until) == ((STARTED, end), None)


def test_the_start_of_what_must_not_repeat_is_handed_on_at_once() -> None:
    """An operator that dies before it is recorded would start the task anew."""
    once = TaskStarted(task_id=task_id(1), at=START, may_repeat=False)
    assert held([once], on_task()).facts == (once,)
