"""Calls of services on this machine: by the Connections among the manifests, in asw's own process.

Nothing secret is kept: credentials come from asw's environment or from a profile of AWS's tools, at
each call.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING

from asw.api.names import connection_of
from asw.asl.errors import NO_CONNECTION
from asw.asl.resources import ServiceInvocation
from asw.asl.values import Json, JsonObject, from_text
from asw.engine.commands import StartTask
from asw.platforms.local.catalogue import Catalogue
from asw.platforms.local.database import dump
from asw.platforms.local.tasks import Failed, Outcome, Succeeded

if TYPE_CHECKING:  # models and clients are slow to import, and most runs need neither
    from asw.api.connection import Connection
    from asw.api.objects import OnLost
    from asw.connector import calls as connector_calls
    from asw.connector.calls import Call
    from asw.connector.connector import Connector
    from asw.connector.places import Access
    from asw.platforms.local.functions import ConfigMaps

_NOT_INSTALLED = "calls of AWS services need more packages: pip install asw[aws]"


class NoConnection(Exception):
    """The service cannot be called; the message says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalConnection:
    """A Connection as this machine uses it; ``problem`` is why it cannot.

    ``ca`` has certificates in PEM, ``workflows`` is None for all of them.
    """

    name: str
    region: str
    endpoint: str | None
    path_style: bool
    ca: str | None
    connect_seconds: int
    call_seconds: int
    calls_per_second: int | None
    allowed: list[str]
    workflows: list[str] | None
    problem: str | None = None

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
        region=spec.region,
        endpoint=spec.endpoint,
        path_style=spec.path_style,
        ca=ca,
        connect_seconds=spec.connect_timeout_seconds,
        call_seconds=spec.timeout_seconds,
        calls_per_second=spec.max_calls_per_second,
        allowed=list(spec.allowed_addresses),
        workflows=None if spec.workflows is None else list(spec.workflows),
        problem=problem,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call, and where it goes; ``on_lost`` is None if it may be made again as the same task."""

    call: "Call"
    access: "Access"
    on_lost: "OnLost | None" = None

    @property
    def text(self) -> str:
        """The call, for the store."""
        return dump(asdict(self.call))


class LocalServices:
    """Makes the calls of one asw. Close it at the end."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._connector: Connector | None = None

    def request(
        self, execution_uid: str, command: StartTask, invocation: ServiceInvocation
    ) -> Request:
        """What the task asks, and where. Raises NoConnection."""
        access = self.access(execution_uid, invocation.service)
        from asw.connector.calls import Call  # noqa: PLC0415
        from asw.connector.connector import repetition_of  # noqa: PLC0415

        call = Call(
            service=invocation.service,
            action=invocation.action,
            sdk=invocation.sdk,
            parameters=command.payload,
            task_id=str(command.task_id),
        )
        on_lost: OnLost | None = "Fail" if repetition_of(call) == "Never" else None
        return Request(call=call, access=access, on_lost=on_lost)

    async def make_again(self, execution_uid: str, text: str) -> Outcome:
        """Make a call that a killed asw left behind; its text is that of the Request."""
        plain = from_text(text)
        try:
            access = self.access(execution_uid, plain["service"])
        except NoConnection as error:
            return Failed(error=NO_CONNECTION, cause=str(error))
        from asw.connector.calls import Call  # noqa: PLC0415

        call = Call(**{**plain, "origin": tuple(plain["origin"])})
        return await self.make(Request(call=call, access=access))

    def access(self, execution_uid: str, service: str) -> "Access":
        """Where the execution's calls of the service go. Raises NoConnection.

        ``service`` is spelt as in the Resource.
        """
        workflow, connections = self._catalogue.connections(execution_uid)
        name = connection_of(service, connections)
        if name is None:
            raise NoConnection(
                f"No Connection for {service}: add it to spec.connections of Workflow {workflow},"
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
        if found.problem is not None:
            raise NoConnection(found.problem)
        return _access(found)

    async def make(self, request: Request) -> Outcome:
        """Make the call; whatever happens is an outcome."""
        if self._connector is None:
            from asw.connector.connector import Connector  # noqa: PLC0415

            self._connector = Connector()
        return _outcome_of(await self._connector.make(request.call, request.access))

    async def close(self) -> None:
        """Close all connections."""
        if self._connector is not None:
            await self._connector.close()


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
    return Access(
        name=found.name,
        region=found.region,
        endpoint=found.endpoint,
        path_style=found.path_style,
        ca=found.ca,
        connect_seconds=found.connect_seconds,
        call_seconds=found.call_seconds,
        calls_per_second=found.calls_per_second,
        allowed=tuple(ip_network(it) for it in found.allowed),
    )


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
