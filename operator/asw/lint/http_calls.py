"""Which Connections the HTTP calls of a definition take, as far as the definition says it. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from asw.asl.blocks import walk
from asw.asl.integrations import HTTP
from asw.asl.model import StateMachine, TaskState
from asw.asl.resources import ServiceResource
from asw.asl.values import ABSENT, Json

HTTP_SERVICE: Final = HTTP.partition(":")[0]


def http_connections(
    machine: StateMachine, connections: Mapping[str, str], known: Collection[str]
) -> Iterator[str | None]:
    """Names of Connections, None for a call that has none; without those that a run decides."""
    from asw.connector.http.requests import is_connection_known  # noqa: PLC0415 -- few call APIs
    from asw.platforms.local.apis import connection_for  # noqa: PLC0415 -- the same

    for parameters in _requests(machine):
        if is_connection_known(parameters):
            yield connection_for(parameters, connections, known.__contains__)


def _requests(machine: StateMachine) -> Iterator[Json]:
    for state in walk(machine.block):
        if not isinstance(state, TaskState) or not isinstance(state.resource, ServiceResource):
            continue
        if state.resource.invocation.name == HTTP:
            given = state.arguments if state.language == "JSONata" else state.parameters
            yield {} if given is ABSENT else given
