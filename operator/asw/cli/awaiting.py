"""Runs a coroutine to its end for code that does not await: large results cost nothing."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


def awaited(work: Coroutine[Any, Any, _Result]) -> _Result:
    """What the coroutine returns.

    What it returns is kept from ``asyncio.run``, which puts its signal handler back in the end:
    looking that up, ``signal`` writes the handler's task out as text, with all of its result. Of a
    history of 25,000 events that takes minutes, and gigabytes.
    """
    made: list[_Result] = []

    async def keep() -> None:
        made.append(await work)

    asyncio.run(keep())
    return made[0]
