"""``spec.concurrency`` as watch events and lists tell of it."""

from copy import deepcopy

from asw.api.workflow import Concurrency
from asw.platforms.kubernetes.watch.listing import fill_cache
from asw.reconciler.platform import ExecutionKey
from tests.support.kube_api import collection
from tests.support.kube_objects import execution_object, workflow_object
from tests.support.kube_world import KubeWorld, kube_world

WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
EXECUTIONS = collection("asw.dev/v1alpha1", "shop", "executions")


def an_execution(number, **spec):
    made = execution_object(**spec)
    return {
        **made,
        "metadata": {**made["metadata"], "name": f"order-{number}", "uid": f"uid-{number}"},
    }


def phase(world: KubeWorld, number):
    return world.stored("execution", f"order-{number}")["status"].get("phase")


def state_of(world: KubeWorld, number):
    key = ExecutionKey("shop", f"order-{number}", f"uid-{number}")
    return world.reconciler.slots.state_of(key)


async def limited(world: KubeWorld, **limit):
    await world.apply("workflow", workflow_object(definition=WAIT, concurrency=limit))


async def test_second_waits_and_says_so():
    """Its phase is Pending, its reason WaitingForSlot; it goes when the first is deleted."""
    async with kube_world() as world:
        await limited(world, limit=1)
        await world.apply("execution", an_execution(1))
        await world.until(lambda: phase(world, 1) == "Running")
        await world.apply("execution", an_execution(2))
        await world.until(lambda: world.time.pass_(0.1) or phase(world, 2) == "Pending")
        conditions = world.stored("execution", "order-2")["status"]["conditions"]
        assert {each["reason"] for each in conditions} == {"WaitingForSlot"}
        gone = world.api.objects.pop(f"{EXECUTIONS}/order-1")
        await world.show("execution", gone, "DELETED")
        await world.until(lambda: phase(world, 2) == "Running")


async def test_raised_limit_of_the_workflow_counts():
    """An edit of the Workflow lets waiting executions go."""
    async with kube_world() as world:
        await limited(world, limit=1)
        for number in (1, 2):
            await world.apply("execution", an_execution(number))
        await world.until(lambda: phase(world, 1) == "Running")
        edited = workflow_object(definition=WAIT, concurrency={"limit": 2})
        edited["metadata"]["generation"] = 2
        await world.apply("workflow", edited)
        await world.until(lambda: phase(world, 2) == "Running")


async def test_first_list_fills_the_book():
    """After a restart, who runs has its slot before anybody is worked on; over ones have none."""
    async with kube_world() as world:
        ran = an_execution(1)
        ran["status"] = {"phase": "Running", "record": "{}"}
        over = an_execution(2)
        over["status"] = {"phase": "Succeeded", "record": "{}"}
        for item in (ran, over, an_execution(3), an_execution(4, suspend=True)):
            world.api.put(EXECUTIONS, item)
        world.api.put(
            collection("asw.dev/v1alpha1", "shop", "workflows"),
            workflow_object(definition=WAIT, concurrency={"limit": 2}),
        )
        await fill_cache(world.client, world.feed, (None,))
        assert [state_of(world, n) for n in range(1, 5)] == ["BEGUN", None, "GRANTED", None]


async def test_late_event_does_not_bring_back_what_ended():
    """An event from before the end, shown after it, takes no slot."""
    async with kube_world() as world:
        world.reconciler.slots.put_limit("shop", "orders", Concurrency(limit=1))
        item = an_execution(1)
        old = {**item, "status": {"phase": "Running", "record": "{}"}}
        new = {**item, "status": {"phase": "Succeeded", "record": "{}"}}
        await world.show("execution", new)
        await world.show("execution", old)
        assert state_of(world, 1) is None


async def test_a_redrive_that_waits_says_so_beside_the_end():
    """Redriven is Unknown for WaitingForSlot, all else stays; then it runs and the word is gone."""
    async with kube_world() as world:
        await world.apply("workflow", workflow_object(concurrency={"limit": 1}, definition=WAIT))
        failed = an_execution(1)
        await world.apply("execution", {**failed, "spec": {**failed["spec"], "stop": {}}})
        await world.until(lambda: phase(world, 1) == "Aborted")
        await world.until(lambda: not world.reconciler.live)
        await world.apply("execution", an_execution(2))
        await world.until(lambda: phase(world, 2) == "Running")
        before = world.stored("execution")
        redriven = deepcopy(before)
        del redriven["spec"]["stop"]
        redriven["spec"]["redrive"] = {"number": 1}
        redriven["metadata"]["generation"] = 2
        await world.apply("execution", redriven)
        await world.until(lambda: world.time.pass_(0.1) or "WaitingForSlot" in str(world.status))
        conditions = {it["type"]: (it["status"], it["reason"]) for it in world.status["conditions"]}
        assert conditions.pop("Redriven") == ("Unknown", "WaitingForSlot")
        assert set(conditions.values()) >= {("False", "Aborted")}
        shown = {**world.status, "conditions": before["status"]["conditions"]}
        assert shown == before["status"]
        await world.show("execution", world.stored("execution"))
        gone = world.api.objects.pop(f"{EXECUTIONS}/order-2")
        await world.show("execution", gone, "DELETED")
        await world.until(lambda: phase(world, 1) == "Running")
        assert "Redriven" not in str(world.status["conditions"])
