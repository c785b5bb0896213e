"""Packages are installed once, in the Function's namespace, and tasks wait for them."""

import pytest
from aiohttp.web import json_response

from asw.asl.errors import START_FAILED
from asw.platforms.kubernetes.cache.whole import slim
from asw.platforms.kubernetes.packages.installer import (
    HOLDS_SECONDS,
    LOOK_SECONDS,
    RETRY,
    PackagesMissing,
)
from tests.support.kube_api import collection
from tests.support.kube_objects import KEY, LOCK, execution_object, function_object, workflow_object
from tests.support.kube_world import PATHS, again, kube_world

CLAIMS = collection("v1", "shop", "persistentvolumeclaims")
OTHER = LOCK.replace("1.2", "1.3")


def a_function(lock=LOCK, name="sum", generation=1, **spec):
    """One with packages."""
    item = function_object(name, packages={"requirements": lock}, **spec)
    item["metadata"]["generation"] = generation
    return item


def installs(world):
    """The install Jobs, by name."""
    found = world.api.named("/jobs/asw-packages-")
    return {it["metadata"]["name"]: it for it in found}


def tasks(world):
    """The Jobs of tasks."""
    return [it for it in world.api.named("/jobs/") if "asw-packages-" not in it["metadata"]["name"]]


def created(world, collection_):
    """How often something was created there."""
    return [it for it in world.api.requests if it == ("POST", collection_)]


def end(world, job, kind="Complete", **condition):
    """The Job ends."""
    at = world.time.now.isoformat().replace("+00:00", "Z")
    ended = {"type": kind, "status": "True", "lastTransitionTime": at, **condition}
    world.api.put(PATHS["job"], {**job, "status": {"conditions": [ended]}})


def say(world, job, message):
    """A pod of the Job has failed with these last words."""
    name = job["metadata"]["name"]
    metadata = {"name": f"{name}-x", "labels": {"job-name": name}}
    state = {"terminated": {"exitCode": 3, "message": message}}
    status = {"containerStatuses": [{"state": state}]}
    world.api.put(PATHS["pod"], {"metadata": metadata, "status": status})


def ready(world, name="sum"):
    """The condition Ready of the Function."""
    conditions = world.stored("function", name)["status"]["conditions"]
    return next(it for it in conditions if it["type"] == "Ready")


async def look(world, seconds=LOOK_SECONDS, name="sum"):
    """Let time pass, and look at what is due; the watch tells what was written."""
    world.time.pass_(seconds)
    await world.catch_up()
    world.feed.function("MODIFIED", world.stored("function", name))


async def change(world, lock, **spec):
    """Somebody edits the Function; its status stays."""
    item = a_function(lock, generation=2, **spec)
    await world.apply("function", {**item, "status": world.stored("function", "sum")["status"]})


async def installed(world, lock=LOCK):
    """A Function whose packages are there; returns the Job."""
    await world.apply("function", a_function(lock))
    (job,) = installs(world).values()
    end(world, job)
    await look(world)
    assert ready(world)["status"] == "True"
    return job


async def test_a_volume_and_a_job_are_made():
    """In the Function's namespace; the condition says what is going on, and is no alarm."""
    async with kube_world() as world:
        await world.apply("function", a_function())
        assert ready(world)["reason"] == "PackagesInstalling"
        kinds = {it["type"] for it in world.stored("function", "sum")["status"]["conditions"]}
        assert "Reconciling" in kinds
        assert "Stalled" not in kinds
        (claim,) = world.api.named("/persistentvolumeclaims/")
        (job,) = installs(world).values()
        assert job["metadata"]["ownerReferences"][0]["uid"] == claim["metadata"]["uid"]


async def test_a_long_installation_is_not_stalled():
    """However long others would have to wait: its own limit ends it."""
    async with kube_world() as world:
        await world.apply("function", a_function())
        for _ in range(5):
            await look(world, 100)
        kinds = {it["type"] for it in world.stored("function", "sum")["status"]["conditions"]}
        assert "Stalled" not in kinds


async def test_an_existing_claim_is_used_as_it_is():
    """Whoever runs the namespace may have made one of another kind."""
    async with kube_world() as world:
        world.api.put(CLAIMS, {"metadata": {"name": "asw-packages"}, "spec": {"mine": True}})
        await world.apply("function", a_function())
        assert not created(world, CLAIMS)
        assert len(installs(world)) == 1


async def test_once_installed_nothing_is_asked():
    """Neither by a second task nor by a second Function with the same lock."""
    async with kube_world() as world:
        job = await installed(world)
        before = len(world.api.requests)
        await world.platform.functions.code(world.feed.cache.functions["shop", "sum"])
        assert len(world.api.requests) == before
        await world.apply("function", a_function(name="other"))
        assert ready(world, "other")["status"] == "True"
        assert list(installs(world)) == [job["metadata"]["name"]]


async def test_the_status_names_what_is_in_use():
    """So that a process that starts later keeps it."""
    async with kube_world() as world:
        job = await installed(world)
        environment = job["metadata"]["name"].removeprefix("asw-packages-")
        assert world.stored("function", "sum")["status"]["packagesRef"] == environment


async def test_a_successor_finds_what_was_installed():
    """The Job that succeeded is the record: no second one, and no guess."""
    async with kube_world() as world:
        await installed(world)
        async with again(world) as other:
            await other.begin()
            await other.show("function", other.stored("function", "sum"))
            assert ready(other)["status"] == "True"
            assert len(created(other, PATHS["job"])) == 1


async def test_a_successor_continues_an_installation():
    """An operator that dies in the middle leaves a Job, which is neither repeated nor believed."""
    async with kube_world() as world:
        await world.apply("function", a_function())
        async with again(world) as other:
            await other.begin()
            await other.show("function", other.stored("function", "sum"))
            assert ready(other)["reason"] == "PackagesInstalling"
            assert len(created(other, PATHS["job"])) == 1


async def test_a_task_waits_until_they_are_there():
    """Even one whose Execution is older than the time that Functions get."""
    async with kube_world() as world:
        await world.apply("function", a_function())
        await world.apply("workflow", workflow_object())
        await world.apply("execution", execution_object())
        await world.until(lambda: world.reconciler._worker(KEY).runner._effects.waits._stuck)
        assert not tasks(world)
        world.time.pass_(400)
        (job,) = installs(world).values()
        end(world, job)
        await look(world)
        await world.until(lambda: tasks(world))
        volumes = tasks(world)[0]["spec"]["template"]["spec"]["volumes"]
        assert [it["name"] for it in volumes] == ["asw-packages"]


async def test_what_failed_is_told_with_the_last_words():
    """In the condition, and by the task that needs it: catchable, once nobody may still fix it."""
    async with kube_world() as world:
        await world.apply("function", a_function())
        (job,) = installs(world).values()
        say(world, job, "THESE PACKAGES DO NOT MATCH THE HASHES")
        end(world, job, "Failed", reason="PodFailurePolicy")
        await look(world)
        assert ready(world)["reason"] == "PackagesFailed"
        assert "THESE PACKAGES DO NOT MATCH THE HASHES" in ready(world)["message"]
        world.time.pass_(400)
        await world.apply("workflow", workflow_object())
        await world.apply("execution", execution_object())
        await world.until(lambda: world.status.get("phase") == "Failed")
        assert world.status["error"] == START_FAILED
        assert "THESE PACKAGES DO NOT MATCH THE HASHES" in world.status["cause"]


async def test_what_failed_is_tried_again_later():
    """The index may have been down; until then nobody asks it again."""
    async with kube_world() as world:
        await world.apply("function", a_function())
        (job,) = installs(world).values()
        end(world, job, "Failed", reason="BackoffLimitExceeded")
        await look(world)
        await look(world, 60)
        assert len(created(world, PATHS["job"])) == 1
        await look(world, RETRY.total_seconds())
        await look(world)
        assert len(created(world, PATHS["job"])) == 2
        assert ready(world)["reason"] == "PackagesInstalling"


async def test_a_changed_lock_keeps_the_old_function_until_it_is_there():
    """Tasks run as before, code and packages together; then as now."""
    async with kube_world() as world:
        old = await installed(world)
        code = {"inline": {"index.py": "import greeting"}}
        await change(world, OTHER, code=code)
        assert ready(world)["reason"] == "PackagesInstalling"
        (new,) = installs(world).keys() - {old["metadata"]["name"]}
        changed = world.feed.cache.functions["shop", "sum"]
        before, source = await world.platform.functions.runnable(changed)
        assert before.metadata.generation == 1
        assert source.packages.environment in old["metadata"]["name"]
        kept = _variables(installs(world)[new])["ASW_KEPT"].split()
        assert source.packages.environment in kept
        end(world, installs(world)[new])
        await look(world)
        changed = world.feed.cache.functions["shop", "sum"]
        after, source = await world.platform.functions.runnable(changed)
        assert after.metadata.generation == 2
        assert source.packages.environment in new


async def test_one_installation_at_a_time():
    """A second one waits, and says for what: the first may be removing what it would find."""
    async with kube_world() as world:
        await world.apply("function", a_function())
        await world.apply("function", a_function(OTHER, "other"))
        (first,) = installs(world).values()
        assert first["metadata"]["name"] in ready(world, "other")["message"]
        end(world, first)
        await look(world, name="other")
        assert len(installs(world)) == 2


async def test_the_record_of_what_nobody_names_goes_first():
    """Before its environment may: who names it again has it installed again."""
    async with kube_world() as world:
        old = await installed(world)
        await change(world, OTHER)
        (new,) = installs(world).keys() - {old["metadata"]["name"]}
        end(world, installs(world)[new])
        await look(world)
        await world.apply("function", a_function(LOCK.replace("1.2", "1.4"), "third"))
        assert old["metadata"]["name"] not in installs(world)
        (third,) = installs(world).keys() - {new}
        end(world, installs(world)[third])
        await look(world, name="third")
        await world.apply("function", a_function(LOCK, "again"))
        assert ready(world, "again")["reason"] == "PackagesInstalling"
        assert old["metadata"]["name"] in installs(world)


async def test_a_volume_that_was_replaced_is_filled_again():
    """Its Jobs are records of another one."""
    async with kube_world() as world:
        job = await installed(world)
        del world.api.objects[f"{CLAIMS}/asw-packages"]
        await look(world, HOLDS_SECONDS + 1)
        for _ in range(2):
            await look(world)
        (new,) = installs(world).values()
        assert new["metadata"]["uid"] != job["metadata"]["uid"]
        assert ready(world)["reason"] == "PackagesInstalling"


@pytest.mark.parametrize("where", ["persistentvolumeclaims", "jobs"])
async def test_a_quota_is_told(where):
    """In the API server's own words; it is the tenant's quota that is full."""
    async with kube_world() as world:
        refusal = {"message": f"exceeded quota: {where}"}
        world.api.fail("POST", f"/{where}", json_response(refusal, status=403))
        await world.apply("function", a_function())
        assert ready(world)["reason"] == "PackagesFailed"
        assert f"exceeded quota: {where}" in ready(world)["message"]


async def test_a_lock_that_cannot_be_installed_makes_nothing():
    """The condition names the line."""
    async with kube_world() as world:
        await world.apply("function", a_function("greeting\n"))
        assert ready(world)["reason"] == "InvalidFunction"
        assert "line 1: greeting" in ready(world)["message"]
        assert not world.api.named("/persistentvolumeclaims/")
        assert not installs(world)


async def test_a_slim_function_is_read_again_for_its_lock():
    """Memory holds only so many locks."""
    async with kube_world() as world:
        filler = {"inline": {f"{name}.py": "#" * 2**20 for name in "abcde"}}
        world.feed.function("ADDED", world.api.put(PATHS["function"], a_function()))
        big = world.api.put(PATHS["function"], function_object("big", code=filler))
        world.feed.function("ADDED", big)
        slim = world.feed.cache.functions["shop", "sum"]
        assert slim.spec.packages.requirements is None
        await world.show("function", world.stored("function", "sum"))
        (job,) = installs(world).values()
        assert _variables(job)["ASW_LOCK"] == LOCK


def _environments(world):
    """What the Deployments of warm pods mount."""
    found = world.api.named("/deployments/")
    specs = [it["spec"]["template"]["spec"]["containers"][0] for it in found]
    return [it["subPath"] for spec in specs for it in spec.get("volumeMounts", ())]


async def test_warm_pods_stay_until_the_new_packages_are_there():
    """They go on with the old ones, and no pod is made that would lack the new ones."""
    async with kube_world() as world:
        warm = {"mode": "Warm", "warm": {"min": 1}}
        await world.apply("function", a_function(**warm))
        await world.pools.work()
        assert not world.api.named("/deployments/")
        (job,) = installs(world).values()
        end(world, job)
        await look(world)
        world.time.pass_(60)
        await world.pools.work()
        (old,) = _environments(world)
        assert old in job["metadata"]["name"]
        await change(world, OTHER, **warm)
        world.time.pass_(60)
        await world.pools.work()
        assert _environments(world) == [old]
        (new,) = installs(world).keys() - {job["metadata"]["name"]}
        end(world, installs(world)[new])
        await look(world)
        world.time.pass_(60)
        await world.pools.work()
        assert set(_environments(world)) - {old}


def _variables(job):
    (container,) = job["spec"]["template"]["spec"]["containers"]
    return {it["name"]: it["value"] for it in container["env"]}


async def test_what_is_tried_again_is_the_whole_lock():
    """Large Functions are kept without their locks: it is read, and waits if it is another one."""
    async with kube_world() as world:
        path = f"{PATHS['job']}/{(await installed(world))['metadata']['name']}"
        kept = slim(world.feed.cache.functions["shop", "sum"])
        for lock, expected in ((LOCK, [LOCK]), (OTHER, [])):
            item = world.stored("function", "sum")
            world.api.objects[f"{PATHS['function']}/sum"] = {
                **item,
                "spec": a_function(lock)["spec"],
            }
            del world.api.objects[path]
            world.time.pass_(HOLDS_SECONDS)
            with pytest.raises(PackagesMissing):
                await world.platform.functions.code(kept)
            made = [it["spec"]["template"]["spec"]["containers"] for it in installs(world).values()]
            env = [each for (container,) in made for each in container["env"]]
            assert [it["value"] for it in env if it["name"] == "ASW_LOCK"] == expected
