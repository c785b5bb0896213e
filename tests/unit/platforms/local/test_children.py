"""Children are created once, seen by their parent while it wants them, and never listed unasked."""

from dataclasses import replace
from pathlib import Path

import pytest

from asw.asl.errors import Failure
from asw.asl.resources import ServiceInvocation
from asw.engine.commands import StartTask
from asw.engine.facts import CallbackSucceeded, ChildFinished, TaskStarted
from asw.engine.history import Event
from asw.engine.nested import start_execution
from asw.engine.record import Outcome
from asw.engine.task_ids import TaskId
from asw.platforms.local.children import StartedExecution
from asw.platforms.local.reports import Beat, Success
from asw.platforms.local.store import open_store
from asw.reconciler.distributed import Child
from asw.reconciler.platform import Save
from tests.unit.platforms.local.conftest import NOW, new_execution
from tests.unit.platforms.local.test_executions import a_record

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:child"
VISITED = ("ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded")
GONE_WRONG = Outcome(status="FAILED", at=NOW, failure=Failure("E", "because"))


def a_child(ordinal=1):
    """A child of the execution ``uid-1``, about to be made."""
    record = a_record(uid=f"child-{ordinal}", name=f"child-{ordinal}", workflow_name="flow/All")
    task_id = TaskId("uid-1", ordinal)
    return Child(task_id=task_id, map_state="All", revision="r-1", record=record)


def finish(store, child, outcome):
    """Save the child for the last time."""
    record = a_record(uid=child.uid, outcome=outcome)
    store.executions.save(child.uid, Save(record=record, revision="r-1", at=NOW), "1")


def test_child_is_born_with_its_record(store, key):
    """A child can be loaded like any execution, and says which Map it belongs to."""
    (child,) = store.children.create(key, [a_child()])
    stored = store.executions.load(child.uid)
    assert (stored.record, stored.revision, stored.map_state) == (a_child().record, "r-1", "All")
    assert (stored.workflow_name, stored.is_finished) == ("flow/All", False)


def test_child_finds_its_parents_objects(store):
    """A child reads from the folder that its parent was started with."""
    key = store.executions.create(new_execution(objects="/some/where/objects"))
    (child,) = store.children.create(key, [a_child()])
    assert str(store.executions.objects(child.uid)) == "/some/where/objects"


def test_child_is_created_once(store, key):
    """Creating it again, in this process or the next, changes nothing that it has done since."""
    (child,) = store.children.create(key, [a_child()])
    finish(store, child, GONE_WRONG)
    assert store.children.create(key, [a_child()]) == [child]
    assert store.executions.load(child.uid).is_finished


@pytest.mark.parametrize("is_other_process", [False, True], ids=["same process", "next process"])
def test_parent_sees_how_a_child_stands(store, key, tmp_path, is_other_process):
    """A child is a fact while it runs and once it ended, whoever asks."""
    (child,) = store.children.create(key, [a_child()])
    seen = TaskId("uid-1", 1)
    started = TaskStarted(task_id=seen, at=NOW)
    assert store.children.child(seen).facts() == (started,)
    finish(store, child, GONE_WRONG)
    if is_other_process:
        store = open_store(tmp_path)
        assert store.children.child(seen) is None
        store.children.remember(key, [seen, TaskId("uid-1", 2)])
    else:
        assert store.children.finish(child.uid, GONE_WRONG) == key
    end = ChildFinished(
        task_id=seen, at=NOW, status="FAILED", error="E", cause="because", started_at=NOW
    )
    assert store.children.child(seen).facts() == (end,)
    assert store.children.child(TaskId("uid-1", 2)) is None
    if is_other_process:
        store.close()


def test_end_of_others_is_told_to_nobody(store, key):
    """An execution of its own has no parent, and a parent that is not at work needs no news."""
    assert store.children.finish(key.uid, GONE_WRONG) is None


def test_closed_children_leave_memory(store, key):
    """What a parent will not ask about again is kept in SQLite only."""
    first, second = store.children.create(key, [a_child(1), a_child(2)])
    store.children.keep_only(key.uid, {TaskId("uid-1", 2)})
    assert store.children.child(TaskId("uid-1", 1)) is None
    assert store.children.finish(first.uid, GONE_WRONG) is None
    assert store.children.finish(second.uid, GONE_WRONG) == key
    store.children.keep_only(key.uid, set())
    assert store.children.child(TaskId("uid-1", 2)) is None


def test_running_children(store, key):
    """Who waits for an execution waits for its children that are not over."""
    first, second = store.children.create(key, [a_child(1), a_child(2)])
    finish(store, first, GONE_WRONG)
    assert store.children.running(key.uid) == [second]


def test_children_are_listed_on_request(store, key):
    """A list of executions shows what people started; a child is found by its name all the same."""
    (child,) = store.children.create(key, [a_child()])
    assert store.shown.names() == [key.name]
    assert set(store.shown.names(with_children=True)) == {key.name, child.name}
    summary = store.executions.summary(child.name)
    assert (summary.map_state, summary.workflow_name) == ("All", "flow/All")
    assert store.executions.names() == {key.name}


def test_parent_of_an_unfinished_child_is_unfinished(store, key):
    """An execution that is over may still owe its children their end."""
    (child,) = store.children.create(key, [a_child()])
    store.executions.save(key.uid, Save(record=a_record(outcome=GONE_WRONG), at=NOW), "1")
    unfinished = {it.key: it.is_child for it in store.executions.unfinished()}
    assert unfinished == {key: False, child: True}
    finish(store, child, GONE_WRONG)
    assert store.executions.unfinished() == []


def test_visits_of_children_and_theirs_are_counted(store, key):
    """Every state that a descendant entered is counted, whatever else it wrote."""
    (child,) = store.children.create(key, [a_child()])
    grandchild = replace(a_child(2), task_id=TaskId(child.uid, 1))
    (within,) = store.children.create(child, [grandchild])
    for each, types in ((child, ("PassStateEntered",)), (within, VISITED)):
        events = [
            Event(id=n, previous_event_id=n - 1, type=type_, at=NOW, details={"name": "P"})
            for n, type_ in enumerate(types, start=1)
        ]
        save = Save(record=a_record(uid=each.uid), revision="r-1", history=events, at=NOW)
        store.executions.save(each.uid, save, "1")
    assert store.shown.visits(key.uid) == {"P": (2, 1)}
    assert store.shown.visits(within.uid) == {}


def a_start(ordinal=1, name="one", pattern=".sync"):
    """An execution of the Workflow ``child`` that a Task of ``uid-1`` starts."""
    service = ServiceInvocation(service="states", action="startExecution", pattern=pattern)
    request = {"StateMachineArn": ARN, "Name": name, "Input": {"a": 1}}
    call = StartTask(
        task_id=TaskId("uid-1", ordinal),
        invocation=service,
        payload=request,
        state="S",
        frame=0,
        attempt=0,
        is_request=bool(pattern),
    )
    start = start_execution(call)
    return StartedExecution(
        start=start, workflow_name="child", created_at=NOW, objects=Path("objects")
    )


def test_a_started_execution_is_one_of_its_own(store, key):
    """It has no record and no revision yet, and no Map: it begins as any other does."""
    child = store.children.start(key, a_start())
    stored = store.executions.load(child.uid)
    assert (stored.record, stored.revision, stored.map_state) == (None, None, None)
    assert (stored.workflow_name, stored.execution_name, stored.input) == ("child", "one", {"a": 1})


def test_an_execution_is_started_once(store, key):
    """The same start is the same execution; its name is refused to any other start."""
    child = store.children.start(key, a_start())
    assert store.children.start(key, a_start()) == child
    assert store.children.start(key, a_start(ordinal=2)) is None
    assert store.children.running(key.uid) == [child]


def test_names_are_those_of_a_workflow(store, key):
    """An execution of another Workflow may have the name; here it then goes by its uid."""
    child = store.children.start(key, a_start(name=key.name))
    assert child.name == child.uid
    assert store.executions.load(child.uid).execution_name == key.name
    assert child.name in store.executions.names()


def test_a_child_that_nobody_awaits_is_no_family(store, key):
    """What is asked of a parent is not asked of what it only started."""
    awaited = store.children.start(key, a_start())
    detached = store.children.start(key, a_start(ordinal=2, name="two", pattern=""))
    assert store.executions.family(key.uid) == [key, awaited]
    assert set(store.children.running(key.uid)) == {awaited, detached}


def test_a_task_whose_token_its_child_has_can_be_reported(store, key):
    """The report finds the task though only its child runs, in the next process too, once."""
    assert store.children.start(key, a_start(pattern=".waitForTaskToken")) is not None
    assert store.children.start(key, a_start(pattern=".waitForTaskToken")) is not None
    task_id = TaskId("uid-1", 1)
    assert store.tasks.report(task_id, Beat(), NOW)
    assert store.tasks.report(task_id, Success(output=7), NOW)
    assert not store.tasks.report(task_id, Success(output=8), NOW)
    store.tasks.remember(key.uid, NOW)
    said = CallbackSucceeded(task_id=task_id, at=NOW, output=7)
    assert store.tasks.task(task_id).reported() == (said,)


def test_a_refused_start_leaves_no_task(store, key):
    """Nobody reports on what was not started."""
    store.children.start(key, a_start())
    assert store.children.start(key, a_start(ordinal=2, pattern=".waitForTaskToken")) is None
    assert not store.tasks.report(TaskId("uid-1", 2), Beat(), NOW)
