"""Attacks by how often: requests in a loop, as fast as one account may send them."""

import asyncio
from collections.abc import Mapping
from itertools import count
from typing import Any

from asw.platforms.kubernetes.client.resources import EXECUTIONS, WORKFLOWS
from bench.tenants.attack import Attack, Strike, machine
from bench.tenants.objects import PASS, broken
from bench.tenants.tenant import Tenant, execution, seen, workflow

STARTS_PER_SECOND = 200
BATCHES_PER_SECOND = 10
LISTED = 500
WAIT = machine({"Type": "Wait", "Seconds": 3_600})


async def _starts(tenant: Tenant) -> None:
    """At a pace of its own, however long the answers take."""
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        for batch in count():
            group.create_task(tenant.start("starts", STARTS_PER_SECOND // BATCHES_PER_SECOND))
            due = batch / BATCHES_PER_SECOND
            if batch == 0:
                began = loop.time()
            await asyncio.sleep(max(0.0, began + due - loop.time()))


async def _updates(tenant: Tenant) -> None:
    """Each time another definition: good ones and bad ones by turns."""
    numbers = count()

    async def update() -> None:
        number = next(numbers)
        made = machine({"Type": "Pass", "Comment": str(number)}) if number % 2 else broken(20)
        spec = workflow("updates", made)["spec"]
        await tenant.client.merge(WORKFLOWS, tenant.namespace, "updates", {"spec": spec})

    await tenant.start("updates", 50)
    await tenant.again(update, at_once=4)


async def _toggles(tenant: Tenant) -> None:
    """Stop, redrive, suspend and go on, of twenty runs that wait."""
    names = [f"toggles-{number}" for number in range(20)]
    await tenant.apply(execution(name, "toggles") for name in names)

    async def toggle(name: str) -> None:
        for number in count(1):
            again: Mapping[str, Any] = {"redrive": {"number": number}, "stop": None}
            for change in ({"suspend": number % 2 == 1}, {"stop": {"error": "Enough"}}, again):
                await tenant.tried(
                    tenant.client.merge(EXECUTIONS, tenant.namespace, name, {"spec": change})
                )

    await asyncio.gather(*map(toggle, names))


async def _bulk(tenant: Tenant) -> None:
    """Two thousand runs, all deleted by one request, again and again."""
    session = tenant.connection.session(limit=1, timeout=60)
    url = tenant.connection.server + EXECUTIONS.path(tenant.namespace)
    async with session:
        while True:
            await tenant.start("bulk", 1_000)
            async with session.delete(url) as answer:
                await answer.read()


def _reading(path: str, *, at_once: int) -> Strike:
    """GET for ever, by so many at once; what is answered is thrown away."""

    async def strike(tenant: Tenant) -> None:
        url = tenant.connection.server + path.format(namespace=tenant.namespace)

        async with tenant.connection.session(limit=0, timeout=30) as session:

            async def read() -> None:
                async with session.get(url) as answer:
                    if answer.status >= 400:
                        tenant.refused[str(answer.status)] += 1
                    async for _ in answer.content.iter_any():
                        pass

            await tenant.again(read, at_once=at_once)

    return strike


async def _all_begun(tenant: Tenant) -> None:
    """Lists are to be what costs, not runs that begin."""
    for number in range(LISTED):
        await seen(tenant, f"lists-{number}")


_LIST = EXECUTIONS.path("{namespace}")


def attacks() -> tuple[Attack, ...]:
    """All of them."""
    return (
        Attack(
            name="starts",
            says=f"{STARTS_PER_SECOND} runs a second are started.",
            prepare=lambda: (workflow("starts", PASS),),
            strike=_starts,
        ),
        Attack(
            name="updates",
            says="A Workflow changes all the time, from right to wrong and back.",
            prepare=lambda: (workflow("updates", PASS),),
            strike=_updates,
        ),
        Attack(
            name="toggles",
            says="Twenty runs are suspended, stopped and redriven all the time.",
            prepare=lambda: (workflow("toggles", WAIT),),
            strike=_toggles,
        ),
        Attack(
            name="bulk-deletion",
            says="A thousand runs are started, and deleted by one request, again and again.",
            prepare=lambda: (workflow("bulk", PASS),),
            strike=_bulk,
        ),
        Attack(
            name="queue",
            says="3,000 runs wait for a Workflow that lets one run at a time.",
            prepare=lambda: (workflow("queue", WAIT, concurrency={"limit": 1}),),
            strike=lambda tenant: tenant.start("queue", 3_000),
        ),
        Attack(
            name="lists",
            says=f"{LISTED} runs of 50 KB are listed without a limit, by forty clients.",
            prepare=lambda: (
                workflow("lists", WAIT),
                *(
                    execution(f"lists-{number}", "lists", inputText='"' + "x" * 50_000 + '"')
                    for number in range(LISTED)
                ),
            ),
            arm=_all_begun,
            strike=_reading(_LIST, at_once=40),
        ),
        Attack(
            name="watches",
            says="300 watches of the namespace, while runs are started in it.",
            prepare=lambda: (workflow("watches", PASS),),
            strike=_watches,
        ),
    )


async def _watches(tenant: Tenant) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_reading(_LIST + "?watch=1", at_once=300)(tenant))
        while True:
            await tenant.start("watches", 10)
            await asyncio.sleep(1)
