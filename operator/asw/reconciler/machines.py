"""Parsed definitions, shared by all executions of a revision and parsed once."""

from collections import OrderedDict

from asw.asl.model import StateMachine
from asw.reconciler.platform import Revision
from asw.reconciler.runnable import parse_runnable


class Machines:
    """The most recently used state machines, by namespace and revision name.

    Names carry the digest of their content, so an entry never goes stale.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._machines: OrderedDict[tuple[str, str], StateMachine] = OrderedDict()

    def find(self, namespace: str, name: str) -> StateMachine | None:
        """The machine of a revision that was parsed before and not pushed out since."""
        machine = self._machines.get((namespace, name))
        if machine is not None:
            self._machines.move_to_end((namespace, name))
        return machine

    def parse(self, namespace: str, revision: Revision) -> StateMachine:
        """The machine of the revision, parsed if need be. Raises InvalidDefinition."""
        known = self.find(namespace, revision.name)
        if known is not None:
            return known
        machine = parse_runnable(revision.text, revision.dialect)
        self._machines[namespace, revision.name] = machine
        if len(self._machines) > self._size:
            self._machines.popitem(last=False)
        return machine
