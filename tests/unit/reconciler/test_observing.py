"""What a pass sees of the tasks that a record holds open."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from asw.engine.facts import (
    TaskFact,
    TaskFailed,
    TaskHeartbeat,
    TaskStarted,
    TaskSucceeded,
    TaskVanished,
)
from asw.engine.task_ids import TaskId
from asw.reconciler.deliveries import Deliveries
from asw.reconciler.ledger import Ledger
from asw.reconciler.observing import Observer
from asw.reconciler.platform import ExecutionKey, KnownTask, Observation, Unknown
from asw.reconciler.settings import Settings
from tests.support.builders import a_record, on_task, task_id
from tests.support.play import START, UID

KEY = ExecutionKey("default", "run-1", UID)
STARTED = TaskStarted(task_id=task_id(), at=START)
DONE = TaskSucceeded(task_id=task_id(), at=START, output=1)
FAILED = TaskFailed(task_id=task_id(), at=START, error="E")
BEAT = TaskHeartbeat(task_id=task_id(), at=START)


class Shown:
    """A platform that shows what it is told to."""

    def __init__(self, shown: Mapping[TaskId, tuple[TaskFact, ...]]) -> None:
        self.shown = shown

    def now(self) -> datetime:
        """Always the same."""
        return START

    def observe(self, key: ExecutionKey, task_id: TaskId) -> Observation:
        """KnownTask is what is in the table."""
        return KnownTask(self.shown[task_id]) if task_id in self.shown else Unknown()


class Observed:
    """A lookout with all that it asks."""

    def __init__(self) -> None:
        self.deliveries = Deliveries()
        self.starts = Ledger(Settings(), lambda: 1.0)
        self.cancels = Ledger(Settings(), lambda: 1.0)
        self.observer = Observer(self.deliveries, self.starts, self.cancels)


@pytest.fixture
def snapshot() -> Observed:
    """A lookout that saw nothing yet."""
    return Observed()


def test_created_is_known_without_facts(snapshot: Observed) -> None:
    """A task that exists and shows nothing is not started again."""
    view = snapshot.observer.look(Shown({task_id(): ()}), KEY, a_record(on_task()))
    assert (view.facts, view.known, view.ended) == ((), frozenset({task_id()}), frozenset())


def test_a_delivered_outcome_goes_before_an_observed_one(snapshot: Observed) -> None:
    """What arrived first is handed on, with the rest of what is seen."""
    snapshot.deliveries.put(DONE)
    shown = Shown({task_id(): (STARTED, FAILED)})
    view = snapshot.observer.look(shown, KEY, a_record(on_task()))
    assert view.facts == (DONE, STARTED)
    assert view.ended == {task_id()}


def test_a_sign_of_life_makes_a_task_known(snapshot: Observed) -> None:
    """A task that reports is there, whether the platform sees it yet or not."""
    snapshot.deliveries.put(BEAT)
    view = snapshot.observer.look(Shown({}), KEY, a_record(on_task()))
    assert (view.facts, view.known) == ((BEAT,), frozenset({task_id()}))


def test_unknown_is_not_there_yet(snapshot: Observed) -> None:
    """A task that was neither seen nor recorded as started is to be started."""
    view = snapshot.observer.look(Shown({}), KEY, a_record(on_task()))
    assert (view.facts, view.known) == ((), frozenset())


def test_seen_and_gone_has_vanished(snapshot: Observed) -> None:
    """A task that was seen and is not any more is lost, not to be started."""
    shown = Shown({task_id(): ()})
    snapshot.observer.look(shown, KEY, a_record(on_task()))
    shown.shown = {}
    (fact,) = snapshot.observer.look(shown, KEY, a_record(on_task())).facts
    assert isinstance(fact, TaskVanished)


def test_recorded_and_gone_has_vanished(snapshot: Observed) -> None:
    """A task that is recorded as started and that nobody knows is lost."""
    record = a_record(on_task(started_at=START))
    (fact,) = snapshot.observer.look(Shown({}), KEY, record).facts
    assert isinstance(fact, TaskVanished)


def test_a_fresh_start_may_be_unknown(snapshot: Observed) -> None:
    """What was started just now is not lost because its echo is on the way."""
    snapshot.starts.note(task_id(), None, START)
    record = a_record(on_task(started_at=START))
    assert snapshot.observer.look(Shown({}), KEY, record).facts == ()
    snapshot.starts.note(task_id(), None, START - timedelta(minutes=5))
    assert snapshot.observer.look(Shown({}), KEY, record).ended == {task_id()}


@pytest.mark.parametrize(
    ("shown", "is_cancelled", "is_ended"),
    [
        pytest.param({task_id(): (STARTED,)}, True, False, id="still running"),
        pytest.param({task_id(): (STARTED, FAILED)}, False, True, id="seen to end"),
        pytest.param({}, True, True, id="cancelled and gone"),
        pytest.param({}, False, False, id="to be cancelled"),
    ],
)
def test_cancelled_tasks(
    snapshot: Observed,
    shown: Mapping[TaskId, tuple[TaskFact, ...]],
    is_cancelled: bool,
    is_ended: bool,
) -> None:
    """A task that nobody waits for is followed until it ended, or its cancel was taken."""
    if is_cancelled:
        snapshot.cancels.note(task_id(), None, START)
    view = snapshot.observer.look(Shown(shown), KEY, a_record(cancelling=(1,)))
    assert (view.ended == {task_id()}) is is_ended
    assert STARTED not in view.facts
