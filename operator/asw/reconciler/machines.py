"""Parsed definitions, parsed once and shared by all executions of a revision."""

import asyncio
from typing import Final

from asw.asl.model import Block, StateMachine, SucceedState
from asw.engine.children import child_machine
from asw.reconciler.platform import ExecutionKey, Platform, Revision
from asw.reconciler.reading import SHORT, Reader
from asw.reconciler.recent import Recent

MOST_TEXT: Final = 8 * 2**20
"""Characters of all definitions with kept machines; a machine takes several times as much."""
NOTHING = StateMachine(block=Block(start_at="End", states={"End": SucceedState(name="End")}))
"""Stands in for an unavailable machine in a step that only ends the execution."""


class Machines:
    """The most recently used state machines, by namespace and revision name.

    Names carry the digest of their content, so an entry never goes stale. Children of a
    distributed Map share the machine that is its ItemProcessor.
    """

    def __init__(self, size: int, reader: Reader | None = None) -> None:
        self._reader = reader or Reader()
        self._machines: Recent[_Key, StateMachine] = Recent(size, MOST_TEXT)
        self._reading: dict[tuple[str, str], asyncio.Task[StateMachine]] = {}

    def find(self, namespace: str, name: str, map_state: str | None = None) -> StateMachine | None:
        """The machine of a revision that was parsed before and not evicted since.

        ``map_state`` asks for the one that children of this distributed Map run.
        """
        key = (namespace, name, map_state)
        known = self._machines.get(key)
        if known is not None:
            return known
        whole = None if map_state is None else self.find(namespace, name)
        if whole is None or map_state is None:
            return None
        return self._machines.put(key, child_machine(whole, map_state), 0)

    async def pinned(
        self, platform: Platform, key: ExecutionKey, name: str, map_state: str | None
    ) -> StateMachine | None:
        """The machine of an execution's revision, None if that is gone.

        Raises InvalidDefinition, and what the platform raises.
        """
        known = self.find(key.namespace, name, map_state)
        if known is not None:
            return known
        revision = await platform.revision(key, name)
        if revision is None:
            return None
        machine = await self.parse(key.namespace, revision)
        return machine if map_state is None else self.find(key.namespace, name, map_state)

    async def parse(self, namespace: str, revision: Revision) -> StateMachine:
        """The machine of the revision, parsed if need be.

        Raises InvalidDefinition, and Unavailable if it cannot be parsed now.
        """
        known = self.find(namespace, revision.name)
        if known is not None:
            return known
        if len(revision.text) <= SHORT:  # nobody else can ask meanwhile
            return await self._read(namespace, revision)
        key = (namespace, revision.name)
        reading = self._reading.get(key)
        if reading is None:  # a thousand executions may ask for it at the same moment
            reading = asyncio.create_task(self._read(namespace, revision))
            self._reading[key] = reading
            reading.add_done_callback(lambda _: self._reading.pop(key, None))
        return await asyncio.shield(reading)

    async def _read(self, namespace: str, revision: Revision) -> StateMachine:
        text = revision.text
        machine = await self._reader.parse(namespace, text, revision.dialect)
        return self._machines.put((namespace, revision.name, None), machine, len(text))


_Key = tuple[str, str, str | None]
