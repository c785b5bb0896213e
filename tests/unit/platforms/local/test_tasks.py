"""Tasks are recorded before they run, end once, and vanish with the process that ran them."""

from datetime import timedelta

import pytest

from asw.asl.resources import FunctionInvocation
from asw.engine.commands import StartTask
from asw.engine.facts import (
    TaskFailed,
    TaskHeartbeat,
    TaskStarted,
    TaskSucceeded,
    TaskVanished,
)
from asw.engine.task_ids import TaskId
from asw.platforms.local.store import open_store
from asw.platforms.local.tasks import LEFT_BEHIND, Failed, Succeeded, Vanished
from tests.unit.platforms.local.conftest import NOW

LATER = NOW + timedelta(seconds=1)


def start(ordinal=1):
    """The command to start this task."""
    return StartTask(
        task_id=TaskId("uid-1", ordinal),
        invocation=FunctionInvocation(name="sum"),
        payload={},
        state="Add",
        frame=1,
        attempt=0,
    )


def facts_of(store, ordinal=1):
    """What the task shows."""
    return store.tasks.task(TaskId("uid-1", ordinal)).facts()


def test_recorded_task_shows_nothing_until_it_runs(store, key):
    """A task that waits for a process is known and not started."""
    store.tasks.record([start()], NOW)
    assert facts_of(store) == ()


def test_start_that_is_repeated_is_not_new(store, key):
    """Only a task that was not recorded before is to be run."""
    store.tasks.record([start(1)], NOW)
    assert store.tasks.record([start(1), start(2)], NOW) == [start(2)]


def test_running_task_shows_its_start_and_last_sign_of_life(store, key):
    """Start and heartbeat are facts, from memory."""
    store.tasks.record([start()], NOW)
    store.tasks.started(TaskId("uid-1", 1), NOW)
    store.tasks.lives(TaskId("uid-1", 1), LATER)
    id_ = TaskId("uid-1", 1)
    assert facts_of(store) == (
        TaskStarted(task_id=id_, at=NOW),
        TaskHeartbeat(task_id=id_, at=LATER),
    )


@pytest.mark.parametrize(
    ("outcome", "fact"),
    [
        (Succeeded(output=None), TaskSucceeded),
        (Failed(error="E", cause="because"), TaskFailed),
        (Vanished(reason="gone"), TaskVanished),
    ],
)
def test_outcomes_survive(store, key, tmp_path, outcome, fact):
    """An outcome is the same fact before and after asw was killed."""
    store.tasks.record([start()], NOW)
    store.tasks.started(TaskId("uid-1", 1), NOW)
    store.tasks.finish(TaskId("uid-1", 1), outcome, LATER)
    before = facts_of(store)
    other = open_store(tmp_path)
    other.tasks.remember("uid-1", LATER + timedelta(hours=1))
    assert facts_of(other) == before
    assert isinstance(before[0], fact)
    other.close()


def test_first_outcome_counts(store, key):
    """What comes after an outcome is dropped."""
    store.tasks.record([start()], NOW)
    store.tasks.finish(TaskId("uid-1", 1), Succeeded(output=1), NOW)
    store.tasks.finish(TaskId("uid-1", 1), Vanished(reason="late"), LATER)
    assert facts_of(store)[0].output == 1


def test_task_left_behind_vanishes_once(store, key, tmp_path):
    """A task without outcome and process vanished, at the instant at which that was found out."""
    store.tasks.record([start()], NOW)
    store.tasks.started(TaskId("uid-1", 1), NOW)
    for at in (LATER, LATER + timedelta(hours=1)):
        other = open_store(tmp_path)
        other.tasks.remember("uid-1", at)
        id_ = TaskId("uid-1", 1)
        assert facts_of(other) == (TaskVanished(task_id=id_, at=LATER, reason=LEFT_BEHIND),)
        other.close()


def test_task_that_must_not_repeat_stays_so(store, key, tmp_path):
    """Its start and its loss say so, and an asw that starts anew knows it."""
    id_ = TaskId("uid-1", 1)
    store.tasks.record([start()], NOW, once=[id_])
    store.tasks.started(id_, NOW)
    assert facts_of(store) == (TaskStarted(task_id=id_, at=NOW, may_repeat=False),)
    other = open_store(tmp_path)
    other.tasks.remember("uid-1", LATER)
    lost = TaskVanished(task_id=id_, at=LATER, reason=LEFT_BEHIND, may_repeat=False)
    assert facts_of(other) == (lost,)
    other.close()


def test_task_that_never_ran_is_new_again(store, key, tmp_path):
    """A task that waited for a process when asw was killed is started as if for the first time."""
    store.tasks.record([start()], NOW)
    other = open_store(tmp_path)
    other.tasks.remember("uid-1", LATER)
    assert other.tasks.task(TaskId("uid-1", 1)) is None
    assert other.tasks.record([start()], LATER) == [start()]
    other.close()


def test_remembering_again_leaves_running_tasks_alone(store, key):
    """A reload while a task runs here does not make it vanish."""
    store.tasks.remember("uid-1", NOW)
    store.tasks.record([start()], NOW)
    store.tasks.remember("uid-1", LATER)
    assert facts_of(store) == ()


def test_closed_tasks_leave_memory(store, key):
    """What nobody will ask about again is not kept; what may be asked about is."""
    store.tasks.record([start(1), start(2)], NOW)
    store.tasks.keep_only("uid-1", [TaskId("uid-1", 2)])
    assert store.tasks.task(TaskId("uid-1", 1)) is None
    assert store.tasks.task(TaskId("uid-1", 2)) is not None


def test_outcome_of_a_forgotten_task_is_dropped(store, key):
    """A result that nobody waits for changes nothing."""
    store.tasks.finish(TaskId("uid-1", 7), Succeeded(output=1), NOW)
    store.tasks.started(TaskId("uid-1", 7), NOW)
    store.tasks.lives(TaskId("uid-1", 7), NOW)
    assert store.tasks.task(TaskId("uid-1", 7)) is None
