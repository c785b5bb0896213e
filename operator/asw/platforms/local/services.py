"""Calls of services on this machine: by the Connections among the manifests, in asw's own process.

Nothing secret is kept: credentials come from asw's environment or from a profile of AWS's tools, at
each call.
"""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, cast

from asw.asl.integrations import HTTP
from asw.asl.resources import ServiceInvocation
from asw.asl.values import Json, JsonObject, from_text
from asw.connector.wanted import Kind, Wanted, wanted_by
from asw.engine.commands import StartTask
from asw.platforms.local.apis import NoConnection, authorization_of
from asw.platforms.local.catalogue import Catalogue
from asw.platforms.local.clusters import (
    Limits,
    LocalClusters,
    is_of_cluster,
    plain_cluster,
    require_context,
)
from asw.platforms.local.database import dump
from asw.platforms.local.tasks import Failed, Outcome, Succeeded

if TYPE_CHECKING:  # models and clients are slow to import, and most runs need neither
    from asw.api.connection import Connection, HttpCalls
    from asw.api.objects import OnLost
    from asw.connector import calls as connector_calls
    from asw.connector.calls import Call
    from asw.connector.connector import Connector
    from asw.connector.http.access import HttpAccess
    from asw.connector.http.caller import HttpCaller
    from asw.connector.places import Access
    from asw.platforms.local.functions import ConfigMaps

_NOT_INSTALLED = "calls of AWS services need more packages: pip install asw[aws]"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalConnection:
    """A Connection as this machine uses it; ``problem`` is why it cannot.

    ``ca`` has certificates in PEM, ``workflows`` is None for all of them.
    """

    name: str
    kind: Kind = "aws"
    region: str | None
    http: JsonObject | None = None
    endpoint: str | None
    path_style: bool
    ca: str | None
    connect_seconds: int
    call_seconds: int
    calls_per_second: int | None
    allowed: list[str]
    workflows: list[str] | None
    kubernetes: JsonObject | None = None
    problem: str | None = None
    on_lost: "OnLost | None" = None

    def to_plain(self) -> Json:
        """The Connection as JSON values, for the store."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: JsonObject) -> "LocalConnection":
        """The inverse of ``to_plain``."""
        return cls(**plain)


def to_local_connection(connection: "Connection", config_maps: "ConfigMaps") -> LocalConnection:
    """The Connection as this machine uses it, with its certificates resolved."""
    spec = connection.spec
    ca, problem = _certificates(connection, config_maps)
    return LocalConnection(
        name=connection.metadata.name,
        kind=spec.kind,
        region=spec.region,
        http=None if spec.http is None else _plain(spec.http),
        endpoint=spec.endpoint,
        path_style=spec.path_style,
        ca=ca,
        connect_seconds=spec.connect_timeout_seconds,
        call_seconds=spec.timeout_seconds,
        calls_per_second=spec.max_calls_per_second,
        allowed=list(spec.allowed_addresses),
        workflows=None if spec.workflows is None else list(spec.workflows),
        kubernetes=plain_cluster(spec.kubernetes),
        problem=problem,
        on_lost=spec.on_lost,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call, and where it goes; ``on_lost`` is None if it may be made again as the same task.

    A cluster is told by its Connection: what a kubeconfig says is read when the call is made.
    """

    call: "Call"
    access: "Access | HttpAccess | LocalConnection"
    on_lost: "OnLost | None" = None

    @property
    def text(self) -> str:
        """The call, for the store."""
        return dump(asdict(self.call))


def call_of(text: str) -> "Call":
    """The inverse of a Request's ``text``."""
    from asw.connector.calls import Call  # noqa: PLC0415

    plain = from_text(text)
    return Call(**{**plain, "origin": tuple(plain["origin"])})


class LocalServices:
    """Makes the calls of one asw. Close it at the end."""

    def __init__(self, catalogue: Catalogue, environ: Mapping[str, str] = os.environ) -> None:
        self._catalogue = catalogue
        self._environ = environ
        self._connector: Connector | None = None
        self._caller: HttpCaller | None = None
        self.clusters = LocalClusters()

    def request(
        self, execution_uid: str, command: StartTask, invocation: ServiceInvocation
    ) -> Request:
        """What the task asks, and where. Raises NoConnection."""
        from asw.connector.calls import Call  # noqa: PLC0415

        call = Call.of(invocation, str(command.task_id), command.payload)
        found = self._found(execution_uid, call)
        is_repeated = _may_repeat(call) if found.on_lost is None else found.on_lost == "Retry"
        on_lost: OnLost | None = None if is_repeated else "Fail"
        return Request(call=call, access=self._access(found), on_lost=on_lost)

    async def make_again(self, execution_uid: str, call: "Call") -> Outcome:
        """Make a call where it goes now: of a killed asw, or about a job."""
        try:
            access = self._access(self._found(execution_uid, call))
        except NoConnection as error:
            return Failed(error=error.error, cause=str(error))
        return await self.make(Request(call=call, access=access))

    def _found(self, execution_uid: str, call: "Call") -> LocalConnection:
        """The Connection by which the call is made. Raises NoConnection."""
        invocation = ServiceInvocation(
            service=call.service, action=call.action, sdk=call.sdk, role=call.role
        )
        return self._connection(execution_uid, wanted_by(invocation, call.parameters))

    def _access(self, found: LocalConnection) -> "Access | HttpAccess | LocalConnection":
        """Where its calls go. Raises NoConnection."""
        if found.kind == "http":
            return _http_access(found, self._environ)
        if found.kind == "aws":
            return _access(found)
        require_context(found.name, found.kubernetes)
        return found

    def _connection(self, execution_uid: str, wanted: Wanted) -> LocalConnection:
        """The Connection that the call takes. Raises NoConnection if the Workflow cannot use it."""
        workflow, connections = self._catalogue.connections(execution_uid)
        service = wanted.service
        name = wanted.name(connections, lambda it: self._catalogue.connection(it) is not None)
        if name is None:
            lacking = wanted.lacking(connections)
            raise NoConnection(
                f"No Connection for {lacking}: add it to spec.connections of Workflow {workflow},"
                " or have asw test play it with mocks"
            )
        plain = self._catalogue.connection(name)
        if plain is None:
            raise NoConnection(f"No Connection {name}, which is for {service}: add its manifest")
        found = LocalConnection.from_plain(plain)
        if found.workflows is not None and workflow not in found.workflows:
            raise NoConnection(
                f"Connection {name} is not for Workflow {workflow}: add it to spec.workflows"
            )
        if not wanted.takes(found.kind):
            raise NoConnection(
                f"Connection {name} is of kind {found.kind}, and {service} needs one of kind"
                f" {wanted.kinds}"
            )
        if found.problem is not None:
            raise NoConnection(found.problem)
        return found

    async def make(self, request: Request) -> Outcome:
        """Make the call; whatever happens is an outcome."""
        call, access = request.call, request.access
        if isinstance(access, LocalConnection):
            return _outcome_of(await self._ask_cluster(call, access))
        if _is_http(call):
            return _outcome_of(await self._http().make(call.parameters, cast("HttpAccess", access)))
        return _outcome_of(await self._aws().make(call, cast("Access", access)))

    def _aws(self) -> "Connector":
        if self._connector is None:
            from asw.connector.connector import Connector  # noqa: PLC0415

            self._connector = Connector()
        return self._connector

    def _http(self) -> "HttpCaller":
        if self._caller is None:
            from asw.connector.http.caller import HttpCaller  # noqa: PLC0415

            self._caller = HttpCaller()
        return self._caller

    async def _ask_cluster(self, call: "Call", found: LocalConnection) -> "connector_calls.Outcome":
        limits = Limits(
            connect_seconds=found.connect_seconds,
            call_seconds=found.call_seconds,
            calls_per_second=found.calls_per_second,
        )
        return await self.clusters.make(call, found.name, found.kubernetes or {}, limits)

    async def close(self) -> None:
        """Close all connections."""
        await self.clusters.close()
        for client in (self._connector, self._caller):
            if client is not None:
                await client.close()


def _is_http(call: "Call") -> bool:
    return f"{call.service}:{call.action}" == HTTP and not call.sdk


def _may_repeat(call: "Call") -> bool:
    """Whether the call may be made again as the same task, if nobody knows whether it was made."""
    if _is_http(call):
        from asw.connector.http.requests import is_reading  # noqa: PLC0415

        return is_reading(call.parameters)
    if is_of_cluster(call):
        from asw.connector.kubernetes.caller import may_repeat  # noqa: PLC0415

        return may_repeat(call.action, call.parameters)
    from asw.connector.connector import repetition_of  # noqa: PLC0415

    return repetition_of(call) != "Never"


def _plain(http: "HttpCalls") -> JsonObject:
    return http.model_dump(mode="json", by_alias=True, exclude_none=True)


def _outcome_of(outcome: "connector_calls.Outcome") -> Outcome:
    from asw.connector.calls import Done  # noqa: PLC0415

    if isinstance(outcome, Done):
        return Succeeded(output=outcome.output)
    return Failed(error=outcome.error, cause=outcome.cause)


def _access(found: LocalConnection) -> "Access":
    try:
        import aiobotocore  # noqa: PLC0415, F401 -- optional

        from asw.connector.places import Access  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise NoConnection(_NOT_INSTALLED) from error
    assert found.region is not None  # kind aws has one
    return Access(region=found.region, path_style=found.path_style, **_reach(found))


def _http_access(found: LocalConnection, environ: Mapping[str, str]) -> "HttpAccess":
    from asw.connector.http.access import HttpAccess  # noqa: PLC0415

    authorization = authorization_of(found.name, found.http, environ)
    return HttpAccess(authorization=authorization, **_reach(found))


def _reach(found: LocalConnection) -> dict[str, Any]:
    """What services and APIs have in common: where calls may go, and for how long."""
    return {
        "name": found.name,
        "endpoint": found.endpoint,
        "ca": found.ca,
        "connect_seconds": found.connect_seconds,
        "call_seconds": found.call_seconds,
        "calls_per_second": found.calls_per_second,
        "allowed": tuple(ip_network(it) for it in found.allowed),
    }


def _certificates(
    connection: "Connection", config_maps: Mapping[str, Mapping[str, str]]
) -> tuple[str | None, str | None]:
    """The trusted certificates, and why they are not known."""
    ca = connection.spec.ca
    if ca is None:
        return None, None
    reference = ca.config_map_key_ref
    if reference is None:
        told = "certificates in Secrets are not known on this machine: put them into a ConfigMap"
        return None, f"Connection {connection.metadata.name}: {told}"
    text = config_maps.get(reference.name, {}).get(reference.key)
    if text is None:
        told = f"its certificates are in ConfigMap {reference.name}, key {reference.key}"
        return None, f"Connection {connection.metadata.name}: {told}: add its manifest to the path"
    return text, None
