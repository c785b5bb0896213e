"""Which Connections exist, and which one a Workflow's calls of a service go by. In memory.

Both are looked up at each call: a Connection that is mended, or comes late, counts for Executions
that run.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from asw.api.connection import Connection
from asw.api.objects import InvalidObject
from asw.api.workflow import Workflow
from asw.connector.wanted import Wanted

Place: TypeAlias = tuple[str, str]
"""Namespace and name."""


class NoConnection(Exception):
    """A service cannot be called; the message says why, and what to do."""


class Connected(dict[Place, Connection]):
    """The Connections, by namespace and name."""

    def put(self, item: Mapping[str, Any]) -> Connection | InvalidObject:
        """Take a Connection; if it bypassed its schema, forget it and return its problems."""
        place = (item["metadata"]["namespace"], item["metadata"]["name"])
        try:
            made = Connection.parse(dict(item))
        except InvalidObject as error:
            self.pop(place, None)
            return error
        self[place] = made
        return made

    def drop(self, item: Mapping[str, Any]) -> None:
        """Forget a Connection that is gone."""
        self.pop((item["metadata"]["namespace"], item["metadata"]["name"]), None)

    def name_for(self, workflow: Workflow, wanted: Wanted) -> str | None:
        """The name of the Connection that the Workflow's call goes by; None if it says none."""
        namespace = workflow.metadata.namespace
        return wanted.name(workflow.spec.connections, lambda name: (namespace, name) in self)

    def find(self, workflow: Workflow, wanted: Wanted) -> Connection:
        """The Connection that the Workflow's call goes by. Raises NoConnection."""
        named, called = self.name_for(workflow, wanted), workflow.public_name
        service = wanted.service
        if named is None:
            lacking = wanted.lacking(workflow.spec.connections)
            raise NoConnection(
                f"No Connection for {lacking}: add it to spec.connections of Workflow {called}"
            )
        found = self.get((workflow.metadata.namespace, named))
        if found is None:
            raise NoConnection(f"No Connection {named}, which is for {service}: create it")
        if not found.is_for(called):
            raise NoConnection(
                f"Connection {named} is not for Workflow {called}: add it to spec.workflows"
            )
        if not wanted.takes(found.spec.kind):
            raise NoConnection(
                f"Connection {named} is of kind {found.spec.kind}, and {service} needs one of kind"
                f" {wanted.kinds}"
            )
        return found
