"""Two tenants of one operator: what the one runs, step by step, and what the other makes up.

A play yields its world between its steps: there the other one has its moves. What it knows is all
there is to be known, uids of objects to come among it.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeAlias

from hypothesis import strategies as st

from asw.api.names import child_name, job_name
from asw.engine.children import derived_uuid
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.tasks.jobs import job_claim
from asw.platforms.kubernetes.watch.listing import fill_cache, list_tasks
from tests.support.kube_api import collection, uid_of
from tests.support.kube_objects import (
    KEY,
    KEYS,
    UID,
    Object,
    a_job,
    a_pod,
    execution_object,
    function_object,
    running,
    terminated,
    workflow_object,
)
from tests.support.kube_world import PATHS, KubeWorld, again, kube_world

VICTIM = KEY.namespace
SECOND = "order-2"
CALMS = 40
"""So many turns of the loop without a request are taken for rest: all of it runs in this one."""
CALL = {"Type": "Task", "Resource": "asw:function:sum", "End": True}
KINDS = {
    **PATHS,
    "configmap": collection("v1", VICTIM, "configmaps"),
    "revision": collection("apps/v1", VICTIM, "controllerrevisions"),
}
SHOWN = ("execution", "workflow", "function", "job", "pod")

Play: TypeAlias = Callable[[KubeWorld], AsyncGenerator[KubeWorld, None]]


# What the one runs


def branches(count: int) -> Object:
    """A Parallel of so many tasks."""
    each = [{"StartAt": f"T{n}", "States": {f"T{n}": CALL}} for n in range(count)]
    return {
        "StartAt": "All",
        "States": {"All": {"Type": "Parallel", "End": True, "Branches": each}},
    }


def a_map(kind: str) -> Object:
    """A distributed Map, each of whose children calls a function."""
    mode = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    processor = {"ProcessorConfig": mode, "StartAt": "Each", "States": {"Each": CALL}}
    mapped = {"Type": "Map", "ItemProcessor": processor, "End": True}
    return {"StartAt": "All", "States": {"All": mapped}}


async def tasks(world: KubeWorld) -> AsyncGenerator[KubeWorld, None]:
    """Two runs of three tasks, one run and two tasks at a time, and a restart in mid-run."""
    limits = {"maxActiveTasks": 2, "concurrency": {"limit": 1}}
    async for _ in _begun(world, workflow_object(definition=branches(3), **limits), 2):
        yield world
    second = execution_object(input=2)
    second["metadata"] |= {"name": SECOND, "uid": uid_of(f"{PATHS['execution']}/{SECOND}")}
    await world.apply("execution", second)
    yield world
    await _shows(world, 0, 1)
    await _until_jobs(world, 3)
    await _shows(world, 2)
    yield world
    async for _ in _looked_at(world):
        yield world
    async with again(world) as successor:
        async for _ in _taken_over(successor):
            yield successor
        for number in (1, 2):
            await _shows(successor, number, number)
        await successor.until(lambda: successor.status.get("phase") == "Succeeded")
        await _until_jobs(successor, 5)
        yield successor


async def children(world: KubeWorld) -> AsyncGenerator[KubeWorld, None]:
    """A Map of two children that are Executions, and a restart while the second one runs."""
    async for current in _a_map_runs(world, "STANDARD"):
        yield current


async def express(world: KubeWorld) -> AsyncGenerator[KubeWorld, None]:
    """A Map of two children that are in memory, and a restart while the second one runs."""
    async for current in _a_map_runs(world, "EXPRESS"):
        yield current


async def _a_map_runs(world: KubeWorld, kind: str) -> AsyncGenerator[KubeWorld, None]:
    async for _ in _begun(world, workflow_object(definition=a_map(kind)), 2):
        yield world
    await _shows(world, 0, 1)
    yield world
    async for _ in _looked_at(world):
        yield world
    async with again(world) as successor:
        async for _ in _taken_over(successor):
            yield successor
        for number in (0, 1):
            await _shows(successor, number, number + 1)
        await successor.until(lambda: successor.status.get("phase") == "Succeeded")
        yield successor


async def _begun(world: KubeWorld, workflow: Object, jobs: int) -> AsyncGenerator[None, None]:
    """The run up to where so many tasks run."""
    yield
    await world.apply("function", function_object())
    await world.apply("workflow", workflow)
    yield
    await world.apply("execution", execution_object(input=[1, 2]))
    await _until_jobs(world, jobs)
    yield
    for job in mine(world, "job"):
        await world.show("job", job)
        await world.apply("pod", pod_of(job, running()))
    yield


async def _looked_at(world: KubeWorld) -> AsyncGenerator[None, None]:
    """What is done now and then, after a while."""
    world.time.pass_(700)
    await world.sweeper.tick()
    yield
    await world.sweeper.compare()
    await world.sweeper.sweep()
    await world.sweeper.sweep_definitions()
    yield


async def _taken_over(world: KubeWorld) -> AsyncGenerator[None, None]:
    """What whoever takes over does."""
    world.time.pass_(700)
    yield
    await fill_cache(world.client, world.feed, (None,))
    await list_tasks(world.client, world.feed, (None,))
    world.reconciler.resume_all(world.feed.cache.unfinished())
    await world.until(lambda: world.platform.executions.record(UID))
    yield


async def _until_jobs(world: KubeWorld, count: int) -> None:
    """So many Jobs are there, and the operator has had the answers of their creation."""
    known = world.feed.cache.tasks

    def count_known() -> int:
        return sum(seen.job is not None for it, seen in known.items() if it.namespace == VICTIM)

    await world.until(lambda: count_known() == count)


async def _shows(world: KubeWorld, number: int, output: int | None = None) -> None:
    """The pod of the n-th Job leaves its outcome; without one it runs."""
    job = sorted(mine(world, "job"), key=lambda it: it["metadata"]["name"])[number]
    state = running() if output is None else terminated(0, json.dumps({"output": output}))
    await world.apply("pod", pod_of(job, state))


def mine(world: KubeWorld, kind: str) -> list[Object]:
    """The objects of the one tenant."""
    return [it for path, it in world.api.objects.items() if path.startswith(KINDS[kind] + "/")]


def pod_of(job: Object, state: Object) -> Object:
    """The Pod of a Job, in this state."""
    pod = a_pod(state)
    metadata = job["metadata"]
    pod["metadata"]["ownerReferences"][0] |= {"name": metadata["name"], "uid": metadata["uid"]}
    pod["metadata"] |= {"name": f"{metadata['name']}-x", "labels": metadata["labels"]}
    pod["metadata"] |= {"uid": uid_of(f"{PATHS['pod']}/{metadata['name']}-x")}
    return pod


PLAYS: tuple[Play, ...] = (tasks, children, express)


# What the other makes up


def _child_uid(ordinal: int) -> str:
    return uid_of(f"{PATHS['execution']}/{child_name(UID, ordinal)}")


OWNERS = (
    (KEY.name, UID),
    (SECOND, uid_of(f"{PATHS['execution']}/{SECOND}")),
    (child_name(UID, 2), _child_uid(2)),
    (child_name(UID, 3), _child_uid(3)),
)
UIDS = (*(uid for _, uid in OWNERS), derived_uuid(UID, 2), derived_uuid(UID, 3))


@dataclass(frozen=True, slots=True)
class Move:
    """An object that the other one makes in a namespace of theirs, or takes away."""

    kind: str
    item: Object
    event: str = "ADDED"

    async def make(self, world: KubeWorld, namespace: str) -> None:
        """Carry it out, and have watches tell of it."""
        place = KINDS[self.kind].replace(f"/{VICTIM}/", f"/{namespace}/")
        metadata = {**self.item["metadata"], "namespace": namespace}
        metadata.pop("uid", None)  # an API server gives its own
        stored = world.api.put(place, {**deepcopy(self.item), "metadata": metadata})
        if self.event == "DELETED":
            del world.api.objects[f"{place}/{metadata['name']}"]
        if self.kind in SHOWN:
            await world.show(self.kind, stored, self.event)


@dataclass(frozen=True, slots=True)
class Mirror:
    """All that the one has, made again by the other, as if it had ended otherwise."""

    event: str = "ADDED"

    async def make(self, world: KubeWorld, namespace: str) -> None:
        """Carry it out."""
        for kind in KINDS:
            for item in sorted(mine(world, kind), key=lambda it: it["metadata"]["name"]):
                await Move(kind, {**item, **_ended(kind)}, self.event).make(world, namespace)


def _ended(kind: str) -> Object:
    match kind:
        case "job":
            return {"status": {"conditions": [_complete("Failed")]}}
        case "pod":
            return {"status": a_pod(terminated(0, '{"output": 666}'))["status"]}
        case "execution":
            return {"status": {**_OVER, "output": 666}}
    return {}


def _complete(kind: str) -> Object:
    return {"type": kind, "status": "True", "lastTransitionTime": "2026-01-01T12:00:00Z"}


_OVER = {"phase": "Succeeded", "completionTime": "2026-01-01T12:00:01Z"}
EVENTS = st.sampled_from(["ADDED", "ADDED", "MODIFIED", "DELETED"])


@st.composite
def _job(draw: Callable[[Any], Any]) -> Move:
    name, uid = draw(st.sampled_from(OWNERS))
    ordinal, child = draw(st.integers(1, 4)), draw(st.sampled_from([None, *UIDS]))
    task_id = TaskId(child or uid, ordinal)
    full = draw(st.sampled_from([job_name(name, *task_id), "other"]))
    claim = job_claim(VICTIM, full, uid, task_id)
    made = a_job()
    labels = {"asw.dev/execution-uid": uid, "asw.dev/task": str(ordinal)}
    metadata = {
        "name": full,
        "labels": labels | ({} if child is None else {"asw.dev/child-uid": child}),
        "annotations": {"asw.dev/seal": draw(st.sampled_from(["", "k.x", KEYS.seal(claim)]))},
        "ownerReferences": [{"name": name, "uid": uid, "controller": True}],
    }
    ends = [[], [_complete("Complete")], [_complete("Failed")]]
    status = {"conditions": draw(st.sampled_from(ends))}
    return Move("job", {**made, "metadata": metadata, "status": status}, draw(EVENTS))


@st.composite
def _pod(draw: Callable[[Any], Any]) -> Move:
    name, uid = draw(st.sampled_from(OWNERS))
    ordinal, child = draw(st.integers(1, 4)), draw(st.sampled_from([None, *UIDS]))
    job = job_name(name, child or uid, ordinal)
    namespace = draw(st.sampled_from([VICTIM, "evil"]))
    path = PATHS["job"].replace(f"/{VICTIM}/", f"/{namespace}/")
    state = draw(st.sampled_from([running(), terminated(0, '{"output": 666}'), terminated(1)]))
    pod = a_pod(state)
    labels = {"asw.dev/execution-uid": uid, "asw.dev/task": str(ordinal)}
    pod["metadata"] = {
        "name": f"{job}-y",
        "labels": labels | ({} if child is None else {"asw.dev/child-uid": child}),
        "ownerReferences": [{"name": job, "uid": uid_of(f"{path}/{job}"), "controller": True}],
    }
    return Move("pod", pod, draw(EVENTS))


@st.composite
def _execution(draw: Callable[[Any], Any]) -> Move:
    name, uid = draw(st.sampled_from(OWNERS))
    ordinal = draw(st.integers(1, 4))
    parent = {
        "name": name, "uid": uid, "ordinal": ordinal, "state": draw(st.sampled_from(["All", "x"])),
        "executionArn": "a", "workflowName": "b", "workflowArn": "c", "roleArn": "d",
    }  # fmt: skip
    verbs = draw(st.sampled_from([{}, {"suspend": True}, {"stop": {}}]))
    item = execution_object(inputText="1", parent=parent, **verbs)
    status = draw(st.sampled_from([{}, _OVER, {**_OVER, "record": "{}"}, {"record": "{}"}]))
    item["metadata"] = {
        "name": draw(st.sampled_from([child_name(uid, ordinal), name])),
        "ownerReferences": [{"name": name, "uid": uid, "controller": True}],
        "generation": draw(st.integers(1, 3)),
    }
    return Move("execution", {**item, "status": status}, draw(EVENTS))


@st.composite
def _stored(draw: Callable[[Any], Any]) -> Move:
    kind = draw(st.sampled_from(["configmap", "revision"]))
    labels = {
        "asw.dev/execution-uid": draw(st.sampled_from(UIDS)),
        "asw.dev/kind": draw(st.sampled_from(["page", "history", "revision"])),
        "asw.dev/workflow-uid": "wf-1",
    }
    metadata = {"name": draw(st.sampled_from(["config", "a", "b"])), "labels": labels}
    return Move(kind, {"metadata": metadata, "data": {}})


@st.composite
def _definition(draw: Callable[[Any], Any]) -> Move:
    limits = draw(st.sampled_from([{}, {"maxActiveTasks": 1, "concurrency": {"limit": 1}}]))
    item = workflow_object(definition=draw(st.sampled_from([branches(2), a_map("EXPRESS")])))
    item["spec"] |= limits
    return draw(st.sampled_from([Move("workflow", item), Move("function", function_object())]))


MOVES = st.one_of(_job(), _pod(), _execution(), _stored(), _definition(), st.builds(Mirror, EVENTS))
NAMESPACES = st.sampled_from(["aaa", "evil", f"{VICTIM}-2", "zzz"])


# What comes of it


async def played(
    play: Play, namespace: str = "", moves: Sequence[Iterable[Move | Mirror]] = ()
) -> list[Any]:
    """How the one tenant's affairs stand at each step, at rest, and what all of it came to."""
    seen: list[Any] = []
    gaps = iter(moves)
    async with kube_world() as world:
        async for current in play(world):
            await _rest(current)
            for move in next(gaps, ()):
                await move.make(current, namespace)
            await _rest(current)
            seen.append(_standing(current))
        seen.append(_came_to(world))
    return seen


async def _rest(world: KubeWorld) -> None:
    calm, sent = 0, -1
    while calm < CALMS:
        calm, sent = (calm + 1 if sent == len(world.api.requests) else 0), len(world.api.requests)
        await asyncio.sleep(0)


def _standing(world: KubeWorld) -> Object:
    """What the operator holds of the tenant."""
    cache, reconciler = world.feed.cache, world.reconciler
    runs = [seen for seen in cache.executions.values() if seen.key.namespace == VICTIM]
    return {
        "runs": sorted((it.key.name, it.phase, it.is_finished) for it in runs),
        "suspended": sorted(it.key.name for it in runs if cache.is_suspended(it.key.uid)),
        "kin": {it.key.name: sorted(k.name for k in cache.descendants(it.key)) for it in runs},
        "slots": sorted((it.key.name, reconciler.slots.state_of(it.key)) for it in runs),
        "active": sorted((k.name, id_) for k, id_ in cache.active_tasks() if k.namespace == VICTIM),
        "facts": sorted(
            (place.task_id, repr([type(it).__name__ for it in seen.facts]), seen.pending_reason)
            for place, seen in cache.tasks.items()
            if place.namespace == VICTIM
        ),
        "live": sorted(key.name for key in reconciler.live if key.namespace == VICTIM),
        "jobs": sorted(it["metadata"]["name"] for it in mine(world, "job")),
    }


def _came_to(world: KubeWorld) -> Object:
    """What is stored of the tenant in the end."""
    stored: Object = {}
    for path, item in world.api.objects.items():
        if f"/namespaces/{VICTIM}/" in path:
            kept = {name: item["metadata"].get(name) for name in ("labels", "annotations")}
            stored[path] = {**kept, "spec": item.get("spec"), "status": item.get("status")}
    return stored
