"""Which Activities exist, by object and by the name that definitions and workers know. In memory.

Whether there is one is looked up at each task and each poll: one that comes late, or back, counts
for Executions that run.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, TypeAlias

from asw.api.activity import Activity
from asw.api.objects import InvalidObject

Place: TypeAlias = tuple[str, str]
"""Namespace and name."""


class Activities(dict[Place, Activity]):
    """The Activities, by namespace and object name."""

    def __init__(self) -> None:
        super().__init__()
        self._called: defaultdict[Place, set[str]] = defaultdict(set)
        """Names of the objects, by namespace and public name."""

    def put(self, item: Mapping[str, Any]) -> InvalidObject | None:
        """Take an Activity; if it bypassed its schema, forget it and return its problems."""
        self.drop(item)
        try:
            made = Activity.parse(dict(item))
        except InvalidObject as error:
            return error
        self[_place(item)] = made
        self._called[made.metadata.namespace, made.public_name].add(made.metadata.name)
        return None

    def drop(self, item: Mapping[str, Any]) -> None:
        """Forget an Activity that is gone."""
        known = self.pop(_place(item), None)
        if known is None:
            return
        called = (known.metadata.namespace, known.public_name)
        self._called[called].discard(known.metadata.name)
        if not self._called[called]:
            del self._called[called]

    def name_of(self, item: Mapping[str, Any]) -> str | None:
        """The public name of the object as it is known; None if it is not."""
        known = self.get(_place(item))
        return None if known is None else known.public_name

    def has(self, namespace: str, public_name: str) -> bool:
        """Whether there is an Activity of that name."""
        return (namespace, public_name) in self._called


def _place(item: Mapping[str, Any]) -> Place:
    return item["metadata"]["namespace"], item["metadata"]["name"]
