"""What the NAME of a verb that looks at an execution means: one of its place, or a file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asw.app.runs.opening import open_runs
from asw.app.runs.port import Runs
from asw.app.runs.target import Target


@asynccontextmanager
async def open_named(name: str, target: Target) -> AsyncIterator[tuple[Runs, str]]:
    """The port, and the name of the execution in it. Raises Failure."""
    async with open_runs(target) as runs:
        yield runs, name
