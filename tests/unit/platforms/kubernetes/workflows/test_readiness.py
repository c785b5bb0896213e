"""Whether tasks may call a Function, as its status says: by what it names, and by its Job."""

import asyncio
import json

import pytest
from aiohttp.web import json_response

from asw.platforms.kubernetes.cache.references import Named
from asw.platforms.kubernetes.cache.work_queue import SHARE
from asw.platforms.kubernetes.workflows.readiness import LONGEST_PAUSE_SECONDS, MOST_MAPS
from tests.support.kube_api import collection
from tests.support.kube_objects import function_object
from tests.support.kube_world import PATHS, again, kube_world

MAPS = collection("v1", "shop", "configmaps")
ACCOUNTS = collection("v1", "shop", "serviceaccounts")
TRIAL = ("TRY", PATHS["job"])
GRACE_SECONDS = 300
REFUSAL = 'requests: Invalid value: "2": must be less than or equal to cpu limit of 1'
CODE = {"code": {"configMapRef": {"name": "src"}}}
VARIABLE = {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "a"}}}]}
ALL_KEYS = {"envFrom": [{"configMapRef": {"name": "conf"}}]}
VOLUME = {"name": "v", "configMap": {"name": "conf", "items": [{"key": "a", "path": "a"}]}}
FILES = {"podTemplate": {"spec": {"volumes": [VOLUME]}}}
ACCOUNT = {"serviceAccountName": "worker"}
MISSING = {
    "code": (CODE, MAPS, "src", {"data": {"index.py": "pass"}}, "ConfigMapNotFound"),
    "variable": (VARIABLE, MAPS, "conf", {"data": {"a": "1"}}, "ConfigMapNotFound"),
    "variables": (ALL_KEYS, MAPS, "conf", {}, "ConfigMapNotFound"),
    "files": (FILES, MAPS, "conf", {"binaryData": {"a": "MQ=="}}, "ConfigMapNotFound"),
    "account": (ACCOUNT, ACCOUNTS, "worker", {}, "ServiceAccountNotFound"),
}


def said(world, kind="Ready", name="sum"):
    """A condition of the Function."""
    conditions = world.stored("function", name)["status"]["conditions"]
    return next((it for it in conditions if it["type"] == kind), None)


async def look(world, seconds=0.0, name="sum"):
    """Let time pass, and look at what is due; the watch tells what was written."""
    world.time.pass_(seconds)
    await world.catch_up()
    world.feed.function("MODIFIED", world.stored("function", name))


def bring(world, where, name, content):
    """Somebody creates what the Function names, and the watch of such things tells."""
    world.api.put(where, {"metadata": {"name": name}, **content})
    changed = Named(where.rsplit("/", 1)[-1], "shop", name)
    for each in world.feed.cache.references.referrers(changed):
        world.feed.cache.again.add(each)


def refuse_trial(world, message=REFUSAL, status=422):
    world.api.fail("TRY", "/jobs", json_response({"message": message}, status=status))


@pytest.mark.parametrize("name", MISSING)
async def test_what_is_missing_is_named_and_followed(name):
    """Not ready by its name, in progress for kstatus; ready as soon as it is there."""
    spec, where, missing, content, reason = MISSING[name]
    async with kube_world() as world:
        await world.apply("function", function_object(**spec))
        assert (said(world)["status"], said(world)["reason"]) == ("False", reason)
        assert f"'{missing}'" in said(world)["message"]
        assert said(world, "Reconciling")["status"] == "True"
        bring(world, where, missing, content)
        await look(world)
        assert said(world)["status"] == "True"
        assert said(world, "Reconciling") is None


SEVERAL = {"code": {"configMapRefs": [{"name": "one"}, {"name": "two"}]}}


async def test_each_of_several_config_maps_is_followed():
    """The one that is missing is named; once all are there the Function is ready."""
    async with kube_world() as world:
        world.api.put(MAPS, {"metadata": {"name": "one"}, "data": {"index.py": "pass"}})
        await world.apply("function", function_object(**SEVERAL))
        assert (said(world)["status"], said(world)["reason"]) == ("False", "ConfigMapNotFound")
        assert "'two'" in said(world)["message"]
        bring(world, MAPS, "two", {"data": {"lib.py": "A = 1"}})
        await look(world)
        assert said(world)["status"] == "True"


async def test_config_maps_that_make_up_no_code_are_told():
    """Nothing is started with half of the files."""
    async with kube_world() as world:
        for name in ("one", "two"):
            world.api.put(MAPS, {"metadata": {"name": name}, "data": {"index.py": "pass"}})
        await world.apply("function", function_object(**SEVERAL))
        assert (said(world)["status"], said(world)["reason"]) == ("False", "InvalidFunction")
        assert "two ConfigMaps have the file 'index.py'" in said(world)["message"]


async def test_a_key_that_is_missing_is_named():
    """The ConfigMap may be there, and a later version of it bring the key."""
    async with kube_world() as world:
        world.api.put(MAPS, {"metadata": {"name": "conf"}, "data": {"b": "1"}})
        await world.apply("function", function_object(**VARIABLE))
        assert "has no key 'a'" in said(world)["message"]


async def test_what_may_be_missing_is_not_asked_for():
    """Kubernetes: optional. And Secrets are nothing that the operator may look at."""
    optional = {"configMapKeyRef": {"name": "conf", "key": "a", "optional": True}}
    secret = {"secretKeyRef": {"name": "s", "key": "k"}}
    env = [{"name": "A", "valueFrom": optional}, {"name": "B", "valueFrom": secret}]
    async with kube_world() as world:
        await world.apply("function", function_object(env=env))
        assert said(world)["status"] == "True"


async def test_what_the_operator_may_not_look_at_counts_as_there():
    """Roles of an earlier version, which somebody keeps by hand, stop no Function."""
    async with kube_world() as world:
        world.api.fail("GET", "/serviceaccounts/", json_response({"message": "no"}, status=403))
        await world.apply("function", function_object(**ACCOUNT))
        assert said(world)["status"] == "True"


async def test_what_stays_missing_is_stalled():
    """In progress for a grace, as a Deployment is; then kstatus may give up waiting."""
    async with kube_world() as world:
        await world.apply("function", function_object(**CODE))
        await look(world, GRACE_SECONDS)
        assert said(world)["status"] == "False"
        assert said(world, "Stalled")["status"] == "True"
        assert said(world, "Reconciling") is None
        bring(world, MAPS, "src", {"data": {"index.py": "pass"}})
        await look(world)
        assert said(world)["status"] == "True"
        assert said(world, "Stalled") is None


async def test_a_job_that_the_server_would_refuse_is_told_in_its_words():
    """Nothing that others bring mends it: stalled at once."""
    async with kube_world() as world:
        refuse_trial(world)
        await world.apply("function", function_object())
        assert (said(world)["status"], said(world)["reason"]) == ("False", "JobRefused")
        assert REFUSAL in said(world)["message"]
        assert said(world, "Stalled")["status"] == "True"


async def test_what_is_asked_about_is_the_job_of_a_task():
    """With the Function's pod, in its namespace, and without a name: none is taken by it."""
    async with kube_world() as world:
        await world.apply("function", function_object(resources={"limits": {"cpu": "1"}}))
        body = json.loads(world.api.bodies[world.api.requests.index(TRIAL)])
        assert body["metadata"].keys() >= {"generateName", "labels", "ownerReferences"}
        assert "name" not in body["metadata"]
        (container,) = body["spec"]["template"]["spec"]["containers"]
        assert container["resources"]["limits"]["cpu"] == "1"
        assert world.api.named("/jobs/") == []


async def test_a_full_quota_is_not_the_function_s_fault():
    """It may have room when a task starts."""
    async with kube_world() as world:
        refuse_trial(world, "forbidden: exceeded quota: tiny", 403)
        await world.apply("function", function_object())
        assert said(world)["status"] == "True"


async def test_a_policy_that_was_mended_is_found():
    """Nobody tells of it: it is looked at again, ever less often."""
    async with kube_world() as world:
        refuse_trial(world, "denied by policy", 403)
        await world.apply("function", function_object())
        assert said(world)["reason"] == "JobRefused"
        await look(world, LONGEST_PAUSE_SECONDS)
        assert said(world)["status"] == "True"


async def test_a_ready_function_is_asked_about_once_an_hour():
    """Not for the echo of a status, nor by each process that begins: only when it changes."""
    async with kube_world() as world:
        stored = await world.apply("function", function_object())
        await world.show("function", world.stored("function", "sum"))
        await look(world, 600)
        assert world.api.requests.count(TRIAL) == 1
        async with again(world) as other:
            await other.begin()
            await other.definitions.reconcile_all()
            assert other.api.requests.count(TRIAL) == 1
            await look(other, 3600)
            assert other.api.requests.count(TRIAL) == 2
        item = function_object(timeoutSeconds=5)
        item["metadata"] |= {"generation": 2, "uid": stored["metadata"]["uid"]}
        await world.apply("function", {**item, "status": world.stored("function", "sum")["status"]})
        assert world.api.requests.count(TRIAL) == 3


async def test_what_was_found_before_another_replica_acted_counts_no_more():
    """It may have found what is right now."""
    async with kube_world() as world:
        stored = await world.apply("function", function_object())
        ready = {**said(world), "status": "False", "reason": "JobRefused"}
        status = {"observedGeneration": 1, "conditions": [ready]}
        told = world.api.put(PATHS["function"], {**stored, "status": status})
        world.platform.readiness.stand_down()
        refuse_trial(world)
        await world.show("function", told)
        assert said(world)["reason"] == "JobRefused"
        assert world.api.requests.count(TRIAL) == 2


async def test_a_hundred_that_wait_for_nothing_cost_little():
    """Each is looked at ever less often, none is asked about, and only what changes is written."""
    async with kube_world() as world:
        for number in range(100):
            await world.apply("function", function_object(f"f-{number}", **CODE))
        for _ in range(6):  # the pauses grow, and the grace ends
            world.time.pass_(LONGEST_PAUSE_SECONDS)
            for _ in range(100 // SHARE):
                await world.catch_up()
            for item in world.api.named("/functions/"):
                world.feed.function("MODIFIED", item)
        world.api.requests.clear()
        for _ in range(int(LONGEST_PAUSE_SECONDS)):
            world.time.pass_(1)
            await world.catch_up()
        assert {method for method, _ in world.api.requests} == {"GET"}
        assert len(world.api.requests) <= 2 * 100


async def test_a_function_of_many_config_maps_is_looked_at_in_part():
    """They may be large: what a namespace can have read is bounded."""
    env = [
        {"name": f"V{it}", "valueFrom": {"configMapKeyRef": {"name": f"m-{it}", "key": "k"}}}
        for it in range(50)
    ]
    async with kube_world() as world:
        for number in range(50):
            world.api.put(MAPS, {"metadata": {"name": f"m-{number}"}, "data": {"k": "v"}})
        await world.apply("function", function_object(env=env))
        read = [path for method, path in world.api.requests if "/configmaps/m-" in path]
        assert len(read) == MOST_MAPS


async def test_a_look_that_was_overtaken_has_no_say():
    """What a later one found counts, however late the answers of the first come."""
    async with kube_world() as world:
        world.api.slow = asyncio.Event()
        stored = world.api.put(PATHS["function"], function_object(**CODE))
        first = asyncio.create_task(world.show("function", stored))
        await world.until(lambda: len(world.api.requests) == 1)
        held, world.api.slow = world.api.slow, None
        world.api.put(MAPS, {"metadata": {"name": "src"}, "data": {"index.py": "pass"}})
        await world.platform.readiness.reconcile(
            world.feed.cache.functions["shop", "sum"], is_due=True
        )
        world.api.fail("GET", "/configmaps/src", json_response({}, status=404))
        held.set()
        await first
        await world.show("function", world.stored("function", "sum"))
        assert said(world)["status"] == "True"


async def test_a_namespace_where_looks_take_long_holds_up_no_other():
    """A webhook that does not answer for one is nothing to the rest."""
    async with kube_world() as world:
        queue, definitions = world.feed.cache.again, world.definitions
        definitions.busy["slow"] = asyncio.create_task(asyncio.sleep(3600))
        queue.add(Named.function("slow", "f"))
        await world.apply("function", function_object(**CODE))
        bring(world, MAPS, "src", {"data": {"index.py": "pass"}})
        await definitions.catch_up()
        assert definitions.busy.keys() == {"slow", "shop"}
        await definitions.busy["shop"]
        assert said(world)["status"] == "True"
        definitions.busy.pop("slow").cancel()
        assert queue.take() == {"slow": [Named.function("slow", "f")]}


async def test_what_is_gone_is_forgotten():
    """A Function that was deleted is looked at no more."""
    async with kube_world() as world:
        stored = await world.apply("function", function_object(**CODE))
        await world.show("function", stored, "DELETED")
        assert not world.feed.cache.references.referrers_of_kind("configmaps")
        world.time.pass_(3600)
        assert world.feed.cache.again.take() == {}
