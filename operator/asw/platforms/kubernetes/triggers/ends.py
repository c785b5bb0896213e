"""Ends of Executions, read as events: from the API server, for memory holds no values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asw.api.execution import Execution
from asw.api.names import ANNOTATION_DEPTH
from asw.api.objects import InvalidObject
from asw.api.phases import FINAL_PHASES, STATUS_OF
from asw.asl.values import Json
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import Damaged, NotFound
from asw.platforms.kubernetes.client.resources import EXECUTIONS
from asw.platforms.kubernetes.storage.inputs import read_input
from asw.platforms.kubernetes.storage.reading import read_output
from asw.platforms.kubernetes.storage.storage import Storage
from asw.reconciler.platform import ExecutionKey
from asw.triggers.ends import End


@dataclass(frozen=True, slots=True)
class Ends:
    """Reads them."""

    client: KubeClient
    cache: Cache
    storage: Storage

    async def read(self, key: ExecutionKey, epoch: int) -> End | str | None:
        """The end after that many redrives; None if it is gone, or runs again.

        A text says why it cannot be read. Raises PlatformError.
        """
        try:
            item = await self.client.get(EXECUTIONS, key.namespace, key.name)
        except NotFound:
            return None
        status = item.get("status", {})
        is_it = item["metadata"]["uid"] == key.uid and status.get("phase") in FINAL_PHASES
        if not is_it or int(status.get("redriveCount") or 0) != epoch:
            return None
        try:
            execution = Execution.parse(item)
        except InvalidObject as error:
            return f"Execution {key.name} cannot be read: {error}"
        return await self._end(key, epoch, execution, item)

    async def _end(
        self, key: ExecutionKey, epoch: int, execution: Execution, item: Mapping[str, Any]
    ) -> End | None:
        status = execution.status
        if status.completion_time is None or status.phase is None:
            return None
        is_shown = status.payloads != "Private" and not status.emptied
        return End(
            namespace=key.namespace,
            workflow=execution.spec.workflow_ref.name,
            name=execution.public_name,
            uid=key.uid,
            epoch=epoch,
            status=STATUS_OF[status.phase],
            started_at=status.start_time,
            ended_at=status.completion_time,
            labels=item["metadata"].get("labels") or {},
            input=await self._input(execution) if is_shown else None,
            output=await self._output(key, item["status"]) if is_shown else None,
            error=status.error,
            cause=status.cause if is_shown else None,
            depth=depth_of(item),
        )

    async def _input(self, execution: Execution) -> Json:
        place = (execution.metadata.namespace, execution.spec.workflow_ref.name)
        found = await read_input(self.client, execution, self.cache.workflows.get(place))
        return found.value

    async def _output(self, key: ExecutionKey, status: Mapping[str, Any]) -> Json:
        try:
            return await read_output(self.storage, key, status)
        except Damaged:
            return None


def depth_of(item: Mapping[str, Any]) -> int:
    """How many Triggers in a row led to the Execution, as its annotation says."""
    text = (item["metadata"].get("annotations") or {}).get(ANNOTATION_DEPTH, "0")
    return int(text) if text.isdecimal() and len(text) < 4 else 0
