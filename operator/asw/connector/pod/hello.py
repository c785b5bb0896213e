"""Says that the connector is there, and hears which tasks are to be ended."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from asw.asl.values import Json, JsonObject
from asw.connector.calls import Failed
from asw.connector.pod.asked import Asked
from asw.connector.pod.line import Answer, NoOperator, Pauses
from asw.connector.pod.shared import Shared

logger = logging.getLogger(__name__)

_DRAINING_PAUSE: Final = 0.2
"""Between two of the last words, which may be answered at once."""


_LONGEST_CAUSE: Final = 1000


class Hello:
    """The request that is always open."""

    def __init__(
        self,
        shared: Shared,
        cancel: Callable[[str], None],
        amiss: Callable[[], Failed | None],
    ) -> None:
        self.is_known = asyncio.Event()
        """Set once the operator knows us, or need not."""
        self.has_parted = asyncio.Event()
        """Set once the operator knows that we drain."""
        self._shared = shared
        self._cancel = cancel
        self._amiss = amiss
        self._asked = Asked()
        shared.operator.on_move = self._asked.break_off

    async def run(self) -> None:
        """Say hello for as long as we live."""
        pauses = Pauses()
        while True:
            is_draining = self._shared.ledger.is_draining
            retry_after = 0.0
            try:
                answer = await self._asked.wait(self._say())
            except NoOperator as error:
                logger.warning("the operator does not answer: %s", error)
            else:
                if answer is None:
                    continue
                if answer.status == 200:
                    pauses = Pauses()
                    await self._heard(answer.content.get("cancel"), is_draining=is_draining)
                    continue
                self._shared.judge(answer.status)
                retry_after = answer.retry_after
            await self._shared.pause(pauses.take(retry_after))

    def part(self) -> None:
        """Say at once that we drain."""
        self._asked.break_off()
        self.is_known.set()

    async def _say(self) -> Answer:
        settings, amiss = self._shared.settings, self._amiss()
        more: JsonObject = {
            "name": settings.pod_name,
            "slots": settings.slots,
            "holds": list[Json](self._shared.ledger.held),
            "startedAt": self._shared.started_at,
            "amiss": {} if amiss is None else _told(amiss),
        }
        return await self._shared.operator.post("hello", self._shared.body(more))

    async def _heard(self, cancelled: Json, *, is_draining: bool) -> None:
        self.is_known.set()
        if is_draining:
            self.has_parted.set()
        for task_id in cancelled if isinstance(cancelled, list) else []:
            self._cancel(str(task_id))
        if is_draining:
            await asyncio.sleep(_DRAINING_PAUSE)


def _told(amiss: Failed) -> JsonObject:
    """It names what is missing, and never holds a secret, as causes of calls do not."""
    return {"error": amiss.error, "cause": amiss.cause[:_LONGEST_CAUSE]}
