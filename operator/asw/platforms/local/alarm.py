"""Ends all work in a data folder that has become unusable, or where something broke."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

_Result = TypeVar("_Result")


class Alarm:
    """Sounds once: all work under it ends with the first fault."""

    def __init__(self) -> None:
        self._fault: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def sound(self, fault: Exception) -> None:
        """End all work; further faults follow from the first."""
        if not self._fault.done():
            self._fault.set_exception(fault)
            self._fault.exception()  # marked as retrieved: nobody need ask for it

    async def unless(self, work: Coroutine[None, None, _Result]) -> _Result:
        """Do the work to its end, or raise the fault that came before."""
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait((task, self._fault), return_when=asyncio.FIRST_COMPLETED)
            if self._fault.done():
                self._fault.result()
            return await task
        finally:
            task.cancel()
