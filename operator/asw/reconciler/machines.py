"""Parsed definitions, shared by all executions of a revision and parsed once."""

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeAlias

from asw.asl.model import Block, Dialect, StateMachine, SucceedState
from asw.engine.children import child_machine
from asw.reconciler.platform import Revision
from asw.reconciler.runnable import parse_runnable

Parse: TypeAlias = Callable[[str, Dialect], StateMachine]
"""Makes a machine of a definition. Raises InvalidDefinition."""
NOTHING = StateMachine(block=Block(start_at="End", states={"End": SucceedState(name="End")}))
"""Stands in for a machine that cannot be had, in a step that only ends the execution."""


class Machines:
    """The most recently used state machines, by namespace and revision name.

    Names carry the digest of their content, so an entry never goes stale. Children of a
    distributed Map share the machine that is its ItemProcessor.
    """

    def __init__(self, size: int, parse: Parse = parse_runnable) -> None:
        self._size = size
        self._parse = parse
        self._machines: OrderedDict[tuple[str, str, str | None], StateMachine] = OrderedDict()

    def find(self, namespace: str, name: str, map_state: str | None = None) -> StateMachine | None:
        """The machine of a revision that was parsed before and not pushed out since.

        ``map_state`` asks for the one that children of this distributed Map run.
        """
        key = (namespace, name, map_state)
        machine = self._machines.get(key)
        if machine is not None:
            self._machines.move_to_end(key)
            return machine
        whole = None if map_state is None else self.find(namespace, name)
        if whole is None or map_state is None:
            return None
        return self._keep(key, child_machine(whole, map_state))

    def parse(self, namespace: str, revision: Revision) -> StateMachine:
        """The machine of the revision, parsed if need be. Raises InvalidDefinition."""
        known = self.find(namespace, revision.name)
        if known is not None:
            return known
        machine = self._parse(revision.text, revision.dialect)
        return self._keep((namespace, revision.name, None), machine)

    def _keep(self, key: tuple[str, str, str | None], machine: StateMachine) -> StateMachine:
        self._machines[key] = machine
        if len(self._machines) > self._size:
            self._machines.popitem(last=False)
        return machine
