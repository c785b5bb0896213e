"""Executions that Tasks start: created once each, and seen by their parent as its children are.

Which name the object gets is decided by who is there (``started_names``), so a start that is
repeated looks for what it may have made before. Only the parent's namespace is searched for
Workflows.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from asw.api.names import is_object_name, started_names
from asw.asl.errors import QUOTA_EXCEEDED, START_FAILED
from asw.asl.values import to_text
from asw.engine.commands import StartExecution
from asw.engine.nested import asked_of, name_taken, no_such_machine, workflow_name_of
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.lineage import Started, input_object
from asw.platforms.kubernetes.cache.seen import SeenExecution
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.ensure import ensure
from asw.platforms.kubernetes.client.errors import AlreadyExists, NotFound
from asw.platforms.kubernetes.client.resources import EXECUTIONS, PAYLOADS, WORKFLOWS
from asw.platforms.kubernetes.port.children import AT_ONCE, Children
from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.platforms.kubernetes.tasks.quotas import is_over_quota, over_quota
from asw.reconciler.nesting import ExecutionRefused
from asw.reconciler.platform import (
    ExecutionKey,
    Gone,
    NoRoom,
    PlatformError,
    Refused,
    Unavailable,
)

Object = Mapping[str, Any]
_PRIVATE: Final = "Private"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """Creates these executions; ``children`` holds the open ones.

    ``patience`` is how long a start waits for room in a ResourceQuota.
    """

    client: KubeClient
    cache: Cache
    children: Children
    patience: timedelta

    async def start(
        self, key: ExecutionKey, starts: Sequence[StartExecution], *, is_private: bool
    ) -> Sequence[Exception | None]:
        """Create the executions; each slot tells what came of one. Raises Gone, NotActingError.

        Inputs of a private parent are not put into a spec.
        """
        seen = self.cache.executions.get(key.uid)
        if seen is None:
            raise Gone(f"execution {key.namespace}/{key.name} is gone")
        gate = asyncio.Semaphore(AT_ONCE)

        async def tried(start: StartExecution) -> PlatformError | None:
            async with gate:
                return await self._tried(seen, start, is_private=is_private)

        answers = await asyncio.gather(*map(tried, starts), return_exceptions=True)
        for answer in answers:
            if answer is not None and not isinstance(answer, PlatformError):
                raise answer
        return [answer if isinstance(answer, PlatformError) else None for answer in answers]

    async def _tried(
        self, parent: SeenExecution, start: StartExecution, *, is_private: bool
    ) -> PlatformError | None:
        try:
            with self.children.expecting(TaskKey.of(parent.key, start.task_id)):
                await self._start(parent, start, is_private=is_private)
            self.children.listener.wake(parent.key)
        except PlatformError as error:
            return error
        return None

    async def _start(
        self, parent: SeenExecution, start: StartExecution, *, is_private: bool
    ) -> None:
        key = parent.key
        place = TaskKey.of(key, start.task_id)
        known = self.cache.child(place)
        if known is not None:
            await self.children.adopt(place, await self._get(known.key.namespace, known.key.name))
            return
        workflow = await self._workflow(key.namespace, start.workflow_arn)
        found = self.cache.workflows.get((key.namespace, workflow))
        payload = None
        if is_private or (found is not None and found.spec.payloads == _PRIVATE):
            holder = input_object(key, start.task_id, to_text(start.input), is_private=True)
            await ensure(self.client, PAYLOADS, key.namespace, holder)
            payload = holder["metadata"]["name"]
        started = Started(
            parent=key,
            start=start,
            workflow=workflow,
            propagated=parent.propagated,
            payload=payload,
        )
        await self._create(place, started)

    async def _create(self, place: TaskKey, started: Started) -> None:
        """Create it under the first name that is free; never twice. Raises ExecutionRefused."""
        start, namespace = started.start, place.namespace
        first, sure = started_names(started.workflow, start.name)
        if asked_of(start.call.payload).name is None:
            sure = first  # follows from the task, so nobody else has a use for it
        elif first != sure:
            try:
                earlier = await self.client.get(EXECUTIONS, namespace, sure)
            except NotFound:
                pass
            else:
                await self._adopt(place, started, earlier)
                return
        for name in dict.fromkeys((first, sure)):
            manifest = self.cache.lineage.started_object(started, name)
            try:
                made = await self.client.create(EXECUTIONS, namespace, manifest)
            except AlreadyExists:
                taken = await self._get(namespace, name)
                if name == sure or self._is_it(place, started, taken):
                    await self._adopt(place, started, taken)
                    return
            except Refused as error:
                raise self._refusal(start, str(error)) from error
            else:
                item = {**manifest, "metadata": made["metadata"], "status": {}}
                await self.children.adopt(place, item, at=self.cache.now())
                return

    def _is_it(self, place: TaskKey, started: Started, item: Object) -> bool:
        """Whether it is the task's own, or has the same name for users of the same Workflow."""
        spec, starter = item["spec"], self.cache.starter_of(item)
        if starter is not None and starter.place == place:
            return True
        name = spec.get("name") or item["metadata"]["name"]
        return (spec["workflowRef"]["name"], name) == (started.workflow, started.start.name)

    async def _adopt(self, place: TaskKey, started: Started, item: Object) -> None:
        """Take what is there if this very task made it. Raises ExecutionRefused."""
        starter = self.cache.starter_of(item)
        if starter is None or starter.place != place:
            start = started.start
            raise ExecutionRefused.of(name_taken(start.workflow_arn, start.name))
        await self.children.adopt(place, item)

    async def _get(self, namespace: str, name: str) -> Object:
        try:
            return await self.client.get(EXECUTIONS, namespace, name)
        except NotFound as error:
            raise Unavailable(f"Execution {namespace}/{name} went away meanwhile") from error

    async def _workflow(self, namespace: str, arn: str) -> str:
        """The object name of the Workflow. Raises ExecutionRefused, and Unavailable if it is new.

        What no watch has reported yet is looked up by its name as an object.
        """
        name = workflow_name_of(arn)
        found = self.cache.workflow_named(namespace, name)
        if found is not None:
            return found
        if is_object_name(name):
            try:
                item = await self.client.get(WORKFLOWS, namespace, name)
            except NotFound:
                pass
            else:
                if item["spec"].get("name", name) == name:
                    raise Unavailable(f"Workflow {name!r} exists, but no watch has reported it")
        raise ExecutionRefused.of(no_such_machine(arn))

    def _refusal(self, start: StartExecution, message: str) -> PlatformError:
        """What a refused object means: a full quota may have room again, else the task fails."""
        if not is_over_quota(message):
            return ExecutionRefused(START_FAILED, message)
        held_at = start.call.held_at
        if held_at is not None and self.cache.now() >= held_at + self.patience:
            return ExecutionRefused(QUOTA_EXCEEDED, over_quota(message, self.patience))
        return NoRoom(message)
