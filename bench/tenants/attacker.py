"""The process that attacks; its words are KUBECONFIG NAMESPACE SECONDS NAME...

One of its own, and of low priority: what the victim notices is to be the operator's work and not
that of making requests. Prints ``BITES`` once its preparations are made, then what was refused.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.tenants.attack import Attack
from bench.tenants.catalogue import ATTACKS
from bench.tenants.tenant import Tenant, tenant_of

BITES = "it bites"
NICENESS = 10


async def attack(tenant: Tenant, attacks: Sequence[Attack], seconds: float) -> None:
    """All of them at once, for so long; what has nothing more to do rests."""
    for each in attacks:
        await tenant.apply(each.prepare())
        await each.arm(tenant)
    print(BITES, flush=True)
    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for each in attacks:
                group.create_task(_strike(each, tenant))
    except TimeoutError:
        pass
    print(", ".join(f"{count} {name}" for name, count in tenant.refused.most_common()))


async def _strike(it: Attack, tenant: Tenant) -> None:
    await it.strike(tenant)
    await asyncio.Event().wait()


async def _main(kubeconfig: str, namespace: str, seconds: str, *names: str) -> None:
    async with tenant_of(Path(kubeconfig), namespace) as tenant:
        await attack(tenant, [ATTACKS[name] for name in names], float(seconds))


if __name__ == "__main__":
    os.nice(NICENESS)
    asyncio.run(_main(*sys.argv[1:]))
