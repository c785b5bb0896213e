"""Executions and their history survive in SQLite, and nobody writes over another's save."""

from datetime import timedelta

import pytest

from asw.asl.errors import Failure
from asw.asl.values import to_text
from asw.engine.facts import StopRequested
from asw.engine.history import Event
from asw.engine.record import Header, Outcome, Record
from asw.reconciler.platform import Conflict, Gone, Save
from tests.unit.platforms.local.conftest import NOW, new_execution


def a_record(uid="uid-1", name="run-1", workflow_name="flow", **fields):
    """A record, as the engine begins it."""
    header = Header(
        uid=uid,
        name=name,
        arn="arn",
        workflow_name=workflow_name,
        workflow_arn="arn",
        role_arn="arn",
        started_at=NOW,
    )
    return Record(header=header, input={"a": None}, **fields)


def an_event(number, **details):
    """The event of this id."""
    return Event(
        id=number, previous_event_id=number - 1, type="PassStateEntered", at=NOW, details=details
    )


def test_new_execution_can_be_loaded(store, key):
    """What was created is there, without a record."""
    stored = store.executions.load(key.uid)
    assert (stored.key, stored.input, stored.record) == (key, {"a": None}, None)
    assert not stored.is_finished


@pytest.mark.parametrize(
    "value", [None, 1.0, 2**80, "李雷", "\ud800", "\u0000", {"a": [None, {}]}], ids=repr
)
def test_inputs_survive(store, value):
    """Any JSON value is kept exactly, lone surrogates too."""
    key = store.executions.create(new_execution(input=value))
    assert to_text(store.executions.load(key.uid).input) == to_text(value)


def test_names_are_unique(store, key):
    """A second execution of one name is refused."""
    with pytest.raises(ValueError, match="run-1"):
        store.executions.create(new_execution(uid="uid-2"))
    assert store.executions.names() == {key.name}


def test_save_keeps_record_revision_and_events(store, key):
    """One save writes all that belongs together."""
    record = a_record(next_event=3)
    save = Save(
        record=record, revision="r-1", history=[an_event(1), an_event(2, input="x")], at=NOW
    )
    store.executions.save(key.uid, save, "1")
    stored = store.executions.load(key.uid)
    assert (stored.record, stored.revision) == (record, "r-1")
    assert store.executions.history(key.uid) == [an_event(1), an_event(2, input="x")]


def test_stale_fence_conflicts_and_writes_nothing(store, key):
    """Who names an old fence learns that somebody else wrote, and changes nothing."""
    fence = store.executions.save(key.uid, Save(record=a_record(), at=NOW), "1")
    with pytest.raises(Conflict):
        store.executions.save(
            key.uid, Save(record=a_record(next_event=9), history=[an_event(1)], at=NOW), "1"
        )
    assert store.executions.load(key.uid).fence == fence
    assert store.executions.history(key.uid) == []


def test_save_of_an_unknown_execution_is_gone(store):
    """An execution that is not there cannot be saved."""
    with pytest.raises(Gone):
        store.executions.save("nobody", Save(record=a_record(), at=NOW), "1")


def test_event_that_comes_twice_undoes_the_whole_save(store, key):
    """No event is doubled: a save that would do it leaves no trace."""
    fence = store.executions.save(
        key.uid, Save(record=a_record(), history=[an_event(1)], at=NOW), "1"
    )
    with pytest.raises(Exception, match="UNIQUE"):
        store.executions.save(
            key.uid, Save(record=a_record(next_event=2), history=[an_event(1)], at=NOW), fence
        )
    assert store.executions.load(key.uid).record == a_record()


def test_stop_is_seen_by_the_next_load(store, key):
    """A wish to abort waits in the store until somebody works on the execution."""
    store.executions.request_stop(key.uid, StopRequested(error="E", cause=None))
    assert store.executions.load(key.uid).stop == StopRequested(error="E", cause=None)


@pytest.mark.parametrize(
    ("save", "shown"),
    [
        pytest.param({"record": a_record()}, ("RUNNING", None, None), id="running"),
        pytest.param(
            {"record": a_record(outcome=Outcome(status="SUCCEEDED", at=NOW, output=15))},
            ("SUCCEEDED", 15, None),
            id="succeeded",
        ),
        pytest.param(
            {"record": a_record(outcome=Outcome(status="FAILED", at=NOW, failure=Failure("E")))},
            ("FAILED", None, "E"),
            id="failed",
        ),
        pytest.param(
            {"failed_before_start": ("E", "because")}, ("FAILED", None, "E"), id="never started"
        ),
    ],
)
def test_summary_tells_the_outcome(store, key, save, shown):
    """The list shows how each execution stands without reading its record."""
    store.executions.save(key.uid, Save(**save, at=NOW), "1")
    summary = store.executions.summary(key.name)
    assert summary is not None
    assert (summary.status, summary.output, summary.error) == shown
    assert (summary.ended_at is None) == (summary.status == "RUNNING")


def test_reason_of_waiting_goes_once_it_runs(store, key):
    """Why an execution waits is shown only while it does."""
    fence = store.executions.save(key.uid, Save(waiting=("Why", "because"), at=NOW), "1")
    assert store.executions.summary(key.name).waiting == ("Why", "because")
    store.executions.save(key.uid, Save(record=a_record(), at=NOW), fence)
    assert store.executions.summary(key.name).waiting is None


def test_the_list_is_oldest_first(store):
    """The list is in order of creation."""
    later = NOW + timedelta(seconds=1)
    store.executions.create(new_execution(name="b", uid="u2", created_at=later))
    store.executions.create(new_execution(name="z", uid="u1"))
    assert [it.name for it in store.shown.executions()] == ["z", "b"]
