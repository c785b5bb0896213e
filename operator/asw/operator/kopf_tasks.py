"""kopf in our event loop: its tasks are begun and ended here, not by ``kopf.operator``.

That one takes every task of the loop for its own: should a watch fail, it would cancel the workers
of executions and the result server with it, and wait for them, in a process that does nothing any
more and does not end either.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, cast

import kopf

ENDING_SECONDS = 10.0
"""How long kopf may take to end; what is left then ends with the process."""


@contextlib.asynccontextmanager
async def kopf_tasks(
    *,
    registry: kopf.OperatorRegistry,
    settings: kopf.OperatorSettings,
    identity: str,
    namespaces: Sequence[str],
    on_end: Callable[[], None],
) -> AsyncIterator[None]:
    """Watch, from when kopf is ready. ``on_end`` is called when any of its tasks ends meanwhile.

    ``namespaces`` empty is everywhere.
    """
    ready = asyncio.Event()
    tasks = await kopf.spawn_tasks(
        registry=registry,
        settings=settings,
        # kopf would ask for the user's name, which a numeric uid does not have.
        identity=cast("Any", identity),
        clusterwide=not namespaces,
        namespaces=namespaces,
        ready_flag=ready,
    )

    def tell(_: object) -> None:
        on_end()

    for task in tasks:
        task.add_done_callback(tell)
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait((waiting, *tasks), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        yield
    finally:
        for task in tasks:
            task.remove_done_callback(tell)
            task.cancel()
        await asyncio.wait(tasks, timeout=ENDING_SECONDS)
