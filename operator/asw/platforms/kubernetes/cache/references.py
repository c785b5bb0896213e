"""Who refers to what by name, both ways: what to look at again when something changes.

Holds names only, no objects. Fed as Workflows and Functions are looked at, so that the cost of a
change depends on those that it concerns, never on all.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from asw.platforms.kubernetes.client.resources import (
    ACTIVITIES,
    CONNECTIONS,
    FUNCTIONS,
    WORKFLOWS,
)


class Named(NamedTuple):
    """An object by the plural of its kind, its namespace and its name.

    Functions and Activities go by the name that definitions know.
    """

    plural: str
    namespace: str
    name: str

    @classmethod
    def function(cls, namespace: str, public_name: str) -> "Named":
        """A Function."""
        return cls(FUNCTIONS.plural, namespace, public_name)

    @classmethod
    def connection(cls, namespace: str, name: str) -> "Named":
        """A Connection."""
        return cls(CONNECTIONS.plural, namespace, name)

    @classmethod
    def activity(cls, namespace: str, public_name: str) -> "Named":
        """An Activity."""
        return cls(ACTIVITIES.plural, namespace, public_name)

    @classmethod
    def workflow(cls, namespace: str, name: str) -> "Named":
        """A Workflow."""
        return cls(WORKFLOWS.plural, namespace, name)


class References:
    """What each object refers to, and who refers to it."""

    def __init__(self) -> None:
        self._named: dict[Named, frozenset[Named]] = {}
        self._referrers: defaultdict[Named, set[Named]] = defaultdict(set)

    def put(self, referrer: Named, named: Iterable[Named]) -> None:
        """Replace what the object refers to."""
        self.drop(referrer)
        found = frozenset(named)
        if not found:
            return
        self._named[referrer] = found
        for each in found:
            self._referrers[each].add(referrer)

    def drop(self, referrer: Named) -> None:
        """Forget the references of an object that is gone, or refers to nothing."""
        for each in self._named.pop(referrer, ()):
            referrers = self._referrers[each]
            referrers.discard(referrer)
            if not referrers:
                del self._referrers[each]

    def referrers(self, named: Named) -> Collection[Named]:
        """The objects that refer to it."""
        return self._referrers.get(named, ())

    def referrers_of_kind(self, plural: str) -> Collection[Named]:
        """The objects that refer to anything of the kind: walks over all, after much was missed."""
        found = (it for named, it in self._referrers.items() if named.plural == plural)
        return frozenset().union(*found)
