"""The victim: starts a run of one Pass at a steady pace, and notes how long each takes to succeed.

At a steady pace, however long the answers take: one that waited for the last one would measure a
stand-still once, and not as often as there was need of an answer.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from asw.platforms.kubernetes.client.resources import EXECUTIONS
from asw.reconciler.platform import PlatformError
from bench.tenants.attack import machine
from bench.tenants.figures import Disturbed, Latencies
from bench.tenants.tenant import Tenant, execution, tenant_of, workflow
from bench.watching import Arrivals

NAME = "victim"
INTERVAL_SECONDS = 0.15
PATIENCE_SECONDS = 12.0
"""How long a run may take at most, once the measurement is over."""
WARM_UP = 8


@dataclass(slots=True)
class Victim:
    """See the module."""

    tenant: Tenant
    arrivals: Arrivals
    _spans: list[float] = field(default_factory=list)
    _echoes: list[float] = field(default_factory=list)
    _begun: int = 0
    _lost: int = 0

    async def warm_up(self) -> None:
        """Some runs that are not counted; the operator has to be there."""
        for _ in range(WARM_UP):
            await self._run(PATIENCE_SECONDS * 5)
        if self._lost:
            raise Disturbed("the operator does not work, though nobody attacks it yet")
        self._spans, self._echoes = [], []

    async def measure(self, seconds: float) -> Latencies:
        """How long runs took that were started in so many seconds."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            for number in range(int(seconds / INTERVAL_SECONDS)):
                due = began + number * INTERVAL_SECONDS
                await asyncio.sleep(max(0.0, due - loop.time()))
                group.create_task(self._run(began + seconds + PATIENCE_SECONDS - due))
        return Latencies(spans=self._spans, echoes=self._echoes, lost=self._lost)

    async def _run(self, limit: float) -> None:
        """One run; one that does not end in time counts with the time that was waited for it."""
        self._begun += 1
        name = f"{NAME}-{self._begun}"
        began = seen = time.monotonic()
        try:
            body = execution(name, NAME)
            await self.tenant.client.create(EXECUTIONS, self.tenant.namespace, body)
            seen = await self.arrivals.wait(f"{name} ", limit=limit)
            ended = await self.arrivals.wait(f"{name} Succeeded", limit=limit)
        except (PlatformError, TimeoutError):
            self._lost += 1
            ended = time.monotonic()
        self._echoes.append(seen - began)
        self._spans.append(ended - began)


@asynccontextmanager
async def victim_in(kubeconfig: Path, namespace: str) -> AsyncIterator[Victim]:
    """The victim in its namespace, warm."""
    async with tenant_of(kubeconfig, namespace) as tenant:
        await tenant.apply([workflow(NAME, machine({"Type": "Pass"}))])
        arrivals = Arrivals(
            tenant.connection,
            EXECUTIONS.path(namespace),
            is_there=lambda _: True,
            name_of=lambda run: f"{run['metadata']['name']} {run['status'].get('phase', '')}",
        )
        async with arrivals:
            victim = Victim(tenant, arrivals)
            await victim.warm_up()
            yield victim
