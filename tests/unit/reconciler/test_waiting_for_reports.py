"""Tasks that have asked for work and wait for a report: what they hold while they wait."""

from datetime import timedelta

import pytest

from asw.asl.parse import parse
from asw.asl.values import to_text
from asw.engine.facts import (
    CallbackSucceeded,
    TaskFact,
    TaskHeartbeat,
    TaskStarted,
    TaskSucceeded,
    TaskVanished,
)
from asw.engine.record import Record
from asw.engine.step import begin, step
from asw.engine.task_ids import TaskId
from asw.executions.snapshots import waits
from asw.reconciler.observing import is_outcome
from asw.reconciler.tasks import (
    awaited_reports,
    awaited_tasks,
    has_nothing_running,
    nested_executions,
)
from tests.support.play import START, UID, definition, header, task

FIRST = TaskId(UID, 1)
SEND = {
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"},
}
MACHINE = parse(to_text(definition("A", A=task(**SEND))))


def after(*facts: TaskFact) -> Record:
    """The record of an execution that has seen these."""
    record = step(MACHINE, begin(header(), {}), [], START).record
    return step(MACHINE, record, facts, START + timedelta(seconds=9)).record


def test_a_call_that_asks_for_work_is_a_task_until_it_is_answered() -> None:
    """Until then it holds a slot, and is missed if it is gone."""
    record = after(TaskStarted(task_id=FIRST, at=START))
    assert awaited_tasks(record).keys() == {FIRST}
    assert not awaited_reports(record)
    assert not has_nothing_running(record)


def test_what_was_asked_for_is_no_task_of_ours() -> None:
    """Then nothing runs: it holds no slot, and its execution may rest, as in a Wait."""
    record = after(TaskSucceeded(task_id=FIRST, at=START, output={}))
    assert not awaited_tasks(record)
    assert awaited_reports(record).keys() == {FIRST}
    assert has_nothing_running(record)


def test_a_child_is_observed_to_its_end() -> None:
    """An execution that a task started is none of ours to run, and may be seen to vanish."""
    request = {"StateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:m"}
    start = task(
        Resource="arn:aws:states:::states:startExecution.sync", Parameters=request, Next="B"
    )
    machine = parse(to_text(definition("A", A=start, B={"Type": "Succeed"})))
    record = step(machine, begin(header(), {}), [], START).record
    record = step(machine, record, [TaskStarted(task_id=FIRST, at=START)], START).record
    assert awaited_tasks(record)[FIRST].is_submitted
    assert nested_executions(record) == {FIRST}
    assert not awaited_reports(record)
    assert not has_nothing_running(record)
    assert not list(waits(record))
    gone = TaskVanished(task_id=FIRST, at=START, reason="gone")
    assert any(it.type == "TaskFailed" for it in step(machine, record, [gone], START).history)


def test_a_child_that_has_the_token_is_observed_until_it_was_started() -> None:
    """Then only the report counts, and the execution may rest."""
    request = {
        "StateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:m",
        "Input.$": "$$.Task.Token",
    }
    resource = "arn:aws:states:::states:startExecution.waitForTaskToken"
    machine = parse(to_text(definition("A", A=task(Resource=resource, Parameters=request))))
    record = step(machine, begin(header(), {}), [], START).record
    assert nested_executions(record) == {FIRST}
    record = step(machine, record, [TaskStarted(task_id=FIRST, at=START)], START).record
    assert not awaited_tasks(record)
    assert not nested_executions(record)
    assert awaited_reports(record).keys() == {FIRST}
    assert has_nothing_running(record)
    assert [it.kind for it in waits(record)] == ["callback"]


def test_nothing_is_awaited_after_the_end() -> None:
    """A report on an execution that is over decides nothing."""
    record = after(CallbackSucceeded(task_id=FIRST, at=START, output={}))
    assert record.outcome is not None
    assert not awaited_reports(record)


@pytest.mark.parametrize(
    ("fact", "ends"),
    [
        (CallbackSucceeded(task_id=FIRST, at=START, output=1), False),
        (TaskHeartbeat(task_id=FIRST, at=START), False),
        (TaskVanished(task_id=FIRST, at=START, reason="gone"), True),
    ],
)
def test_a_report_is_not_the_end_of_what_asked_for_it(fact: TaskFact, ends: bool) -> None:
    """The function that handed the token on may still run, and must be cancelled with its task."""
    assert is_outcome(fact) is ends
