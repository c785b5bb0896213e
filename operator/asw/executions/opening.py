"""Opens the place where a verb acts: the one piece of wiring between targets and the port.

Each place is imported for its own users alone: a store needs no client, a cluster no SQLite.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asw.executions.port import Runs
from asw.executions.target import Target


@asynccontextmanager
async def open_runs(target: Target) -> AsyncIterator[Runs]:
    """The port on the target's place. Raises Failure."""
    if target.is_local:
        from asw.executions.local.runs import open_local  # noqa: PLC0415

        with open_local(target) as store:
            yield store
    else:
        from asw.executions.cluster.runs import open_cluster  # noqa: PLC0415

        async with open_cluster(target) as cluster:
            yield cluster
