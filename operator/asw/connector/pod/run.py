"""The process: wiring, signals, and the end."""

import asyncio
import logging
import signal
import ssl
import sys
import traceback
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from asw.connector.answering import answer
from asw.connector.calls import Call, Failed, Outcome
from asw.connector.configured import Configured, NotConfigured
from asw.connector.pod.callers import Callers
from asw.connector.pod.hello import Hello
from asw.connector.pod.line import Operator
from asw.connector.pod.settings import BadSettings, Settings
from asw.connector.pod.shared import Shared
from asw.connector.pod.slot import Answering, Slot
from asw.connector.s3 import Objects

logger = logging.getLogger(__name__)

PARTING_SECONDS: Final = 2.0
"""How long the last hello may take."""
_BAD_SETTINGS: Final = 2


def main(variables: Mapping[str, str]) -> int:
    """Serve calls until told to end; the exit status."""
    logging.basicConfig(level=logging.WARNING, format="asw: %(message)s", stream=sys.stderr)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it tells of every cut connection
    try:
        settings = Settings.of(variables)
    except BadSettings as error:
        logger.error("%s", error)  # noqa: TRY400  the sentence is enough
        return _BAD_SETTINGS
    return asyncio.run(_serve(settings, Configured(variables)))


async def _serve(settings: Settings, configured: Configured) -> int:
    try:
        operator = Operator(settings)
    except (ssl.SSLError, ValueError):
        logger.error("ASW_CA holds no certificates in PEM")  # noqa: TRY400  the sentence is enough
        return _BAD_SETTINGS
    async with Callers(at_a_time=settings.slots) as callers:

        async def make(call: Call) -> Outcome:
            try:
                access = configured.access()
            except NotConfigured as error:
                return error.failure
            return await callers.make(call, access)

        async def exchange(call: Call, wanted: dict[str, Any]) -> dict[str, Any] | Failed:
            try:
                access = configured.access()
            except NotConfigured as error:
                return error.failure
            return await callers.exchange(call, wanted, access)

        objects = Objects(exchange)
        try:
            answering = lambda event: answer(event, make, objects.do)  # noqa: E731 -- short
            return await Pod(settings, operator, answering, configured.amiss).run()
        finally:
            await operator.close()


class Pod:
    """All slots and the hello of one process."""

    def __init__(
        self,
        settings: Settings,
        operator: Operator,
        answering: Answering,
        amiss: Callable[[], Failed | None],
    ) -> None:
        self._shared = Shared(settings, operator)
        self._slots = [Slot(index, self._shared, answering) for index in range(settings.slots)]
        self._hello = Hello(self._shared, self._cancel, amiss)
        self._shared.on_drain = self._part

    async def run(self) -> int:
        """Serve until a drain is over; the exit status."""
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self._hear, each)
        hello = asyncio.create_task(self._guarded(self._hello.run()))
        await self._hello.is_known.wait()
        await asyncio.gather(*(self._guarded(slot.run()) for slot in self._slots))
        if not self._shared.is_refused:
            await self._take_leave()
        hello.cancel()
        return self._shared.exit_code

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work; should it fail, we are of no use any more, and others end what they have."""
        try:
            await work
        except Exception as error:  # noqa: BLE001  whatever it is, and its text may quote a payload
            where = traceback.extract_tb(error.__traceback__)[-1]
            kind, at = type(error).__name__, f"{where.filename}:{where.lineno}"
            self._shared.drain(1, f"a part of the connector has failed: {kind} at {at}")

    async def _take_leave(self) -> None:
        try:
            async with asyncio.timeout(PARTING_SECONDS):
                await self._hello.has_parted.wait()
        except TimeoutError:
            logger.warning("the operator did not hear the last hello")

    def _hear(self, heard: signal.Signals) -> None:
        self._shared.drain(0, f"{heard.name} was received")

    def _part(self) -> None:
        self._hello.part()
        for slot in self._slots:
            slot.part()

    def _cancel(self, task_id: str) -> None:
        for slot in self._slots:
            slot.cancel(task_id)
