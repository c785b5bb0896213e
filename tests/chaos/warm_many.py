"""Many warm functions of one namespace, called and then left alone, in virtual time."""

import asyncio
from collections.abc import Callable

from asw.platforms.kubernetes.pools.manager import PoolManager
from asw.platforms.kubernetes.pools.pools import Pools
from tests.chaos.stored_flows import StoredFlow
from tests.chaos.stored_play import OVER, PRODUCTION
from tests.chaos.warm_stage import WarmStage
from tests.support.kube_objects import execution_object, function_object, workflow_object
from tests.support.kube_world import PATHS
from tests.support.play import definition, task
from tests.support.virtual_time import EPOCH

IDLE_SECONDS = 10
PATIENCE_SECONDS = 300


class Many:
    """The stage with so many Functions ``fn-0``, ``fn-1``, ..., a Workflow for each."""

    def __init__(self, count: int) -> None:
        self.count = count
        machine = definition("One", One={**task("small"), "End": True})
        self.stage = WarmStage(StoredFlow(machine=machine, outputs={}), PRODUCTION)
        self._generation = 0

    async def begin(self) -> None:
        """Each has a pod that asks for work."""
        await self.stage.begin()
        self._apply(smallest=1)
        await self.until(lambda: self._asking() == self.count)

    async def call_each(self) -> None:
        """One execution of each Function, all at once; all have succeeded."""
        for number in range(self.count):
            item = execution_object(workflowRef={"name": f"flow-{number}"})
            uid = f"{number:08x}-7c0c-4a1f-9e6e-5d1c8a5a0001"
            item["metadata"] |= {"name": f"run-{number}", "uid": uid}
            item["metadata"]["creationTimestamp"] = EPOCH.isoformat()
            self.stage.api.put(PATHS["execution"], item)
        await self.until(lambda: all(it in OVER for it in self.phases()))

    def leave_alone(self) -> None:
        """Nobody wants a pod that nobody calls."""
        self._apply(smallest=0)

    def delete_all(self) -> None:
        """Nobody wants the Functions any more."""
        for path in [it for it in self.stage.api.objects if "/functions/" in it]:
            item = self.stage.api.objects.pop(path)
            for process in self.stage.processes:
                process.world.feed.function("DELETED", item)

    def kept(self) -> tuple[PoolManager, Pools]:
        """What the operator holds."""
        holder = self.stage.holder
        assert holder is not None
        return holder.world.pools, holder.world.platform.pools

    async def end(self) -> None:
        """Leave nothing that runs."""
        for process in self.stage.processes:
            process.world.platform.pools.clear()
            await process.world.reconciler.stop()

    def phases(self) -> list[str]:
        """Of all executions."""
        found = self.stage.api.named("/executions/")
        return [it.get("status", {}).get("phase", "") for it in found]

    def wanted(self) -> int:
        """Pods that Deployments want."""
        return sum(it["spec"]["replicas"] for it in self.stage.api.named("/deployments/"))

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Let time go by; fails where it does not come."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not is_so():  # noqa: ASYNC110  virtual time
                await asyncio.sleep(1)

    def _asking(self) -> int:
        holder = self.stage.holder
        return 0 if holder is None else holder.world.platform.pools.pod_count

    def _apply(self, smallest: int) -> None:
        self._generation += 1
        for number in range(self.count):
            name = f"fn-{number}"
            warm = {"min": smallest, "max": 1, "idleSeconds": IDLE_SECONDS}
            made = function_object(name, mode="Warm", warm=warm)
            made["metadata"]["generation"] = self._generation
            self.stage.api.put(PATHS["function"], made)
            if smallest:
                machine = definition("One", One={**task(name), "End": True})
                flow = workflow_object(definition=machine)
                flow["metadata"] |= {"name": f"flow-{number}", "uid": f"wf-{number}"}
                self.stage.api.put(PATHS["workflow"], flow)
