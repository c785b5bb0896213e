"""Who comes to hold the lease acts on what there is, and not on what its watches told before."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

from aiohttp import web

from asw.engine.facts import TaskStarted
from asw.engine.task_ids import TaskId
from asw.operator.running import Operator
from asw.operator.settings import OperatorSettings
from asw.operator.supervision import Supervisor
from asw.operator.vitals import Vitals
from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.platforms.kubernetes.watch.listing import list_tasks
from tests.support.kube_objects import (
    KEY,
    UID,
    a_pod,
    execution_object,
    function_object,
    running,
    terminated,
    workflow_object,
)
from tests.support.kube_world import PATHS, again, kube_world

TASK = TaskId(UID, 1)
JOB = "order-1-0b2bd0a47c0c-1"
TASK_STATE = {"Type": "Task", "Resource": "asw:function:sum", "TimeoutSeconds": 60, "End": True}
DEFINITION = {"StartAt": "Add", "States": {"Add": TASK_STATE}}


class Everywhere:
    """A territory that nobody else claims."""

    async def claim(self, _):
        """See Territory."""

    def covers(self, _):
        """See Territory."""
        return True

    def leave(self):
        """See Territory."""


def operator_of(world):
    """An operator of these parts, its caches filled and the lease won; it has not taken over."""
    world.succession.is_current = False
    made = Operator(
        pools=world.pools,
        settings=OperatorSettings(),
        connection=None,
        client=world.client,
        platform=world.platform,
        reconciler=world.reconciler,
        lease=SimpleNamespace(may_act=lambda: True),
        succession=world.succession,
        territory=Everywhere(),
        feed=world.feed,
        notices=None,
        definitions=world.definitions,
        sweeper=world.sweeper,
        retirement=world.retirement,
        vitals=Vitals(),
        supervisor=Supervisor(),
        keys=world.ring,
        callbacks=world.callbacks.keys,
    )
    made.is_filled = True
    return made


def pod_of(world, state):
    pod = a_pod(state)
    pod["metadata"]["ownerReferences"][0]["uid"] = world.stored("job", JOB)["metadata"]["uid"]
    return pod


@asynccontextmanager
async def task_that_runs():
    """A world in which the record says that the task started."""
    async with kube_world() as world:
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object(definition=DEFINITION))
        await world.apply("execution", execution_object())
        await world.until(lambda: world.feed.cache.facts(KEY, TASK) is not None)
        await world.apply("pod", pod_of(world, running()))
        await world.until(lambda: is_said_to_have_started(world))
        yield world


def is_said_to_have_started(world):
    """That a task started waits for a write that is due anyway, for two seconds at most."""
    world.time.pass_(0.02)
    world.reconciler.wake(KEY)
    return "LambdaFunctionStarted" in str(world.status["history"])


async def see(world, *kinds):
    """The watches of a standby told of these so far."""
    for kind in kinds:
        for path, item in list(world.api.objects.items()):
            if path.startswith(PATHS[kind]):
                await world.show(kind, item)


async def test_job_of_the_holder_before_is_seen_before_anybody_acts():
    """A watch of Jobs that is behind makes no lost task, and no second start, of one that runs."""
    async with task_that_runs() as world, again(world) as second:
        await see(second, "function", "workflow")
        second.feed.cache.put_execution(second.stored("execution"))
        await operator_of(second).take_over()
        await second.until(lambda: second.platform.executions.record(UID))
        second.reconciler.wake(KEY)
        await second.until(lambda: second.reconciler.record(KEY))
        await second.apply("pod", pod_of(second, terminated(0, '{"output": "done"}')))
        await second.until(lambda: second.status["phase"] == "Succeeded")
        assert [job["metadata"]["name"] for job in second.api.named("/jobs/")] == [JOB]
        assert second.status["output"] == "done"


async def test_end_during_an_outage_is_seen_before_time_is_judged():
    """A task that ended in time while nobody could look has not timed out."""
    async with task_that_runs() as world:
        operator = operator_of(world)
        operator.stand_down()
        world.api.put(PATHS["pod"], pod_of(world, terminated(0, '{"output": "done"}')))
        world.time.pass_(600)
        await operator.take_over()
        await world.until(lambda: "completionTime" in world.status)
        assert world.status["phase"] == "Succeeded"


async def test_nobody_acts_before_tasks_were_listed():
    """Where tasks cannot be listed, the lease alone allows nothing."""
    async with task_that_runs() as world:
        operator = operator_of(world)
        assert not operator.may_act()
        await operator.take_over()
        assert operator.may_act()
        operator.stand_down()
        assert not operator.may_act()


async def test_execution_that_no_watch_told_of_is_resumed():
    """One that began under the holder before goes on though the watch is behind."""
    async with task_that_runs() as world, again(world) as second:
        await see(second, "function", "workflow")
        await operator_of(second).take_over()
        await second.until(lambda: second.platform.executions.record(UID))


async def test_tasks_that_are_gone_are_forgotten():
    """What was deleted while nobody could look is not waited for."""
    async with task_that_runs() as world:
        for path in [it for it in world.api.objects if it.startswith((PATHS["job"], PATHS["pod"]))]:
            del world.api.objects[path]
        world.time.pass_(1)
        await list_tasks(world.client, world.feed, (None,))
        world.time.pass_(35)  # by then a pod that was removed by force has ended
        await world.sweeper.tick()
        await world.until(lambda: "Asw.TaskDeleted" in str(world.status["history"]))


async def test_a_list_overrides_nothing_that_a_watch_told_later():
    """An object from a list may be older than what came in meanwhile."""
    async with task_that_runs() as world:
        pod = pod_of(world, running())
        world.api.put(PATHS["pod"], {**pod, "status": {"phase": "Pending"}})
        world.time.pass_(1)
        listed = world.client.list

        async def slow(*what, **how):
            async for item in listed(*what, **how):
                world.time.pass_(1)
                await world.show("pod", pod)
                yield item

        world.client.list = slow
        await list_tasks(world.client, world.feed, (None,))
        assert [type(fact) for fact in world.feed.cache.facts(KEY, TASK)] == [TaskStarted]


async def test_a_list_that_breaks_off_proves_no_absence():
    """A page that cannot be had, or that expired, means that nothing is known to be gone."""
    async with task_that_runs() as world:
        world.time.pass_(1)
        operator = operator_of(world)
        world.api.fail("GET", "/jobs", web.Response(status=410))
        world.api.fail("GET", "/pods", web.Response(status=410))
        await operator.take_over()
        assert TaskKey.of(KEY, TASK) in world.feed.cache.tasks
