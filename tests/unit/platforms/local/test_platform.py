"""The local platform's own promises, with a pool that runs nothing."""

import asyncio
from dataclasses import replace

import pytest

from asw.asl.resources import FunctionInvocation, ServiceInvocation
from asw.engine.commands import CancelChild, CancelTask, StartTask
from asw.engine.facts import (
    StopRequested,
    TaskHeartbeat,
    TaskStarted,
    TaskSucceeded,
    TaskVanished,
)
from asw.engine.nested import start_execution
from asw.engine.record import Outcome
from asw.engine.task_ids import TaskId
from asw.platforms.local.functions import LocalFunction
from asw.platforms.local.platform import CANCELLED, LocalPlatform
from asw.platforms.local.tasks import Succeeded
from asw.reconciler.platform import KnownTask, Save, TaskRefused, Unknown
from tests.unit.platforms.local.conftest import NOW, new_execution
from tests.unit.platforms.local.test_children import GONE_WRONG, a_child
from tests.unit.platforms.local.test_executions import a_record
from tests.unit.platforms.local.test_transfers import Objects, read

ID = TaskId("uid-1", 1)


class FakePool:
    """Runs a task for as long as the test wants."""

    def __init__(self):
        self.calls = []
        self.outcome = asyncio.Event()
        self.has_turn = True

    async def run(self, call, on_start, on_heartbeat):
        """Take the call, give a sign of life, and wait for the test."""
        self.calls.append(call)
        if self.has_turn:
            on_start()
        await self.outcome.wait()
        on_heartbeat()
        return Succeeded(output=15)

    async def close(self):
        """Nothing to end."""


class FakeListener:
    """Counts what it is told."""

    def __init__(self):
        self.wakes = []
        self.reloads = []

    def wake(self, key):
        """Note the news."""
        self.wakes.append(key)

    def reload(self, key):
        """Note who is to be read again."""
        self.reloads.append(key)


@pytest.fixture
def platform(store):
    """A platform on the store, with a function ``sum``."""
    store.catalogue.put_function(LocalFunction(name="sum", runtime="python3"))
    made = LocalPlatform(
        store,
        FakePool(),
        clock=lambda: NOW,
        environ={"TOKEN": "hush"},
        open_objects=lambda _: Objects(None),
    )
    made.listener = FakeListener()
    return made


def start(name="sum", namespace=None, ordinal=1):
    """The command to call this function."""
    return StartTask(
        task_id=TaskId("uid-1", ordinal),
        invocation=FunctionInvocation(name=name, namespace=namespace),
        payload=[1],
        state="Add",
        frame=1,
        attempt=0,
    )


async def settle():
    """Let everything that can run do so."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_created_execution_is_told_to_the_reconciler(platform):
    """A new execution gets a worker."""
    key = platform.create(new_execution())
    assert platform.listener.wakes == [key]
    assert (await platform.load(key)).key == key


async def test_task_from_start_to_outcome(platform, key):
    """A task is unknown, started, and ended with the pool's outcome, each told to the listener."""
    assert platform.observe(key, ID) == Unknown()
    assert await platform.start(key, [start()]) == [None]
    assert platform.observe(key, ID) == KnownTask()
    await settle()
    assert platform.observe(key, ID) == KnownTask((TaskStarted(task_id=ID, at=NOW),))
    told = len(platform.listener.wakes)
    platform._pool.outcome.set()
    await settle()
    fact = TaskSucceeded(task_id=ID, at=NOW, output=15, started_at=NOW)
    assert platform.observe(key, ID) == KnownTask((fact,))
    assert len(platform.listener.wakes) > told


async def test_start_that_is_repeated_runs_once(platform, key):
    """Starting a task that is there already is success, and no second call."""
    assert await platform.start(key, [start()]) == [None]
    assert await platform.start(key, [start()]) == [None]
    await settle()
    assert len(platform._pool.calls) == 1
    await platform.close()


async def test_waiting_task_is_not_started(platform, key):
    """A task without a process shows no start, so that no timeout counts from it."""
    platform._pool.has_turn = False
    await platform.start(key, [start()])
    await settle()
    assert platform.observe(key, ID) == KnownTask()
    await platform.close()


@pytest.mark.parametrize(
    ("function", "command", "error"),
    [
        pytest.param({}, {"name": "nobody"}, "Lambda.ResourceNotFoundException", id="missing"),
        pytest.param({}, {"namespace": "x"}, "Lambda.ResourceNotFoundException", id="namespace"),
        pytest.param({"problem": "an image"}, {}, "Asw.StartFailed", id="image"),
        pytest.param({"sources": {"A": "Secret s"}}, {}, "Asw.StartFailed", id="secret"),
    ],
)
async def test_task_that_cannot_be_started_is_refused(platform, key, function, command, error):
    """A refusal is the answer of its own slot only, and leaves no task behind."""
    platform.store.catalogue.put_function(
        LocalFunction(**{"name": "sum", "runtime": "python3", **function})
    )
    platform.store.catalogue.put_function(LocalFunction(name="good", runtime="python3"))
    refused, accepted = await platform.start(key, [start(**command), start("good", ordinal=2)])
    assert isinstance(refused, TaskRefused)
    assert refused.error == error
    assert accepted is None
    assert platform.observe(key, ID) == Unknown()
    await settle()
    await platform.close()


async def test_service_without_a_connection_is_refused(platform, key):
    """A Task that calls a service of AWS fails with a name of its own, which it may catch."""
    called = replace(start(), invocation=ServiceInvocation(service="s3", action="get", sdk=True))
    (refused,) = await platform.start(key, [called])
    assert isinstance(refused, TaskRefused)
    assert refused.error == "Asw.NoConnection"
    assert "No Connection for s3" in refused.cause


async def test_secrets_come_from_our_environment(platform, key):
    """A call carries what the Function declares, values of Secrets from asw's environment."""
    function = LocalFunction(name="sum", runtime="python3", sources={"TOKEN": "Secret s, key k"})
    platform.store.catalogue.put_function(function)
    await platform.start(key, [start()])
    await settle()
    assert platform._pool.calls[0].variables == {"TOKEN": "hush"}
    await platform.close()


async def test_cancelled_task_vanishes_at_once(platform, key):
    """A cancel ends the task, whatever its process does."""
    await platform.start(key, [start()])
    await settle()
    await platform.cancel(key, [CancelTask(task_id=ID), CancelTask(task_id=TaskId("uid-1", 9))])
    fact = TaskVanished(task_id=ID, at=NOW, reason=CANCELLED)
    assert platform.observe(key, ID) == KnownTask((fact,))
    await settle()
    assert platform._running == {}


async def test_heartbeat_is_a_fact(platform, key):
    """A sign of life is observed with the start."""
    await platform.start(key, [start()])
    await settle()
    platform.store.tasks.lives(ID, NOW)
    facts = platform.observe(key, ID).facts
    assert facts[1] == TaskHeartbeat(task_id=ID, at=NOW)
    await platform.close()


async def test_end_of_an_execution_is_awaited(platform, key):
    """Who waits for an execution is told by the save that ends it, or at once when it is over."""
    waiting = asyncio.create_task(platform.until_finished(key))
    await settle()
    fence = await platform.save(key, Save(record=a_record(), revision="r", at=NOW), "1")
    await settle()
    assert not waiting.done()
    outcome = Outcome(status="SUCCEEDED", at=NOW)
    await platform.save(key, Save(record=a_record(outcome=outcome), revision="r", at=NOW), fence)
    await waiting
    await platform.until_finished(key)


async def test_execution_that_never_started_is_awaited_too(platform, key):
    """A failure before the start is an end as well."""
    waiting = asyncio.create_task(platform.until_finished(key))
    await settle()
    await platform.save(key, Save(failed_before_start=("E", "c"), at=NOW), "1")
    await waiting


async def test_child_from_birth_to_end(platform, key):
    """A child gets a worker, shows to its parent, and its last save wakes the parent."""
    await platform.start_children(key, [a_child()])
    (child,) = platform.listener.wakes
    seen = a_child().task_id
    assert platform.observe(key, seen) == KnownTask((TaskStarted(task_id=seen, at=NOW),))
    ended = a_record(uid=child.uid, outcome=GONE_WRONG)
    await platform.save(child, Save(record=ended, revision="r-1", at=NOW), "1")
    assert platform.listener.wakes == [child, key]
    (end,) = platform.observe(key, seen).facts
    assert end.status == "FAILED"


async def test_cancelled_child_is_asked_to_stop(platform, key):
    """Only children that run are asked; they end their own tasks."""
    await platform.start_children(key, [a_child(1), a_child(2)])
    child, over = platform.listener.wakes
    ended = a_record(uid=over.uid, outcome=GONE_WRONG)
    await platform.save(over, Save(record=ended, revision="r-1", at=NOW), "1")
    commands = [CancelChild(task_id=TaskId("uid-1", ordinal)) for ordinal in (1, 2, 3)]
    await platform.cancel_children(key, commands)
    assert platform.listener.reloads == [child]
    assert (await platform.load(child)).stop == StopRequested()


async def test_transfer_from_begin_to_outcome(platform, key):
    """A transfer runs beside everything else, once, and is told when its outcome is stored."""
    await platform.transfer(key, [read()])
    await platform.transfer(key, [read()])
    id_ = read().task_id
    assert platform.observe(key, id_) == KnownTask((TaskStarted(task_id=id_, at=NOW),))
    await asyncio.gather(*platform._running.values())
    fact = TaskSucceeded(task_id=id_, at=NOW, output=[1, 2], started_at=NOW)
    assert platform.observe(key, id_) == KnownTask((fact,))
    assert platform.listener.wakes == [key]


async def test_cancelled_transfer_is_unknown(platform, key):
    """Nobody waits for it, so nothing of it is kept."""
    await platform.transfer(key, [read()])
    await platform.cancel(key, [CancelTask(task_id=read().task_id)])
    await asyncio.gather(*platform._running.values(), return_exceptions=True)
    assert platform.observe(key, read().task_id) == Unknown()


async def test_children_come_to_memory_with_their_parent(platform, key):
    """A parent that is loaded sees the children that its record holds open."""
    await platform.start_children(key, [a_child(1), a_child(2)])
    record = a_record(cancelling_children=(1, 2))
    fence = await platform.save(key, Save(record=record, revision="r-1", at=NOW), "1")
    platform.store.children.keep_only(key.uid, ())
    assert platform.observe(key, TaskId("uid-1", 1)) == Unknown()
    await platform.load(key)
    assert isinstance(platform.observe(key, TaskId("uid-1", 1)), KnownTask)
    await platform.save(key, Save(record=a_record(), revision="r-1", at=NOW), fence)
    assert platform.observe(key, TaskId("uid-1", 1)) == Unknown()


async def test_execution_is_over_with_its_children(platform, key):
    """Who waits for an execution waits for the children that it has to end, too."""
    await platform.start_children(key, [a_child()])
    (child,) = platform.listener.wakes
    waiting = asyncio.create_task(platform.until_finished(key))
    await platform.save(key, Save(record=a_record(outcome=GONE_WRONG), at=NOW), "1")
    await settle()
    assert not waiting.done()
    ended = a_record(uid=child.uid, outcome=GONE_WRONG)
    await platform.save(child, Save(record=ended, revision="r-1", at=NOW), "1")
    await waiting


async def test_a_child_that_could_not_begin_ends_for_its_parent(platform, key):
    """A started execution whose Workflow cannot run fails the Task that waits for it."""
    platform.store.catalogue.put_workflow("child", public_name="child", text="{}")
    call = StartTask(
        task_id=TaskId(key.uid, 1),
        invocation=ServiceInvocation(service="states", action="startExecution", pattern=".sync"),
        payload={"StateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:child"},
        state="S",
        frame=1,
        attempt=0,
    )
    assert await platform.start_executions(key, [start_execution(call)]) == [None]
    [child] = platform.store.children.running(key.uid)
    await platform.save(child, Save(failed_before_start=("E", "c"), at=NOW), "1")
    [end] = platform.observe(key, call.task_id).facts
    assert (end.status, end.error, end.cause) == ("FAILED", "E", "c")
    assert platform.listener.wakes[-1] == key
