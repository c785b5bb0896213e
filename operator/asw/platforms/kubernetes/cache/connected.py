"""Which Connections exist, and which one a Workflow's calls of a service go by. In memory.

Both are looked up at each call: a Connection that is mended, or comes late, counts for Executions
that run.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from pydantic import ValidationError

from asw.api.conditions import mistakes_of
from asw.api.connection import Connection, ConnectionStatus, MistakenConnection
from asw.api.objects import InvalidObject
from asw.api.workflow import Workflow
from asw.connector.wanted import Wanted

Place: TypeAlias = tuple[str, str]
"""Namespace and name."""


class NoConnection(Exception):
    """A service cannot be called; the message says why, and what to do."""


class Connected(dict[Place, Connection]):
    """The Connections that can be used, by namespace and name; ``mistaken`` are the others."""

    def __init__(self) -> None:
        super().__init__()
        self.mistaken: dict[Place, MistakenConnection] = {}

    def known(self, place: Place) -> Connection | MistakenConnection | None:
        """The one at the place, whether it can be used or not."""
        return self.get(place) or self.mistaken.get(place)

    def all(self) -> list[Connection | MistakenConnection]:
        """Every one."""
        return [*self.values(), *self.mistaken.values()]

    def put(self, item: Mapping[str, Any]) -> Connection | MistakenConnection:
        """Take a Connection; one whose spec cannot be read is not used."""
        place = _place(item)
        self.drop(item)
        try:
            made = self[place] = Connection.parse(dict(item))
        except InvalidObject as error:
            mistaken = MistakenConnection.model_validate({"metadata": item["metadata"]})
            told = {"mistakes": mistakes_of(error), "status": _status(item)}
            mistaken = mistaken.model_copy(update=told)
            self.mistaken[place] = mistaken
            return mistaken
        return made

    def drop(self, item: Mapping[str, Any]) -> None:
        """Forget a Connection that is gone."""
        self.pop(_place(item), None)
        self.mistaken.pop(_place(item), None)

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
            mistaken = self.mistaken.get((workflow.metadata.namespace, named))
            if mistaken is not None:
                raise NoConnection(f"Connection {named} cannot be used: {mistaken.mistakes}")
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


def _place(item: Mapping[str, Any]) -> Place:
    return item["metadata"]["namespace"], item["metadata"]["name"]


def _status(item: Mapping[str, Any]) -> ConnectionStatus:
    """What the operator said before, if it can be read."""
    try:
        return ConnectionStatus.model_validate(item.get("status") or {})
    except ValidationError:
        return ConnectionStatus()
