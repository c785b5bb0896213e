"""The local platform's own promises, with a pool that runs nothing."""

import asyncio

import pytest

from asw.asl.resources import FunctionInvocation
from asw.engine.commands import CancelTask, StartTask
from asw.engine.facts import TaskHeartbeat, TaskStarted, TaskSucceeded, TaskVanished
from asw.engine.record import Outcome
from asw.engine.task_ids import TaskId
from asw.local.functions import LocalFunction
from asw.local.platform import CANCELLED, LocalPlatform
from asw.local.tasks import Succeeded
from asw.reconciler.platform import Known, Save, TaskRefused, Unknown
from tests.unit.local.conftest import NOW, new_execution
from tests.unit.local.test_executions import a_record

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

    def wake(self, key):
        """Note the news."""
        self.wakes.append(key)


@pytest.fixture
def platform(store):
    """A platform on the store, with a function ``sum``."""
    store.catalogue.put_function(LocalFunction(name="sum", runtime="python3"))
    made = LocalPlatform(store, FakePool(), clock=lambda: NOW, environ={"TOKEN": "hush"})
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
    assert platform.observe(key, ID) == Known()
    await settle()
    assert platform.observe(key, ID) == Known((TaskStarted(task_id=ID, at=NOW),))
    told = len(platform.listener.wakes)
    platform._pool.outcome.set()
    await settle()
    fact = TaskSucceeded(task_id=ID, at=NOW, output=15, started_at=NOW)
    assert platform.observe(key, ID) == Known((fact,))
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
    assert platform.observe(key, ID) == Known()
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
    assert platform.observe(key, ID) == Known((fact,))
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
