"""Tasks of activities are taken once, oldest first, and only while somebody waits for them."""

from datetime import timedelta

import pytest

from asw.asl.resources import ActivityInvocation
from asw.engine.commands import StartTask
from asw.engine.facts import TaskStarted
from asw.engine.task_ids import TaskId
from asw.platforms.local.activities import Offer
from asw.platforms.local.tasks import Vanished
from tests.unit.platforms.local.conftest import NOW

LATER = NOW + timedelta(seconds=1)


def offer(store, ordinal, at=NOW, activity="ship"):
    """Record a task of the activity, and offer it."""
    task_id = TaskId("uid-1", ordinal)
    command = StartTask(
        task_id=task_id,
        invocation=ActivityInvocation(activity=activity),
        payload={"n": ordinal},
        state="Ship",
        frame=1,
        attempt=0,
    )
    store.tasks.record([command], at)
    store.activities.offer(Offer(task_id=task_id, activity=activity, input={"n": ordinal}))


def take(store, activity="ship"):
    """The number of the task that a worker gets."""
    taken = store.activities.take(activity, "me", LATER)
    return None if taken is None else taken.input["n"]


def test_the_oldest_task_is_taken_first_and_once(store, key):
    """Each is one worker's."""
    offer(store, 2, LATER)
    offer(store, 1)
    assert [take(store), take(store), take(store)] == [1, 2, None]


def test_a_worker_gets_tasks_of_its_activity_alone(store, key):
    """Others wait for their own workers."""
    offer(store, 1, activity="bill")
    assert take(store) is None
    assert take(store, "bill") == 1


@pytest.mark.parametrize("how", ["suspended", "cancelled"])
def test_a_task_that_may_not_start_is_not_taken(store, key, how):
    """Its execution is suspended, or nobody waits for it any more."""
    offer(store, 1)
    if how == "suspended":
        store.executions.request_suspend(key.uid, is_suspended=True)
    else:
        store.tasks.finish(TaskId("uid-1", 1), Vanished(reason="cancelled"), LATER)
    assert take(store) is None


def test_what_another_process_takes_is_heard(store, key, tmp_path):
    """The start is a fact, with the worker's name, once."""
    offer(store, 1)
    assert take(store) == 1
    assert store.tasks.hear() == {(key.name, key.uid)}
    assert store.tasks.hear() == set()
    started = TaskStarted(task_id=TaskId("uid-1", 1), at=LATER, worker="me")
    assert store.tasks.task(TaskId("uid-1", 1)).facts() == (started,)


def test_tasks_of_workers_outlive_an_asw(store, key, tmp_path):
    """Whether one has them or not: the processes are not ours."""
    offer(store, 1)
    offer(store, 2)
    take(store)
    store.tasks.forget(key.uid)
    store.tasks.remember(key.uid, LATER)
    shown = [store.tasks.task(TaskId("uid-1", n)).facts() for n in (1, 2)]
    assert shown == [(TaskStarted(task_id=TaskId("uid-1", 1), at=LATER, worker="me"),), ()]
    assert take(store) == 2


def test_a_taken_task_is_over_with_its_execution_or_when_it_is_ended(store, key):
    """Then its worker may stop."""
    offer(store, 1)
    take(store)
    assert not store.activities.is_over(TaskId("uid-1", 1))
    store.tasks.finish(TaskId("uid-1", 1), Vanished(reason="cancelled"), LATER)
    assert store.activities.is_over(TaskId("uid-1", 1))
