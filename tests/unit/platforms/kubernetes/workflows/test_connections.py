"""Whether calls can be made by a Connection, as its status says: by rules, references and pods."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from asw.api.function_policy import FunctionPolicy, Rules
from asw.platforms.kubernetes.cache.references import Named
from asw.platforms.kubernetes.pools.reports import PAUSE_SECONDS
from tests.support.kube_api import collection
from tests.support.kube_objects import KEY, SETTINGS, Object, execution_object, workflow_object
from tests.support.kube_world import Build, KubeWorld, again, kube_world
from tests.support.warm_pods import PODS, WarmPod, listening

STATUS = ("PUT", "/apis/asw.dev/v1alpha1/namespaces/shop/connections/lab/status")
MAPS = collection("v1", "shop", "configmaps")
ACCOUNTS = collection("v1", "shop", "serviceaccounts")
KEYS = {"credentials": {"secretRef": {"name": "keys"}}}
CAUSE = "Connection lab: there is nothing to sign calls with: Secret keys has no key A: add it"
LACKS_A_KEY = {"error": "Asw.NoCredentials", "cause": CAUSE}
AUTHORITY = {"ca": {"configMapKeyRef": {"name": "corp", "key": "ca.crt"}}}
ROLE = {"roleArn": "arn:aws:iam::123456789012:role/orders", "serviceAccountName": "worker"}
IDENTITY = {"credentials": {"webIdentity": ROLE}}
AN_STS_TOKEN = FunctionPolicy(
    default=Rules(service_accounts=("*",), service_account_tokens=("sts.amazonaws.com",))
)
CALL = {
    "StartAt": "Call",
    "States": {
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:getItem",
            "Parameters": {"TableName": "orders", "Key": {}},
            "End": True,
        }
    },
}


def lab(generation: int = 1, **spec: Any) -> Object:
    """The Connection."""
    metadata = {"name": "lab", "namespace": "shop", "uid": "cn-lab", "generation": generation}
    return {"metadata": metadata, "spec": {"kind": "aws", "region": "eu-central-1", **spec}}


def said(world: KubeWorld, kind: str = "Ready") -> Any:
    """A condition of the Connection."""
    conditions = world.stored("connection", "lab")["status"]["conditions"]
    return next((it for it in conditions if it["type"] == kind), None)


def verdict(world: KubeWorld) -> tuple[str, str]:
    """Status and reason of Ready."""
    return said(world)["status"], said(world)["reason"]


async def look(world: KubeWorld, seconds: float = PAUSE_SECONDS) -> None:
    """Let time pass, and look at what is due; the watch tells what was written."""
    world.time.pass_(seconds)
    await world.pools.work()
    await world.catch_up()
    await world.show("connection", world.stored("connection", "lab"))


def writes(world: KubeWorld) -> int:
    """How often its status was written."""
    return world.api.requests.count(STATUS)


@dataclass(kw_only=True)
class Scene:
    """A call waits for a pod of the Connection."""

    world: KubeWorld
    client: Any

    async def pod(self, amiss: Object | None) -> WarmPod:
        """A pod that said hello, and what it lacks."""
        made = await WarmPod.start(self.world, self.client, newest=True)
        made.amiss = amiss
        assert (await made.hello())[0] == 200
        return made

    async def says(self, pod: WarmPod, amiss: Object) -> None:
        """The pod says hello again, with other words."""
        pod.amiss = amiss
        hello = asyncio.create_task(pod.hello())
        known = self.world.platform.pools.pod(pod.uid, pod.boot)
        assert known is not None
        told = (amiss.get("error", ""), amiss.get("cause", "")[:1024])
        await self.world.until(lambda: known.amiss == told)
        hello.cancel()


@asynccontextmanager
async def scene(connection: Object) -> AsyncIterator[Scene]:
    """A Connection, and an execution that calls by it."""
    async with kube_world() as world, listening(world) as client:
        await world.apply("connection", connection)
        given = {"definition": CALL, "connections": {"default": "lab"}}
        await world.apply("workflow", workflow_object(**given))
        await world.pools.work()
        await world.apply("execution", execution_object(input={}))
        while not world.api.named("/deployments/"):
            world.time.pass_(1)
            world.reconciler.wake(KEY)
            await asyncio.sleep(0.001)
            await world.pools.work()
        yield Scene(world=world, client=client)
        world.platform.pools.clear()


async def test_what_nobody_has_tried_is_accepted() -> None:
    """Ready, so that nobody waits for a call; the reason says that no pod has looked yet."""
    async with kube_world() as world:
        await world.apply("connection", lab(**KEYS))
        assert verdict(world) == ("True", "Accepted")
        status = world.stored("connection", "lab")["status"]
        assert status["observedGeneration"] == 1
        assert [it["type"] for it in status["conditions"]] == ["Ready"]
        assert all(not path.endswith("/secrets/keys") for _, path in world.api.requests)


async def test_nothing_is_written_while_nothing_changes() -> None:
    """Neither for an echo of its own write, nor after an hour."""
    async with kube_world() as world:
        await world.apply("connection", lab())
        for _ in range(3):
            await look(world, seconds=4000)
        assert writes(world) == 1


async def test_what_the_schema_cannot_see_is_told() -> None:
    """By the field; a Workflow that calls by it says so, too."""
    async with kube_world() as world:
        await world.apply("connection", lab(allowedAddresses=["10.0.0.0/99"]))
        assert verdict(world) == ("False", "InvalidConnection")
        assert said(world, "Stalled")["status"] == "True"
        assert said(world)["message"].startswith("spec.allowedAddresses[0]: ")
        given = {"definition": CALL, "connections": {"default": "lab"}}
        await world.apply("workflow", workflow_object(**given))
        (ready,) = (
            it
            for it in world.stored("workflow", "orders")["status"]["conditions"]
            if it["type"] == "Ready"
        )
        assert "Connection lab cannot be used: spec.allowedAddresses[0]" in ready["message"]
        await world.apply("connection", lab(2, allowedAddresses=["10.0.0.0/8"]))
        assert verdict(world) == ("True", "Accepted")


async def test_a_mistaken_one_is_forgotten_when_it_goes() -> None:
    """Unseen by a watch, too."""
    async with kube_world() as world:
        await world.apply("connection", lab(allowedAddresses=["nowhere"]))
        del world.api.objects[f"{collection('asw.dev/v1alpha1', 'shop', 'connections')}/lab"]
        await world.sweeper.compare()
        assert world.feed.cache.connections.all() == []


async def test_what_the_policy_refuses_is_told() -> None:
    """In the words that its calls fail with."""
    async with kube_world() as world:
        await world.apply("connection", lab(**IDENTITY))
        assert verdict(world) == ("False", "NotAllowed")
        assert "audience 'sts.amazonaws.com' is not among" in said(world)["message"]
        assert said(world, "Stalled")["status"] == "True"


async def test_no_calls_are_promised_without_a_result_server() -> None:
    """Nobody could make them."""
    async with kube_world(Build(tasks=replace(SETTINGS, result_server=None))) as world:
        await world.apply("connection", lab())
        assert verdict(world) == ("False", "NoResultServer")


@pytest.mark.parametrize(
    ("spec", "where", "name", "content", "reason"),
    [
        (AUTHORITY, MAPS, "corp", {"data": {"ca.crt": "PEM"}}, "ConfigMapNotFound"),
        (IDENTITY, ACCOUNTS, "worker", {}, "ServiceAccountNotFound"),
    ],
    ids=["certificates", "account"],
)
async def test_what_the_operator_may_read_is_looked_at(
    spec: Object, where: str, name: str, content: Object, reason: str
) -> None:
    """Named while it is missing, in progress for kstatus; ready as soon as it is there."""
    async with kube_world(Build(tasks=replace(SETTINGS, policy=AN_STS_TOKEN))) as world:
        await world.apply("connection", lab(**spec))
        assert verdict(world) == ("False", reason)
        assert f"'{name}'" in said(world)["message"]
        assert said(world, "Reconciling")["status"] == "True"
        world.api.put(where, {"metadata": {"name": name}, **content})
        changed = Named(where.rsplit("/", 1)[-1], "shop", name)
        for each in world.feed.cache.references.referrers(changed):
            world.feed.cache.again.add(each)
        await look(world)
        assert verdict(world) == ("True", "Accepted")


async def test_pods_tell_which_key_is_missing_and_when_it_is_there() -> None:
    """The Secret and its key by name; once the pod finds them, it is ready."""
    async with scene(lab(**KEYS)) as it:
        pod = await it.pod(LACKS_A_KEY)
        await look(it.world)
        assert verdict(it.world) == ("False", "NoCredentials")
        assert said(it.world)["message"] == CAUSE
        await it.says(pod, {})
        await look(it.world)
        assert verdict(it.world) == ("True", "Valid")
        assert writes(it.world) == 3


async def test_other_troubles_of_pods_have_a_reason_of_their_own() -> None:
    """Such as certificates that are none."""
    async with scene(lab()) as it:
        await it.pod({"error": "Asw.NoConnection", "cause": "no certificates in PEM"})
        await look(it.world)
        assert verdict(it.world) == ("False", "NotConfigured")


async def test_pods_that_say_nothing_prove_nothing() -> None:
    """A connector of an older version may lack its keys."""
    async with scene(lab(**KEYS)) as it:
        await it.pod(None)
        await look(it.world)
        assert verdict(it.world) == ("True", "Accepted")


async def test_what_pods_said_stays_without_pods() -> None:
    """For the next operator, too: only a pod, or another spec, can say otherwise."""
    async with scene(lab(**KEYS)) as it:
        pod = await it.pod(LACKS_A_KEY)
        await look(it.world)
        await pod.vanish()
        await look(it.world, seconds=100)
        assert verdict(it.world) == ("False", "NoCredentials")
        async with again(it.world) as successor:
            await successor.show("connection", successor.stored("connection", "lab"))
            await look(successor)
            assert verdict(successor) == ("False", "NoCredentials")
            await successor.apply("connection", lab(2, **KEYS))
            assert verdict(successor) == ("True", "Accepted")


async def test_pods_that_do_not_start_tell_why() -> None:
    """In Kubernetes' words, once: a pull that is tried again and again is no news."""
    async with scene(lab()) as it:
        pod = await WarmPod.start(it.world, it.client, newest=True)
        words = ["ErrImagePull", "ImagePullBackOff", "ErrImagePull"]
        for number, word in enumerate(words):
            state = {"waiting": {"reason": word, "message": f"try {number}"}}
            statuses = [{"name": "task", "ready": False, "state": state}]
            item = it.world.api.objects[f"{PODS}/{pod.name}"]
            status = {"phase": "Pending", "containerStatuses": statuses}
            await it.world.show("pod", it.world.api.put(PODS, {**item, "status": status}))
            await look(it.world)
        assert verdict(it.world) == ("False", "PodsDoNotStart")
        assert said(it.world)["message"] == "ErrImagePull: try 0"
        assert writes(it.world) == 2


async def test_a_pod_that_lies_writes_little() -> None:
    """Whoever is in it may say another thing in each round: one write in a while, cut to size."""
    async with scene(lab(**KEYS)) as it:
        pod = await it.pod(LACKS_A_KEY)
        await look(it.world)
        before = writes(it.world)
        for number in range(10):
            await it.says(pod, {"error": "Asw.Mine", "cause": f"{number}" + "x" * 4000})
            await look(it.world, seconds=PAUSE_SECONDS / 10)
        assert writes(it.world) <= before + 1
        assert len(said(it.world)["message"]) <= 1024


@pytest.mark.parametrize(
    "amiss",
    [{"cause": "\ud800"}, {"cause": "x" * 5000}, {"error": "x" * 300}, {"error": 1}, "no keys"],
    ids=["no text", "long", "long name", "number", "no object"],
)
async def test_words_that_nobody_could_store_are_no_hello(amiss: Any) -> None:
    """The pod is told so, and is not known; nothing is written."""
    async with scene(lab(**KEYS)) as it:
        pod = await WarmPod.start(it.world, it.client, newest=True)
        pod.amiss = amiss
        assert (await pod.hello())[0] == 400
        await look(it.world)
        assert verdict(it.world) == ("True", "Accepted")
        assert writes(it.world) == 1


async def test_one_that_goes_while_it_is_looked_at_leaves_nothing() -> None:
    """Whoever creates and deletes in a loop fills no memory."""
    async with kube_world() as world:
        await world.apply("connection", lab(**AUTHORITY))
        connection = world.feed.cache.connections["shop", "lab"]
        await world.show("connection", world.stored("connection", "lab"), "DELETED")
        await world.platform.connections.reconcile(connection)
        assert world.platform.connections._looks == {}


async def test_edits_in_a_loop_cost_one_write_each_and_no_more() -> None:
    """And one read of what it names; callers are looked at because the spec is another one."""
    async with kube_world() as world:
        for generation in range(1, 21):
            await world.apply("connection", lab(generation, timeoutSeconds=generation))
        await look(world)
        assert writes(world) == 20


async def test_a_write_of_the_status_wakes_no_caller() -> None:
    """A Workflow is looked at when the spec changed, not for our own echo."""
    async with kube_world() as world:
        await world.apply("connection", lab())
        given = {"definition": CALL, "connections": {"default": "lab"}}
        await world.apply("workflow", workflow_object(**given))
        await world.catch_up()
        await world.show("connection", world.stored("connection", "lab"))
        assert "workflows" not in {it.plural for it in due(world)}
        await world.show("connection", lab(2, timeoutSeconds=9))
        assert "workflows" in {it.plural for it in due(world)}


def due(world: KubeWorld) -> list[Named]:
    """What would be looked at now."""
    return [it for items in world.feed.cache.again.take().values() for it in items]
