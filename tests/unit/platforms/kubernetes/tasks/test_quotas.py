"""What a ResourceQuota refuses: what it means, and that what is only kept goes first."""

from datetime import timedelta

import pytest
from aiohttp.web import json_response

from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.platforms.kubernetes.tasks.quotas import exceeded, over_quota, unspecified
from tests.support.kube_api import collection
from tests.support.kube_objects import UID, execution_object, function_object, workflow_object
from tests.support.kube_world import PATHS, again, kube_world

FULL = (
    'jobs.batch "x" is forbidden: exceeded quota: tiny, requested: count/jobs.batch=1, '
    "used: count/jobs.batch=3, limited: count/jobs.batch=3"
)
TOO_MUCH = (
    'pods "x" is forbidden: exceeded quota: tiny, requested: limits.memory=2Gi,requests.cpu=500m, '
    "used: limits.memory=0,requests.cpu=200m, limited: limits.memory=512Mi,requests.cpu=600m"
)
UNSAID = (
    'Error creating: pods "x" is forbidden: failed quota: tiny: must specify '
    "requests.cpu for: task; requests.memory for: task"
)
PODS_FULL = FULL.replace("count/jobs.batch", "count/pods")
PATIENCE = timedelta(minutes=10)
WORDS = {
    "used up": (FULL, "takes up ResourceQuota 'tiny'; ended Jobs that asw only keeps went first"),
    "used up by what runs": (TOO_MUCH.replace("2Gi", "1Mi"), "takes up ResourceQuota 'tiny': "),
    "smaller than a task": (TOO_MUCH, "asks for more than ResourceQuota 'tiny' allows in all"),
    "and of what": (TOO_MUCH, "raise its limits.memory"),
    "in words that nobody knows": ("exceeded quota: q", "raise the ResourceQuota, or delete"),
    "with numbers that nobody knows": (FULL.replace("=3", "=III"), "raise the ResourceQuota"),
}


@pytest.mark.parametrize(("message", "words"), WORDS.values(), ids=WORDS.keys())
def test_the_cause_names_the_quota_and_what_is_true_of_it(message, words):
    """Who is told to run fewer tasks, or to raise a quota, is told why."""
    assert words in over_quota(message, PATIENCE)


@pytest.mark.parametrize(
    ("message", "expected"), [(FULL, True), (PODS_FULL, True), (TOO_MUCH, False)]
)
def test_only_counts_of_objects_hold_what_has_ended(message, expected):
    """Amounts of cpu and memory are free once a pod has ended (Kubernetes: Resource Quotas)."""
    assert exceeded(message).counts_kept() is expected


def test_a_pod_without_requests_never_fits_a_quota_on_requests():
    """The cause says which amounts, of which container, and where they are to be set."""
    cause = unspecified(UNSAID)
    assert "'tiny' counts requests.cpu and requests.memory, and the task names none" in cause
    assert "spec.resources of the Function" in cause
    sidecar = unspecified(UNSAID.replace("for: task;", "for: mesh,task;"))
    assert "container mesh, which was injected" in sidecar
    assert unspecified(FULL) is None


def run(number):
    """An Execution of its own."""
    made = execution_object()
    uid = UID[:-1] + str(number)
    return {**made, "metadata": {**made["metadata"], "name": f"run-{number}", "uid": uid}}


async def start(world, number):
    """Begin a run, and wait for its Job."""
    await world.apply("execution", run(number))
    place = TaskKey("shop", TaskId(run(number)["metadata"]["uid"], 1))
    await world.until(lambda: world.feed.cache.first_job(place))


def job_of(world, number):
    """The Job of a run, where it is there."""
    return next(iter(world.api.named(f"/jobs/run-{number}-")), None)


async def end(world, number, seconds):
    """The run's task succeeds, and its Job is over after so many seconds."""
    world.time.pass_(seconds)
    task_id = TaskId(run(number)["metadata"]["uid"], 1)
    await world.inbox.deliver(TaskSucceeded(task_id=task_id, at=world.time.now, output=1))
    over = {"type": "Complete", "status": "True"}
    over["lastTransitionTime"] = world.time.now.isoformat().replace("+00:00", "Z")
    job = {**job_of(world, number), "status": {"conditions": [over]}}
    await world.show("job", world.api.put(PATHS["job"], job))
    await world.show("execution", world.stored("execution", f"run-{number}"))


async def prepared(world):
    """Function and Workflow."""
    await world.apply("function", function_object())
    await world.apply("workflow", workflow_object())


def passing(world, number, seconds=1):
    world.time.pass_(seconds)
    for seen in list(world.feed.cache.executions.values()):
        if seen.key.name == f"run-{number}":
            world.reconciler.wake(seen.key)
    return True


def refuse(world, message):
    world.api.fail("POST", "/jobs", json_response({"message": message}, status=403))


async def test_what_is_only_kept_goes_first():
    """A start for which there is no room is made good in place of the Job that ended first."""
    async with kube_world() as world:
        await prepared(world)
        for number in (1, 2, 3):
            await start(world, number)
        await end(world, 2, 1)
        await end(world, 1, 1)
        refuse(world, FULL)
        await world.apply("execution", run(4))
        await world.until(lambda: passing(world, 4, 0.1) and job_of(world, 4))
        assert job_of(world, 2) is None
        assert job_of(world, 1) is not None
        assert job_of(world, 3) is not None


async def test_what_runs_is_not_kept():
    """Nor is a Job that ended, as long as its end is not recorded."""
    async with kube_world() as world:
        await prepared(world)
        await start(world, 1)
        over = {"type": "Complete", "status": "True", "lastTransitionTime": "2026-01-01T12:00:03Z"}
        job = {**job_of(world, 1), "status": {"conditions": [over]}}
        await world.show("job", world.api.put(PATHS["job"], job))
        assert await world.sweeper.make_room("shop") is None
        assert job_of(world, 1) is not None


async def test_amounts_free_nothing_that_is_kept():
    """Where a deletion would free nothing, logs are left alone."""
    async with kube_world() as world:
        await prepared(world)
        await start(world, 1)
        await end(world, 1, 1)
        refuse(world, TOO_MUCH)
        await world.apply("execution", run(2))
        await world.until(lambda: passing(world, 2) and job_of(world, 2))
        assert job_of(world, 1) is not None


@pytest.mark.parametrize("doubt", ["another process made it", "no answer", "the Lease was lost"])
async def test_a_name_that_may_still_be_asked_for_is_kept_for_a_minute(doubt):
    """A late request must find it taken: a task would run twice."""
    async with kube_world() as world:
        await prepared(world)
        if doubt == "no answer":
            world.api.fail("POST", "/jobs", json_response({}, status=504))
            await world.apply("execution", run(1))
            await world.until(lambda: passing(world, 1, 1) and job_of(world, 1))
        else:
            await start(world, 1)
        if doubt == "the Lease was lost":
            world.succession.stand_down()
            await world.succession.take_over()
        if doubt == "another process made it":
            async with again(world) as successor:
                await successor.begin()
                await ends_and_is_kept_for_a_minute(successor)
        else:
            await ends_and_is_kept_for_a_minute(world)


async def ends_and_is_kept_for_a_minute(world):
    await end(world, 1, 1)
    assert await world.sweeper.make_room("shop")
    assert job_of(world, 1) is not None
    world.time.pass_(60)
    assert await world.sweeper.make_room("shop")
    assert job_of(world, 1) is None
    assert await world.sweeper.make_room("shop") is None


async def refused_pod(world, number, message, at="2026-01-01T12:00:09Z"):
    """The Job controller cannot make the pod of a run."""
    about = {"involvedObject": {"uid": job_of(world, number)["metadata"]["uid"]}, "type": "Warning"}
    event = {"metadata": {"name": f"e-{number}"}, "message": message, "lastTimestamp": at, **about}
    world.api.put(collection("v1", "shop", "events"), event)


async def test_pods_that_are_only_kept_go_first():
    """One for each time that the Job controller was refused a pod, not for each look."""
    async with kube_world() as world:
        await prepared(world)
        for number in (1, 2, 3):
            await start(world, number)
        await end(world, 1, 1)
        await end(world, 2, 1)
        await refused_pod(world, 3, PODS_FULL)
        for _ in range(3):
            world.time.pass_(11)
            await world.sweeper.tick()
        assert job_of(world, 1) is None
        assert job_of(world, 2) is not None


async def test_a_quota_on_requests_fails_a_task_without_any_at_once():
    """No patience would help: the pod of this Job never fits."""
    async with kube_world() as world:
        await prepared(world)
        await start(world, 1)
        await refused_pod(world, 1, UNSAID)
        world.time.pass_(5)
        await world.sweeper.tick()
        await world.until(
            lambda: world.stored("execution", "run-1")["status"].get("phase") == "Failed"
        )
        status = world.stored("execution", "run-1")["status"]
        assert status["error"] == "Asw.StartFailed"
        assert "ResourceQuota 'tiny' counts requests.cpu" in status["cause"]


async def test_a_full_quota_of_secrets_ends_in_an_error():
    """The wait for the Secret with the tokens is as bounded as that for the Job."""
    said = FULL.replace("count/jobs.batch", "count/secrets").replace("jobs.batch", "secrets")
    async with kube_world() as world:
        await prepared(world)
        for _ in range(99):
            world.api.fail("POST", "/secrets", json_response({"message": said}, status=403))
        await world.apply("execution", run(1))

        def status():
            return world.stored("execution", "run-1")["status"]

        await world.until(lambda: passing(world, 1, 30) and status().get("phase") == "Failed")
        assert status()["error"] == "Asw.QuotaExceeded"
        assert "ResourceQuota 'tiny'" in status()["cause"]
