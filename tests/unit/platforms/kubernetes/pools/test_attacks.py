"""What a pod of a tenant may try at the result server, and what comes of it."""

import asyncio

import pytest

from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.pools.admission import BURST
from asw.platforms.kubernetes.pools.deployments import claim_of
from asw.platforms.kubernetes.pools.pool import PoolKey
from tests.support.kube_objects import UID
from tests.support.warm_pods import PODS, WarmPod
from tests.unit.platforms.kubernetes.pools.test_warm_tasks import scene


async def test_a_token_of_another_function_is_no_good_for_this_pod():
    """A pod asks by the token of its own pool alone, whatever it says of itself."""
    async with scene() as it:
        pod = await it.pod()
        other = it.world.ring.keys.issue_to_pool("shop/fn-other/000000000000")
        status, _ = await pod.post("next", {"slot": 0}, token=other)
        assert status == 403


@pytest.mark.parametrize(
    "token",
    ["", "k", "k.shop/fn-sum/0.forged", "other.shop/fn-sum/0.forged", "k..", "x" * 500],
)
async def test_a_forged_token_is_refused(token):
    """Nobody asks for work without the operator's signature."""
    async with scene() as it:
        pod = await it.pod()
        assert (await pod.post("next", {"slot": 0}, token=token or " "))[0] in (401, 403)


async def test_a_token_of_a_task_is_not_one_of_a_pool():
    """What a Job's pod is given opens nothing here, nor the other way round."""
    async with scene() as it:
        pod = await it.pod()
        keys = it.world.ring.keys
        assert (await pod.post("next", {"slot": 0}, token=keys.issue(TaskId(UID, 1))))[0] == 403
        assert keys.verify(keys.issue_to_pool(claim_of(pod.key))) is None


async def test_a_pod_that_nobody_made_is_not_let_in():
    """A made-up uid, a pod of another Deployment, or one with the labels alone gets no work."""
    async with scene() as it:
        pod = await it.pod()
        body = {"name": pod.name, "slots": 1, "holds": [], "draining": False}
        liar = WarmPod(
            world=it.world,
            client=it.client,
            key=pod.key,
            name=pod.name,
            uid="made-up",
            boot="a" * 16,
        )
        assert (await liar.hello())[0] == 403
        item = it.world.api.objects[f"{PODS}/{pod.name}"]
        reference = {"kind": "ReplicaSet", "name": "rs-none", "uid": "x", "controller": True}
        metadata = {**item["metadata"], "name": "alone", "uid": "u-alone"}
        it.world.api.put(PODS, {**item, "metadata": {**metadata, "ownerReferences": [reference]}})
        alone = WarmPod(
            world=it.world,
            client=it.client,
            key=pod.key,
            name="alone",
            uid="u-alone",
            boot="b" * 16,
        )
        assert (await alone.post("hello", {**body, "name": "alone"}))[0] == 403
        foreign = PoolKey("shop", pod.key.function_uid, "f" * 12)
        token = it.world.ring.keys.issue_to_pool(claim_of(foreign))
        assert (await pod.post("hello", body, token=token))[0] == 403


@pytest.mark.parametrize(
    "body",
    [
        {"slot": -1},
        {"slot": 512},
        {"slot": "first"},
        {"slot": 0, "holds": ["x"] * 2000},
        {"slot": 0, "holds": ["x" * 1000]},
        {"slot": 0, "outcome": 7},
        {"slot": 0, "boot": "../../etc"},
        {"slot": 0, "pod": "x" * 1000},
    ],
    ids=str,
)
async def test_a_body_that_is_no_request_is_refused_by_its_field(body):
    """Every number and list is bounded, and the answer names the field."""
    async with scene() as it:
        pod = await it.pod()
        status, answer = await pod.post("next", body)
        assert status == 400
        assert any(name in answer["reason"] for name in body)


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b"[" * 5000, b"\xff", b"null"])
async def test_what_is_no_json_is_refused(text):
    """Garbage ends in an answer, not in a fault of ours."""
    async with scene() as it:
        pod = await it.pod()
        token = it.world.ring.keys.issue_to_pool(claim_of(pod.key))
        headers = {"Authorization": f"Bearer {token}"}
        async with it.client.post("/v1/warm/next", data=text, headers=headers) as answer:
            assert answer.status == 400


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        ({}, 400),
        ({"error": ""}, 400),
        ([], 400),
        ({"output": "x" * 300_000}, 413),
    ],
    ids=["empty", "no name", "no object", "too large"],
)
async def test_an_outcome_that_cannot_be_is_told_and_kept(outcome, verdict):
    """The task is still awaited: its runtime tells another outcome next."""
    async with scene() as it:
        pod = await it.pod()
        asking = await it.asking(pod)
        await it.run()
        await asking
        _, answer = await pod.next(outcome)
        assert (answer["outcome"], len(pod.holds)) == (verdict, 1)
        last = pod.asking({"error": "Own", "cause": "because"})
        await it.world.until(lambda: it.world.status["phase"] == "Failed")
        it.world.platform.pools.clear()
        assert (await last)[1]["outcome"] == 200


async def test_two_asks_of_one_slot_leave_one():
    """A second connection for the same slot replaces the first: nothing is handed over twice."""
    async with scene() as it:
        pod = await it.pod()
        first = await it.asking(pod)
        second = pod.asking()
        assert (await first)[1] == {}
        await it.run()
        assert "task" in (await second)[1]
        assert it.jobs() == []


async def test_whoever_stopped_listening_gets_no_task():
    """A connection that broke is noticed before a task is bound to it."""
    async with scene() as it:
        pod = await it.pod()
        asking = await it.asking(pod)
        process = it.world.platform.pools.pod(pod.uid, pod.boot)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await it.world.until(lambda: process.free == 0)
        await it.run()
        await it.world.until(lambda: it.waiting() == 1)
        assert it.jobs() == []


async def test_made_up_processes_cost_the_api_server_little():
    """A pod that begins again and again is let in a few times, then told to wait."""
    async with scene() as it:
        pod = await it.pod()
        before = len(it.world.api.requests)
        statuses = []
        for number in range(100):
            pod.boot = f"{number:016x}"
            statuses.append((await pod.hello())[0])
        assert set(statuses) == {200, 503}
        assert len(it.world.api.requests) - before <= 2 * (BURST + 1)


@pytest.mark.parametrize("name", ["../../secrets/x", "a/log", "A", "", "x" * 300])
async def test_a_name_that_is_none_is_not_asked_for(name):
    """What a pod calls itself leads nowhere but to a pod."""
    async with scene() as it:
        pod = await it.pod()
        before = len(it.world.api.requests)
        body = {"name": name, "slots": 1, "boot": "c" * 16}
        assert (await pod.post("hello", body))[0] == 400
        assert len(it.world.api.requests) == before
