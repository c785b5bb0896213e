"""Tasks of warm Functions, over the API server in memory: real wiring, scripted pods."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from asw.platforms.kubernetes.pools.pool import BUSY_SECONDS
from asw.reconciler.scheduler import Limits
from asw.reconciler.settings import Settings
from tests.support.kube_objects import KEY, execution_object, function_object, workflow_object
from tests.support.kube_world import Build, KubeWorld, again, kube_world
from tests.support.warm_pods import PODS, WarmPod, listening

NO_LIMITS = Limits()
TASK = {"Type": "Task", "Resource": "asw:function:sum"}
CHAIN = {
    "StartAt": "One",
    "States": {"One": {**TASK, "Next": "Two"}, "Two": {**TASK, "End": True}},
}


@dataclass(kw_only=True)
class Scene:
    """A warm Function, a Workflow of two tasks, and pods on demand."""

    world: KubeWorld
    client: object
    pods: list[WarmPod] = field(default_factory=list)

    async def pod(self, slots: int = 1) -> WarmPod:
        """One more pod that said hello."""
        made = await WarmPod.start(self.world, self.client, slots=slots)
        assert await made.hello() == (200, {"cancel": []})
        self.pods.append(made)
        await self.world.pools.work()
        return made

    async def asking(self, pod: WarmPod) -> "asyncio.Task[object]":
        """The pod's slot asks, and the operator knows."""
        asking = pod.asking()
        process = self.world.platform.pools.pod(pod.uid, pod.boot)
        await self.world.until(lambda: process.asks or asking.done())
        return asking

    async def working(self) -> WarmPod:
        """One more pod, which has got the first task of an execution."""
        pod = await self.pod()
        asking = await self.asking(pod)
        await self.run()
        await asking
        return pod

    async def run(self, name: str = "order-1", **spec: object) -> None:
        """Create an execution."""
        item = execution_object(**spec)
        item["metadata"] |= {"name": name}
        if name != "order-1":
            item["metadata"]["uid"] = f"0b2bd0a4-7c0c-4a1f-9e6e-5d1c8a5a{name[-4:]:0>4}"
        await self.world.apply("execution", item)

    def later(self, seconds: float) -> None:
        """Time goes by, and the execution's worker looks at it."""
        self.world.time.pass_(seconds)
        self.world.reconciler.wake(KEY)

    def lost(self, seconds: float) -> None:
        """Time goes by, and it is looked at who is gone."""
        self.later(seconds)
        self.world.platform.pools.look()

    async def passing(self, asking: "asyncio.Task[object]") -> None:
        """Time goes by until the slot has an answer: losses are retried after a pause."""
        while not asking.done():
            self.later(1)
            await asyncio.sleep(0.001)

    def is_over(self) -> bool:
        """Whether the first execution has ended."""
        return self.world.status.get("phase") == "Succeeded"

    def waiting(self) -> int:
        """How many tasks wait for a slot."""
        return sum(len(it.waiting) for it in self.world.platform.pools.pools.values())

    def jobs(self) -> list[object]:
        """The Jobs that were made."""
        return self.world.api.named("/jobs/")


@asynccontextmanager
async def scene(*, limits: Limits = NO_LIMITS, **spec: object) -> AsyncIterator[Scene]:
    """A warm Function that wants one pod at least, and a Workflow that calls it twice."""
    build = Build(settings=Settings(limits=limits))
    async with kube_world(build) as world, listening(world) as client:
        warm = {"min": 1, **spec.pop("warm", {})}  # type: ignore[arg-type]
        await world.apply("function", function_object(mode="Warm", warm=warm, **spec))
        await world.apply("workflow", workflow_object(definition=CHAIN))
        await world.pools.work()
        yield Scene(world=world, client=client)
        world.platform.pools.clear()


async def test_a_chain_runs_in_a_warm_pod_with_one_save_a_task():
    """The outcome of one task and the start of the next are one write; there is no Job."""
    async with scene() as it:
        pod = await it.pod()
        asking = await it.asking(pod)
        await it.run()
        status, answer = await asking
        assert (status, answer["task"]["environment"]["ASW_STATE"]) == (200, "One")
        saves = [path for method, path in it.world.api.writes() if path.endswith("/order-1/status")]
        status, answer = await pod.next({"output": 1})
        assert (answer["outcome"], answer["task"]["environment"]["ASW_STATE"]) == (200, "Two")
        last = pod.asking({"output": 2})
        await it.world.until(lambda: it.world.status["phase"] == "Succeeded")
        more = [path for method, path in it.world.api.writes() if path.endswith("/order-1/status")]
        assert (len(saves), len(more)) == (1, 3)
        assert it.jobs() == []
        assert it.world.status["output"] == 2
        it.world.platform.pools.clear()
        assert (await last)[1] == {"outcome": 200}


async def test_an_edit_reaches_the_next_warm_task_of_a_run():
    """As in mode Job: what runs ends with the code that it began with."""
    async with scene() as it:
        old = await it.pod()
        asking = await it.asking(old)
        await it.run()
        await asking
        edited = function_object(mode="Warm", warm={"min": 1}, env=[{"name": "V", "value": "2"}])
        edited["metadata"]["generation"] = 2
        await it.world.apply("function", edited)
        await it.world.pools.work()
        new = await WarmPod.start(it.world, it.client, newest=True)
        assert (await new.hello())[0] == 200
        await it.world.pools.work()
        asked = await it.asking(new)
        telling = old.asking({"output": 1})
        _, answer = await asked
        assert answer["task"]["environment"]["ASW_STATE"] == "Two"
        telling.cancel()


async def test_slots_are_counted():
    """A slot is free while it asks, and busy from the moment that a task is set aside for it."""
    async with scene() as it:
        pod = await it.pod(slots=2)
        pools = it.world.platform.pools.pools
        asking, other = await it.asking(pod), pod.asking(slot=1)
        await it.world.until(
            lambda: [(pool.busy, pool.free) for pool in pools.values()] == [(0, 2)]
        )
        await it.run()
        await asyncio.wait([asking, other], return_when=asyncio.FIRST_COMPLETED)
        assert [(pool.busy, pool.free) for pool in pools.values()] == [(1, 1)]
        it.world.platform.pools.clear()
        await asyncio.gather(asking, other)


async def test_a_pool_without_pods_answers_with_a_job():
    """The first call does not wait for a Deployment."""
    async with scene() as it:
        await it.run()
        await it.world.until(lambda: len(it.jobs()) == 1)


async def test_a_busy_pool_answers_with_a_job_after_a_moment():
    """A call waits for a slot no longer than a third of what a Job takes to start."""
    async with scene() as it:
        await it.working()
        await it.run("other-0002")
        await it.world.until(lambda: it.waiting() == 1)
        assert it.jobs() == []
        it.world.time.pass_(BUSY_SECONDS + 0.01)
        await it.world.until(lambda: len(it.jobs()) == 1)


async def test_the_rate_of_starts_does_not_hold_up_what_has_a_pod():
    """The rate spares nodes, and no node has to start anything."""
    async with scene(limits=Limits(starts_per_second=1, burst=1)) as it:
        pod = await it.working()
        for result in (1, 2):
            asking = pod.asking({"output": result})
            await it.world.until(lambda done=asking: done.done() or it.is_over())
        assert it.is_over()


async def test_a_call_that_waits_for_its_job_may_still_get_a_slot():
    """Whichever comes first: the next start that the rate allows, or a slot that becomes free."""
    async with scene(limits=Limits(starts_per_second=1, burst=1)) as it:
        pod = await it.working()
        for name in ("other-0002", "other-0003"):
            await it.run(name)
            await it.world.until(lambda: it.waiting() == 1)
            it.world.time.pass_(BUSY_SECONDS + 0.01)
            await it.world.until(lambda: it.world.reconciler.waiting_tasks or it.jobs())
        assert (len(it.jobs()), it.waiting()) == (1, 1)
        _, answer = await pod.next({"output": 1})
        assert answer["task"]["environment"]["ASW_EXECUTION"] == "other-0003"
        assert len(it.jobs()) == 1


async def test_a_call_that_waits_gets_the_next_free_slot():
    """Whoever has waited is served before whoever comes."""
    async with scene(warm={"coldStart": "Wait"}) as it:
        pod = await it.working()
        await it.run("other-0002")
        await it.world.until(lambda: it.waiting() == 1)
        _, answer = await pod.next({"output": 1})
        assert answer["task"]["environment"]["ASW_EXECUTION"] == "other-0002"
        _, answer = await pod.next({"output": 1})
        assert answer["task"]["environment"]["ASW_EXECUTION"] == "order-1"
        assert it.jobs() == []


async def test_a_call_waits_only_so_long():
    """Past queueTimeoutSeconds it fails by AWS's name, which a Catcher may take."""
    async with scene(warm={"coldStart": "Wait", "queueTimeoutSeconds": 5}) as it:
        await it.run()
        await it.world.until(lambda: it.waiting() == 1)
        it.later(6)
        await it.world.until(lambda: it.world.status["phase"] == "Failed")
        assert it.world.status["error"] == "Lambda.TooManyRequestsException"


async def test_a_task_whose_pod_is_gone_is_started_again_elsewhere():
    """The loss is noticed once nothing of the pod can run any more."""
    async with scene() as it:
        pod = await it.working()
        await pod.vanish()
        it.world.platform.pools.look()
        other = await it.pod()
        asking = await it.asking(other)
        assert not asking.done()
        it.world.time.pass_(10 + 5 + 1)
        it.world.platform.pools.look()
        _, answer = await asking
        assert answer["task"]["taskId"].endswith("-2")


async def test_a_task_that_may_not_repeat_fails_with_its_pod():
    """With onLost Fail, what was handed over once is never handed over again."""
    async with scene(onLost="Fail") as it:
        pod = await it.working()
        await pod.vanish()
        it.world.platform.pools.look()
        it.world.time.pass_(16)
        it.world.platform.pools.look()
        await it.world.until(lambda: it.world.status["phase"] == "Failed")
        assert it.world.status["error"] == "Asw.TaskLost"


async def test_a_restarted_container_has_lost_its_tasks():
    """Another boot of the same pod is another process."""
    async with scene() as it:
        pod = await it.pod()
        asking = await it.asking(pod)
        await it.run()
        _, answer = await asking
        pod.boot, pod.holds = "f" * 16, []
        assert (await pod.hello())[0] == 200
        _, answer = await pod.next()
        assert answer["task"]["taskId"].endswith("-2")


STARTED = 1_767_268_800.5
"""2026-01-01T12:00:00.5Z."""


@pytest.mark.parametrize(
    ("reason", "error"), [("Error", "Asw.TaskLost"), ("OOMKilled", "Asw.OutOfMemory")]
)
async def test_a_container_that_waits_for_its_restart_has_lost_its_tasks(reason, error):
    """The kubelet may let it wait for minutes; its slots count no more, and the task is over."""
    async with scene(onLost="Fail") as it:
        pod = await it.pod()
        pod.started_at, pod.boot = STARTED, "f" * 16
        assert (await pod.hello())[0] == 200
        asking = await it.asking(pod)
        await it.run()
        await asking
        await pod.crash("2026-01-01T12:00:07Z", reason)
        await it.world.until(lambda: it.later(1) or it.world.status["phase"] == "Failed")
        assert it.world.status["error"] == error
        assert it.world.platform.pools.pod_count == 0


async def test_the_end_of_an_earlier_container_says_nothing_of_this_one():
    """A watch may be late; instants in the pod are whole seconds, so that one proves nothing."""
    async with scene() as it:
        pod = await it.pod()
        pod.started_at, pod.boot = STARTED, "f" * 16
        assert (await pod.hello())[0] == 200
        asking = await it.asking(pod)
        await it.run()
        await asking
        for finished_at in ("2026-01-01T11:59:59Z", "2026-01-01T12:00:00Z"):
            await pod.crash(finished_at)
        answer = await pod.next({"output": 1})
        assert answer[1]["outcome"] == 200


async def test_an_outcome_counts_only_from_the_process_that_the_record_names():
    """Another pod of the same pool cannot end the task, nor can one end what it never had."""
    async with scene() as it:
        pod = await it.working()
        thief = await it.pod()
        thief.holds = list(pod.holds)
        stealing = thief.asking({"output": "stolen"})
        await asyncio.sleep(0.05)
        assert it.world.status["phase"] == "Running"
        it.world.platform.pools.pod(thief.uid, thief.boot).asks[0].give(None)
        assert (await stealing)[1]["outcome"] == 409


async def test_a_cancelled_task_is_told_to_its_pod():
    """A stopped execution frees the slot: the pod hears which process to end."""
    async with scene() as it:
        pod = await it.pod()
        asking = await it.asking(pod)
        await it.run()
        _, answer = await asking
        hearing = asyncio.create_task(pod.hello())
        item = it.world.stored("execution")
        item["spec"]["stop"] = {"error": "Enough"}
        item["metadata"]["generation"] = 2
        await it.world.apply("execution", item)
        assert await hearing == (200, {"cancel": [answer["task"]["taskId"]]})
        await it.world.until(lambda: it.world.status["phase"] == "Aborted")


async def test_a_draining_pod_gives_back_what_it_never_got():
    """A task that was bound to it and not handed over starts elsewhere, even with onLost Fail."""
    async with scene(onLost="Fail") as it:
        pod = await it.working()
        pod.holds.clear()  # the answer never arrived
        other = await it.pod()
        asking = await it.asking(other)
        assert (await pod.hello(draining=True))[0] == 200
        await it.passing(asking)
        _, answer = await asking
        assert answer["task"]["taskId"].endswith("-2")


async def test_a_pod_that_said_goodbye_is_not_waited_for():
    """Once it has nothing left to do, its grace period is nobody's concern."""
    async with scene() as it:
        pod = await it.pod()
        await pod.hello(draining=True)
        await it.world.pools.work()
        assert it.world.pools.reports.of_function(pod.key.function_uid).ready == 0
        await pod.vanish()
        assert it.world.platform.pools.pod(pod.uid, pod.boot) is None


async def test_an_outcome_is_answered_when_it_is_saved_and_only_then():
    """A write that fails answers 503, and the pod keeps what it has."""
    async with scene() as it:
        pod = await it.working()
        await it.world.reconciler.stop()
        status, _ = await pod.next({"output": 1})
        assert (status, len(pod.holds)) == (503, 1)


@asynccontextmanager
async def restarted(it: Scene) -> AsyncIterator[Scene]:
    """Another operator, which knows only what is stored."""
    it.world.platform.pools.clear()
    async with again(it.world) as world, listening(world) as client:
        await world.begin()
        await world.pools.work()
        yield Scene(world=world, client=client)
        world.platform.pools.clear()


async def test_after_a_restart_a_pod_goes_on_with_what_it_has():
    """The outcome of a task that the last operator handed over is taken by the next one."""
    async with scene() as it:
        pod = await it.working()
        async with restarted(it) as new:
            pod.world, pod.client = new.world, new.client
            assert (await pod.hello())[0] == 200
            _, answer = await pod.next({"output": 1})
            assert answer["outcome"] == 200
            assert answer["task"]["environment"]["ASW_STATE"] == "Two"
            assert new.jobs() == []


async def test_a_task_that_was_saved_and_not_sent_is_sent_to_its_pod():
    """The operator died between save and sending: the same start goes to the same process."""
    async with scene() as it:
        pod = await it.working()
        pod.holds.clear()  # it never arrived
        async with restarted(it) as new:
            pod.world, pod.client = new.world, new.client
            assert (await pod.hello())[0] == 200
            _, answer = await pod.next()
            assert answer["task"]["taskId"].endswith("-1")


async def test_an_operator_that_has_not_looked_yet_refuses_nobody():
    """A pod that is refused ends, with all that it has: before a list it is told to ask again."""
    async with scene() as it:
        pod = await it.pod()
        it.world.platform.pools.clear()
        async with again(it.world) as world, listening(world) as client:
            pod.world, pod.client = world, client
            assert (await pod.hello())[0] == 503
            await world.begin()
            assert (await pod.hello())[0] == 200
            world.platform.pools.clear()


async def test_what_a_pod_said_before_records_were_read_counts():
    """It said what it holds to an operator that knew of no task yet, and died: that has run."""
    async with scene(onLost="Fail") as it:
        pod = await it.working()
        it.world.platform.pools.clear()
        async with again(it.world) as world, listening(world) as client:
            await world.pools.take_over()
            pod.world, pod.client = world, client
            assert (await pod.hello())[0] == 200
            await world.begin()
            await world.pools.work()
            new = Scene(world=world, client=client)
            await world.until(lambda: world.reconciler.record(KEY) is not None)
            assert [pool.busy for pool in world.platform.pools.pools.values()] == [1]
            await pod.vanish()
            world.time.pass_(60)
            world.platform.pools.look()
            await world.until(lambda: new.later(1) or world.status["phase"] == "Failed")
            assert world.status["error"] == "Asw.TaskLost"
            world.platform.pools.clear()


async def test_a_pod_of_a_retired_revision_delivers_to_the_next_operator():
    """Its Deployment is gone and it drains; that it is ours is what the record says."""
    async with scene() as it:
        pod = await it.working()
        async with restarted(it) as new:
            pod.world, pod.client = new.world, new.client
            await new.world.until(lambda: new.world.reconciler.record(KEY) is not None)
            new.world.pools.deployments.clear()
            stranger = replace(pod, boot="0" * 16)
            assert (await stranger.hello())[0] == 403
            assert (await pod.hello(draining=True))[0] == 200
            assert (await pod.next({"output": 1}, draining=True))[1] == {"outcome": 200}


async def test_what_the_last_operator_may_have_sent_is_not_repeated():
    """A task is gone with its pod, and nobody saved that it ran: it may have run all the same."""
    async with scene(onLost="Fail") as it:
        pod = await it.working()
        del it.world.api.objects[f"/api/v1/namespaces/shop/pods/{pod.name}"]
        async with restarted(it) as new:
            await new.world.until(lambda: new.world.reconciler.record(KEY) is not None)
            await new.world.until(lambda: new.lost(1) or new.world.status["phase"] == "Failed")
            assert new.world.status["error"] == "Asw.TaskLost"
            assert new.jobs() == []


async def test_a_pod_whose_object_was_removed_by_force_delivers_to_the_next_operator():
    """Its container lives on for its grace period; it gets nothing more, and no other is let in."""
    async with scene(onLost="Fail") as it:
        pod = await it.working()
        del it.world.api.objects[f"/api/v1/namespaces/shop/pods/{pod.name}"]
        async with restarted(it) as new:
            pod.world, pod.client = new.world, new.client
            await new.world.until(lambda: new.world.reconciler.record(KEY) is not None)
            new.lost(5)
            assert (await replace(pod, boot="0" * 16).hello())[0] == 403
            assert (await pod.hello())[0] == 200
            new.lost(60)
            answer = await pod.next({"output": 1}, draining=True)
            assert answer == (200, {"outcome": 200})
            await new.world.until(lambda: len(new.jobs()) == 1)


async def test_a_pod_that_is_gone_after_a_restart_has_lost_its_task():
    """Nobody waits for long for a pod that no list shows and that says nothing."""
    async with scene() as it:
        pod = await it.working()
        del it.world.api.objects[f"/api/v1/namespaces/shop/pods/{pod.name}"]
        async with restarted(it) as new:
            await new.world.until(lambda: new.world.reconciler.record(KEY) is not None)
            assert new.jobs() == []
            await new.world.until(lambda: new.lost(1) or len(new.jobs()) == 1)
            assert new.jobs()[0]["metadata"]["labels"]["asw.dev/task"] == "2"


async def test_a_pod_that_was_deleted_before_it_said_hello_is_sent_home():
    """Its process was not there yet when the kubelet told it to end, and would stay for ever."""
    async with scene() as it:
        pod = await WarmPod.start(it.world, it.client)
        item = it.world.api.objects[f"{PODS}/{pod.name}"]
        item["metadata"]["deletionTimestamp"] = "2026-01-01T12:00:05Z"
        assert (await pod.hello())[0] == 410
        assert (await pod.hello(draining=True))[0] == 200


async def test_an_outcome_may_be_told_without_asking_for_more():
    """It is answered as soon as it is saved, and the slot gets nothing before it asks."""
    async with scene() as it:
        pod = await it.working()
        told = {"taskId": pod.holds[0], "outcome": {"output": 1}}
        answer = await pod.post("next", {"slot": 0, "wait": False, "outcome": told})
        assert answer == (200, {"outcome": 200})
        pod.holds.clear()
        _, given = await pod.next()
        assert given["task"]["environment"]["ASW_STATE"] == "Two"


async def test_a_slot_that_does_not_say_what_its_pod_holds_answers_for_itself_alone():
    """What went to another slot is not lost by that; what went to this one and was cut off is."""
    async with scene(warm={"concurrency": 2}) as it:
        pod = await it.pod(slots=2)
        asking = await it.asking(pod)
        await it.run()
        task_id = (await asking)[1]["task"]["taskId"]
        other = asyncio.create_task(pod.post("next", {"slot": 1}))
        await it.run("other-0002")
        assert (await other)[1]["task"]["taskId"] != task_id
        assert len(it.jobs()) == 0
        again = asyncio.create_task(pod.post("next", {"slot": 0}))
        await it.passing(again)
        assert (await again)[1]["task"]["environment"]["ASW_EXECUTION"] == "order-1"


async def test_what_a_pod_said_before_the_lease_was_lost_counts_no_more():
    """It may have got tasks of others since: it must say hello again, or would get them twice."""
    async with scene() as it:
        pod = await WarmPod.start(it.world, it.client)
        released, before = it.world.api.hold(f"/pods/{pod.name}"), len(it.world.api.requests)
        saying = asyncio.create_task(pod.hello())
        await it.world.until(lambda: len(it.world.api.requests) > before)
        it.world.pools.stand_down()
        released.set()
        assert (await saying)[0] == 503
        assert it.world.platform.pools.pod(pod.uid, pod.boot) is None


async def test_a_slot_asks_nobody_while_its_process_is_forgotten():
    """Its outcome is looked up in a record; if the Lease is lost meanwhile, it comes again."""
    async with scene() as it:
        pod = await it.pod()
        pod.holds.append(f"{KEY.uid}-1")
        await it.world.apply("execution", execution_object())
        it.world.platform.executions.forget(KEY.uid)
        released, before = it.world.api.hold("/executions/"), len(it.world.api.requests)
        asking = asyncio.create_task(pod.next({"output": 1}))
        await it.world.until(lambda: len(it.world.api.requests) > before)
        it.world.pools.stand_down()
        released.set()
        assert (await asking)[0] == 425
