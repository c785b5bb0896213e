"""Which Connections the HTTP calls of a definition take, as far as the definition says it. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from asw.asl.blocks import requests_of
from asw.asl.integrations import HTTP
from asw.asl.model import StateMachine
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
    for invocation, given in requests_of(machine):
        if invocation.name == HTTP:
            yield {} if given is ABSENT else given
