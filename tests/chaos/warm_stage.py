"""Warm pods on the stage: a Deployment controller, a kubelet, and pods that ask for tasks.

A pod speaks the contract as the runtime's parent does, without sockets: it holds what it runs and
what was not acknowledged, refuses what it has seen, and hands nothing over twice. Whoever it asks
may die, lose the Lease, or lose the answer on its way.
"""

import asyncio
import contextlib
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from asw.platforms.kubernetes.pools.deployments import claim_of
from asw.platforms.kubernetes.pools.pool import PoolKey
from asw.platforms.kubernetes.results.warm import WarmCall
from asw.reconciler.platform import NotActingError, PlatformError
from tests.chaos.stored_flows import StoredFlow
from tests.chaos.stored_stage import Parts, Process, Stage
from tests.support.kube_api import collection
from tests.support.kube_objects import Object

REPLICA_SETS = collection("apps/v1", "shop", "replicasets")
PODS = collection("v1", "shop", "pods")
BOOT_SECONDS = 0.5
TASK_SECONDS = 0.4
GRACE_SECONDS = 2
PAUSE_SECONDS = 0.2
POOLS_SECONDS = 1.0
CLAIM_SECONDS = 1.0
"""How long who has won the Lease is busy with its claims before it looks at Deployments."""
BACK_OFF_SECONDS = 20.0
NOTICE_SECONDS = 0.5
"""How long it takes a pod to notice that its connection broke."""


class CutError(Exception):
    """No answer came."""


@dataclass(slots=True, eq=False, kw_only=True)
class Pod:
    """One pod. ``holds`` has its tasks, each with its outcome once there is one."""

    stage: "WarmStage"
    key: PoolKey
    name: str
    uid: str
    boot: str
    holds: dict[str, Object | None] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    at_work: set[tuple[str, str]] = field(default_factory=set)
    is_gone: bool = False
    is_draining: bool = False
    loses_answers: int = 0
    working: "list[asyncio.Task[Any]]" = field(default_factory=list)
    started_at: float = 0.0

    def begin(self) -> None:
        """The container starts."""
        self.started_at = node_time()
        self.working = [self.stage.spawn(self._greet()), self.stage.spawn(self._serve())]

    def end(self) -> None:
        """The container is gone, with all that it had."""
        self.is_gone = True
        for task in self.working:
            task.cancel()
        self.holds.clear()
        self.at_work.clear()

    def restart(self, boot: str) -> None:
        """Its container ends and starts again."""
        if self.is_gone:
            return
        self.end()
        self.is_gone, self.boot = False, boot
        self.seen.clear()
        self.begin()

    async def back_off(self, boot: str) -> None:
        """Its container ends, and the kubelet waits before it starts it again."""
        if self.is_gone:
            return
        self.end()
        self.stage.show_end(self)
        await asyncio.sleep(BACK_OFF_SECONDS)
        if self in self.stage.pods:
            self.is_gone = False
            self.restart(boot)

    async def drain(self) -> None:
        """SIGTERM: goodbye, finish what runs, deliver, end."""
        if self.is_gone or self.is_draining:
            return
        self.is_draining = True
        self.working[0].cancel()
        is_heard = False
        while (self.holds or not is_heard) and not self.is_gone:
            with contextlib.suppress(CutError):  # again and again: the next operator must know it
                await self._ask("hello", {**self._hello(), "draining": True})
                is_heard = True
            await asyncio.sleep(PAUSE_SECONDS)
        self.stage.remove(self)

    def _hello(self) -> Object:
        told = {"name": self.name, "slots": 1, "holds": list(self.holds)}
        return {**told, "startedAt": self.started_at}

    async def _greet(self) -> None:
        await asyncio.sleep(BOOT_SECONDS)
        while not self.is_gone:
            try:
                answer = await self._ask("hello", self._hello())
            except CutError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            for text in answer["cancel"]:
                self.holds.pop(text, None)

    async def _serve(self) -> None:
        await asyncio.sleep(BOOT_SECONDS + 0.01)
        while not self.is_gone and not (self.is_draining and not self.holds):
            body: Object = {"slot": 0, "holds": list(self.holds), "draining": self.is_draining}
            ended = next((it for it in self.holds.items() if it[1] is not None), None)
            if ended is not None:
                body["outcome"] = {"taskId": ended[0], "outcome": ended[1]}
            try:
                answer = await self._ask("next", body)
            except CutError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if ended is not None and answer.get("outcome") in (200, 409):
                self.holds.pop(ended[0], None)
            if "task" in answer and not self.is_draining:
                await self._run(answer["task"])
            elif "task" in answer:
                self.stage.complaints.append("a draining pod got a task")

    async def _run(self, task: Object) -> None:
        text = task["taskId"]
        if text in self.seen:
            return
        self.seen.add(text)
        self.holds[text] = None
        self.stage.effects[text] += 1
        work = task["environment"]["ASW_EXECUTION"], task["environment"]["ASW_STATE"]
        self.stage.works[work] += 1
        if any(work in it.at_work for it in self.stage.pods):
            self.stage.complaints.append(f"{work} runs twice at the same time")
        self.at_work.add(work)
        await asyncio.sleep(TASK_SECONDS)
        self.at_work.discard(work)
        if text in self.holds:
            self.holds[text] = {"output": {"of": text.rpartition("-")[2]}}

    async def _ask(self, what: str, body: Object) -> Any:
        """The answer of whoever holds the Lease. Raises CutError."""
        process = self.stage.holder
        if process is None:
            raise CutError
        said = json.dumps({"pod": self.uid, "boot": self.boot, **body}).encode()

        async def read(_: str) -> bytes:
            return said

        token = process.world.ring.keys.issue_to_pool(claim_of(self.key))
        listens = [True]
        call = WarmCall(what=what, token=token, read=read, listens=lambda: listens[0])
        asking = asyncio.get_running_loop().create_task(process.world.warm.answer(call))
        try:
            while not asking.done():
                await asyncio.wait({asking}, timeout=NOTICE_SECONDS)
                if process.is_dead:
                    raise CutError
        finally:
            listens[0] = False
            if not asking.done():
                asking.cancel()
        status, answer = asking.result()
        if self.loses_answers > 0 and what == "next":
            self.loses_answers -= 1
            raise CutError
        if status in (401, 403) and f"{PODS}/{self.name}" not in self.stage.api.objects:
            self.stage.remove(self)  # as the parent ends: what it has, nobody waits for
        elif status in (401, 403) and self.holds:
            complaint = f"{self.name} was refused, and would end with {list(self.holds)}"
            self.stage.complaints.append(complaint)
        if status != 200:
            raise CutError
        return answer


class WarmStage(Stage):
    """The stage, with pods. ``effects`` counts how often a task began to run, by id."""

    pod_type: type[Pod] = Pod

    def __init__(self, flow: StoredFlow, parts: Parts, grace_seconds: int = GRACE_SECONDS) -> None:
        super().__init__(flow, parts)
        self.grace_seconds = grace_seconds
        self.effects: Counter[str] = Counter()
        self.works: Counter[tuple[str, str]] = Counter()
        self.complaints: list[str] = []
        self.pods: list[Pod] = []
        self._numbers = itertools.count(1)
        self._is_due = False

    async def _take_over(self, process: Process) -> None:
        await asyncio.sleep(CLAIM_SECONDS)
        while process.has_lease and not process.is_dead:
            try:
                await process.world.pools.take_over()
                break
            except (PlatformError, NotActingError):
                await asyncio.sleep(PAUSE_SECONDS)
        self.spawn(self._keep(process))
        await super()._take_over(process)

    def crash(self, process: Process, seconds: float) -> None:
        """See Stage: it follows no jobs any more."""
        super().crash(process, seconds)
        process.world.platform.jobs.stand_down()

    def _take(self, process: Process) -> None:
        process.world.platform.stand_down()
        process.world.pools.stand_down()
        super()._take(process)

    async def _keep(self, process: Process) -> None:
        while process.has_lease and not process.is_dead:
            if process.may_act():
                with contextlib.suppress(PlatformError, NotActingError):
                    await process.world.pools.work()
                    process.world.platform.jobs.work()
            await asyncio.sleep(POOLS_SECONDS)

    def boots(self) -> str:
        """The name of another start of a container."""
        return f"{next(self._numbers):016x}"

    # The Deployment controller and the kubelet

    def _changed(self, plural: str, item: Object) -> None:
        super()._changed(plural, item)
        if plural == "deployments":
            self._later_even(0.05)

    def _later_even(self, seconds: float) -> None:
        """Once for all that changes until then."""
        if not self._is_due:
            self._is_due = True
            self.later(seconds, self._even)

    def _even(self) -> None:
        """As many pods as each Deployment wants, none of one that is gone."""
        self._is_due = False
        there: defaultdict[PoolKey, list[Pod]] = defaultdict(list)
        for pod in self.pods:
            if self.stands(pod):
                there[pod.key].append(pod)
        for deployment in self.api.named("/deployments/"):
            labels = deployment["metadata"]["labels"]
            key = PoolKey("shop", labels["asw.dev/function-uid"], labels["asw.dev/pool"])
            pods, wanted = there.pop(key, []), deployment["spec"]["replicas"]
            for pod in pods[wanted:]:
                self.spawn(pod.drain())
            for _ in range(wanted - len(pods)):
                self._create(deployment, key)
        for pod in [pod for pods in there.values() for pod in pods]:
            self.spawn(pod.drain())

    def stands(self, pod: Pod) -> bool:
        """Whether its Deployment misses no other in its place: nobody counts one without object."""
        return not pod.is_draining and f"{PODS}/{pod.name}" in self.api.objects

    def _create(self, deployment: Object, key: PoolKey) -> None:
        number, metadata = next(self._numbers), deployment["metadata"]
        made = self.api.put(
            REPLICA_SETS,
            {
                "metadata": {
                    "name": f"rs-{number}",
                    "ownerReferences": _owner("Deployment", metadata),
                }
            },
        )
        item = {
            "metadata": {
                "name": f"warm-{number}",
                "labels": metadata["labels"],
                "ownerReferences": _owner("ReplicaSet", made["metadata"]),
            },
            "spec": {"nodeName": "node", "terminationGracePeriodSeconds": self.grace_seconds},
            "status": {
                "phase": "Running",
                "containerStatuses": [{"name": "task", "ready": True, "state": {"running": {}}}],
            },
        }
        stored = self.api.put(PODS, item)
        self._show(stored, "ADDED")
        uid, name = stored["metadata"]["uid"], stored["metadata"]["name"]
        pod = self.pod_type(stage=self, key=key, name=name, uid=uid, boot=self.boots())
        self.pods.append(pod)
        pod.begin()

    def remove(self, pod: Pod) -> None:
        """The pod is gone; its ReplicaSet makes another if it is missed."""
        pod.end()
        if pod in self.pods:
            self.pods.remove(pod)
        item = self.api.objects.pop(f"{PODS}/{pod.name}", None)
        if item is not None:
            self._show(item, "DELETED")
            self._later_even(0.2)

    def tear(self, pod: Pod) -> None:
        """Its object is removed by force; its container is told to end, and killed later."""
        item = self.api.objects.pop(f"{PODS}/{pod.name}", None)
        if item is not None:
            self._show(item, "DELETED")
            self._later_even(0.2)
            self.later(NOTICE_SECONDS, lambda: self.spawn(pod.drain()))
            self.later(self.grace_seconds, lambda: self.remove(pod))

    def show_end(self, pod: Pod) -> None:
        """The pod's container ended, in a whole second of the node's clock."""
        item = self.api.objects.get(f"{PODS}/{pod.name}")
        if item is None:
            return
        finished_at = datetime.fromtimestamp(int(node_time()), UTC).isoformat()
        state = {
            "name": "task",
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"finishedAt": finished_at, "reason": "Error"}},
        }
        changed = {**item, "status": {**item["status"], "containerStatuses": [state]}}
        self._show(self.api.put(PODS, changed), "MODIFIED")

    def _show(self, item: Object, kind: str) -> None:
        told = json.loads(json.dumps(item))

        def tell() -> None:
            for process in self.processes:
                if not process.is_dead:
                    process.world.feed.pod(kind, told)

        asyncio.get_running_loop().call_later(0.02, tell)

    def stuck(self) -> Iterator[str]:
        """What is wrong once all executions are over, and pods had time to be idle again."""
        holder = self.holder
        assert holder is not None
        pools = holder.world.platform.pools
        for pool in pools.pools.values():
            if pool.waiting:
                yield f"{len(pool.waiting)} tasks wait in a pool"
            for pod in pool.pods.values():
                if pod.bound or pod.running:
                    yield f"slots of {pod.name} are taken: {pod.bound} {pod.running}"
        for pod in self.pods:
            if pod.holds:
                yield f"{pod.name} holds {pod.holds}"


def node_time() -> float:
    """Seconds since 1970 by the clock of the node, which is not ours."""
    return 1_767_268_800.0 + asyncio.get_running_loop().time()


def _owner(kind: str, metadata: Object) -> list[Object]:
    return [{"kind": kind, "name": metadata["name"], "uid": metadata["uid"], "controller": True}]
