"""Jobs of services on one machine: asked for until they end, stopped when nobody waits."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from asw.asl.resources import ServiceInvocation
from asw.connector.calls import Call
from asw.connector.jobs import Patience
from asw.engine.commands import StartTask
from asw.engine.facts import CallbackFailed, CallbackSucceeded, TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.platforms.local.jobs import LocalJobs, why_not_followed
from asw.platforms.local.services import Request
from asw.platforms.local.tasks import Failed, Succeeded
from asw.reconciler.platform import ExecutionKey
from tests.support.builders import a_record, on_task

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ID = TaskId("uid-1", 1)
CALL = Call(
    service="batch",
    action="submitJob",
    sdk=False,
    parameters={"JobName": "n"},
    task_id=str(ID),
    is_job=True,
)
SUBMITTED = Succeeded(output={"JobId": "j-1"})
QUICK = Patience(first_seconds=0, factor=1, longest_seconds=0, most_failures=3)
BUSY = Failed(error="Batch.ThrottlingException", cause="")


def described(status):
    """What Batch tells of the job."""
    return Succeeded(output={"Jobs": [{"JobId": "j-1", "Status": status}]})


class Services:
    """Answers by a script, whose last answer repeats."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def make_again(self, _uid, call):
        """Answer the next question."""
        self.asked.append((call.action, call.parameters))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Host:
    """What following needs of the platform, with its tasks."""

    def __init__(self):
        self.running = {}
        self.listener = self
        self.woken = 0

    def wake(self, _key):
        """Count."""
        self.woken += 1

    def launch(self, task_id, work):
        """Run it."""
        self.running[task_id] = asyncio.create_task(work)

    def stop(self, task_id):
        """Cancel it."""
        if task_id in self.running:
            self.running[task_id].cancel()

    def now(self):
        """A fixed time."""
        return NOW


@pytest.fixture
def tasks(store, key):
    """The tasks of the execution, of which one has begun."""
    store.tasks.remember(key.uid, NOW)
    begin(store.tasks, ID)
    return store.tasks


def begin(tasks, task_id):
    """Record the start of a task that calls Batch."""
    invocation = ServiceInvocation(service="batch", action="submitJob", pattern=".sync")
    start = StartTask(
        task_id=task_id, invocation=invocation, payload={}, state="S", frame=1, attempt=0
    )
    tasks.record([start], NOW)
    tasks.keep_call(task_id, Request(call=CALL, access=None).text)
    tasks.started(task_id, NOW)


async def answer(value):
    """An answer that is there."""
    return value


def jobs_of(tasks, *answers, patience=QUICK):
    """Those that follow them, and what they use."""
    services, host = Services(*answers), Host()
    jobs = LocalJobs(tasks, services, host)
    jobs.patience = patience
    return jobs, services, host


async def test_a_job_is_asked_for_until_it_ends(tasks, key):
    """The answer of the start is a fact, and so is the end."""
    jobs, services, host = jobs_of(tasks, described("RUNNING"), described("SUCCEEDED"))
    await jobs.ask(key, ID, CALL, answer(SUBMITTED))
    submitted, ended = tasks.task(ID).facts()
    assert isinstance(submitted, TaskSucceeded)
    assert submitted.output == {"JobId": "j-1"}
    assert isinstance(ended, CallbackSucceeded)
    assert ended.output == {"JobId": "j-1", "Status": "SUCCEEDED"}
    assert [action for action, _ in services.asked] == ["describeJobs"] * 2
    assert tasks.open_jobs("uid-1") == []
    assert host.woken == 2


@pytest.mark.parametrize(("failures", "is_lost"), [(3, False), (4, True)])
async def test_failed_questions_have_a_bound(tasks, key, failures, is_lost):
    """After so many in a row the Task fails by the name of the last."""
    jobs, services, _ = jobs_of(tasks, *[BUSY] * failures, described("SUCCEEDED"))
    await jobs.ask(key, ID, CALL, answer(SUBMITTED))
    end = tasks.task(ID).facts()[-1]
    assert isinstance(end, CallbackFailed if is_lost else CallbackSucceeded)
    if is_lost:
        assert end.error == "Batch.ThrottlingException"
    assert len(services.asked) == 4


async def test_a_question_that_is_answered_makes_the_count_new(tasks, key):
    """Only failures in a row count."""
    answers = [*[BUSY] * 3, described("RUNNING"), *[BUSY] * 3, described("SUCCEEDED")]
    jobs, _, _ = jobs_of(tasks, *answers)
    await jobs.ask(key, ID, CALL, answer(SUBMITTED))
    assert isinstance(tasks.task(ID).facts()[-1], CallbackSucceeded)


async def test_an_answer_without_a_job(tasks, key):
    """The task fails, and nothing is asked for."""
    jobs, services, _ = jobs_of(tasks, described("RUNNING"))
    await jobs.ask(key, ID, CALL, answer(Succeeded(output={"JobName": "n"})))
    (fact,) = tasks.task(ID).facts()
    assert (fact.error, fact.cause) == ("States.TaskFailed", '{"JobName":"n"}')
    assert services.asked == []


FOREVER = Patience(first_seconds=3600, longest_seconds=3600)


async def test_another_asw_follows_what_one_has_started(tasks, key):
    """What names the job is stored, with the call that started it."""
    jobs, _, _ = jobs_of(tasks, described("RUNNING"), patience=FOREVER)
    first = asyncio.create_task(jobs.ask(key, ID, CALL, answer(SUBMITTED)))
    await asyncio.sleep(0)
    first.cancel()  # killed
    again, services, host = jobs_of(tasks, described("SUCCEEDED"))
    again.take_up(key, None)
    await host.running[ID]
    assert services.asked == [("describeJobs", {"Jobs": ["j-1"]})]
    assert isinstance(tasks.task(ID).facts()[-1], CallbackSucceeded)


async def test_waiting_costs_timers_only(tasks, key):
    """Hundreds of jobs make no call before their time."""
    jobs, services, _ = jobs_of(tasks, described("RUNNING"), patience=FOREVER)
    waiting = []
    for ordinal in range(2, 502):
        begin(tasks, TaskId("uid-1", ordinal))
        asked = jobs.ask(key, TaskId("uid-1", ordinal), CALL, answer(SUBMITTED))
        waiting.append(asyncio.create_task(asked))
    await asyncio.sleep(0)
    assert len(tasks.open_jobs("uid-1")) == 500
    assert services.asked == []
    for each in waiting:
        each.cancel()


async def test_what_is_let_go_is_stopped_once(tasks, key):
    """A second request to stop it finds nothing."""
    jobs, services, host = jobs_of(tasks, Succeeded(output={}), patience=FOREVER)
    host.launch(ID, jobs.ask(key, ID, CALL, answer(SUBMITTED)))
    await asyncio.sleep(0)
    assert jobs.let_go(key, ID)
    assert not jobs.let_go(key, ID)
    await jobs.settle()
    ((action, parameters),) = services.asked
    assert (action, parameters["JobId"]) == ("terminateJob", "j-1")
    assert tasks.open_jobs("uid-1") == []


async def test_the_record_says_which_jobs_are_awaited(tasks, key):
    """A job of a task that is not in it is stopped, by another asw as well; others go on."""
    jobs, services, host = jobs_of(tasks, Succeeded(output={}), patience=FOREVER)
    begin(tasks, TaskId("uid-1", 2))
    for task_id in (ID, TaskId("uid-1", 2)):
        tasks.submitted(task_id, SUBMITTED, '{"JobId":"j-1"}', NOW)
    record = a_record(on_task(2))
    record = replace(record, header=replace(record.header, uid="uid-1"))
    jobs.take_up(key, record)
    await jobs.settle()
    assert [action for action, _ in services.asked] == ["terminateJob"]
    assert [task_id.ordinal for task_id, _, _ in tasks.open_jobs("uid-1")] == [2]
    host.stop(TaskId("uid-1", 2))


@pytest.mark.parametrize(
    ("service", "action", "pattern"),
    [
        ("batch", "submitJob", ".sync"),
        ("eks", "runJob", ".sync"),
        ("sqs", "sendMessage", ".waitForTaskToken"),
        ("sqs", "sendMessage", ""),
    ],
)
def test_an_execution_waits_for_every_job(key, service, action, pattern):
    """Nothing is refused before it starts."""
    invocation = ServiceInvocation(service=service, action=action, pattern=pattern)
    assert why_not_followed(key, invocation) is None


def test_an_express_child_waits_for_no_jobs(key):
    """It has no record of its own by which its jobs could be stopped; AWS refuses it, too."""
    child = ExecutionKey("default", "child", "uid-2", owner=key)
    invocation = ServiceInvocation(service="batch", action="submitJob", pattern=".sync")
    assert "make its ExecutionType STANDARD" in why_not_followed(child, invocation)
