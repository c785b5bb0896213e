"""A request that may be broken off, because what it says is true no longer."""

import asyncio
from asyncio import Task
from collections.abc import Coroutine
from typing import Any

from asw.connector.pod.line import Answer


class Asked:
    """The request of one slot, or of the hello, that is under way."""

    def __init__(self) -> None:
        self._request: Task[Answer] | None = None

    async def wait(self, request: Coroutine[Any, Any, Answer]) -> Answer | None:
        """The answer; None if it was broken off. Raises what the request does."""
        self._request = asyncio.create_task(request)
        try:
            return await self._request
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if me is not None and me.cancelling():
                raise
            return None
        finally:
            self._request = None

    def break_off(self) -> None:
        """End the request, if there is one."""
        if self._request is not None:
            self._request.cancel()
