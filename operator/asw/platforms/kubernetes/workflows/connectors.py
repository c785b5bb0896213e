"""Connectors: the built-in warm Functions that make the calls of services, one for a Connection.

A connector is a Function for whatever keeps warm pods, and nothing else knows it: its name is one
that no Function may have, its uid is that of its Connection, which owns its pods. Pure.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from asw.api.connection import Connection, ConnectionSpec, HttpCalls
from asw.api.function import Function, FunctionSpec
from asw.api.function_policy import STS
from asw.api.warm import Warm
from asw.asl.resources import ServiceInvocation
from asw.asl.values import JsonObject, to_text
from asw.connector.calls import Call, to_event
from asw.engine.commands import StartTask
from asw.engine.record import Header
from asw.platforms.kubernetes.tasks.pods import BuiltIn
from asw.platforms.kubernetes.tasks.settings import TaskSettings

FOLDER: Final = "/var/run/asw/connection"
"""Where the pod finds the folders ``credentials``, ``ca``, ``cluster``, and the file ``token``."""
KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""What a pod sees of the Secret that spec.credentials names."""
MOST_PODS: Final = 10
TOKEN_SECONDS: Final = 3600
_OWN_CLUSTER: Final = (
    {"serviceAccountToken": {"path": "cluster/token", "expirationSeconds": TOKEN_SECONDS}},
    {
        "configMap": {
            "name": "kube-root-ca.crt",
            "items": [{"key": "ca.crt", "path": "cluster/ca.crt"}],
        }
    },
    {
        "downwardAPI": {
            "items": [
                {"path": "cluster/namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}
            ]
        }
    },
)
"""What a client of the pod's own API server wants; the token's audience is that server."""


class Connector(Function):
    """The Function that makes the calls of a Connection."""

    kind: ClassVar[str] = "Connection"

    connection: Connection
    """Where the calls go, and as whom."""

    @property
    def public_name(self) -> str:
        """A name that no Function may have (``NAME_PATTERN``)."""
        return called(self.metadata.name)


def called(connection: str) -> str:
    """How the connector of the Connection is called where Functions are."""
    return f"connection/{connection}"


def connector_of(connection: Connection, settings: TaskSettings) -> Connector:
    """The connector of a Connection. Its pods are others as soon as the Connection is."""
    spec, identity = connection.spec, account_of(connection.spec)
    patience = int(settings.spans.start_timeout.total_seconds())
    warm = Warm(
        # Each pod keeps the pace by itself.
        max=1 if spec.max_calls_per_second is not None else MOST_PODS,
        idle_seconds=settings.connector.idle_seconds,
        cold_start="Wait",
        queue_timeout_seconds=min(max(patience, 1), 3600),
        # Its slots are no processes: it may have more of them than a Function of a user's.
    ).model_copy(update={"concurrency": settings.connector.slots})
    function = FunctionSpec(
        runtime="image",
        image=settings.connector.image,
        mode="Warm",
        warm=warm,
        on_lost=spec.on_lost,
        service_account_name=identity,
        security_context={"readOnlyRootFilesystem": True},
    )
    return Connector(metadata=connection.metadata, spec=function, connection=connection)


@dataclass(slots=True, kw_only=True)
class Connectors:
    """The connectors of all Connections; each is made once a generation."""

    _made: dict[str, Connector] = field(default_factory=dict)

    def of(
        self, connections: Iterable[Connection], settings: TaskSettings
    ) -> Collection[Connector]:
        """The connectors of these, and no others are kept."""
        before, self._made = self._made, {}
        for each in connections:
            known = before.get(each.metadata.uid)
            if known is None or known.metadata.generation != each.metadata.generation:
                known = connector_of(each, settings)
            self._made[each.metadata.uid] = known
        return self._made.values()


def built_in_of(function: Function) -> BuiltIn | None:
    """What a connector's pods have besides; None for a Function of a user's."""
    if not isinstance(function, Connector):
        return None
    spec = function.connection.spec
    shown = spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    variables = {"ASW_CONNECTION": to_text(shown), "ASW_CONNECTION_NAME": function.metadata.name}
    return BuiltIn(variables=variables, path=FOLDER, sources=tuple(_sources(spec)))


def account_of(spec: ConnectionSpec) -> str | None:
    """The service account of its pods; None if the Connection names none."""
    if spec.is_own_cluster:
        return None if spec.kubernetes is None else spec.kubernetes.service_account_name
    identity = None if spec.credentials is None else spec.credentials.web_identity
    return None if identity is None else identity.service_account_name


def event_of(task: StartTask, invocation: ServiceInvocation, header: Header | None) -> JsonObject:
    """The event of a task that makes a call; ``header`` is that of its execution."""
    origin = () if header is None else (header.arn, header.workflow_arn)
    return to_event(Call.of(invocation, str(task.task_id), task.payload, origin))


def _secrets(spec: ConnectionSpec) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The Secrets that calls need, each with its keys and the names of their files."""
    credentials, http = spec.credentials, spec.http or HttpCalls()
    token = None if spec.kubernetes is None else spec.kubernetes.secret_key_ref
    if credentials is not None and credentials.secret_ref is not None:
        yield credentials.secret_ref.name, {key: key for key in KEYS}
    if http.basic is not None:
        yield http.basic.secret_ref.name, {"username": "username", "password": "password"}
    if http.api_key is not None:
        yield http.api_key.secret_key_ref.name, {http.api_key.secret_key_ref.key: "api_key"}
    if http.oauth is not None:
        keys = {"clientId": "client_id", "clientSecret": "client_secret"}
        yield http.oauth.secret_ref.name, keys
    if http.url is not None:
        yield http.url.secret_key_ref.name, {http.url.secret_key_ref.key: "url"}
    if token is not None:
        yield token.name, {token.key: "token"}


def _sources(spec: ConnectionSpec) -> Iterator[dict[str, Any]]:
    """Sources of a projected volume. What is missing is told by the call, not by the kubelet."""
    credentials, ca = spec.credentials, spec.ca
    for secret, files in _secrets(spec):
        items = [{"key": key, "path": f"credentials/{file}"} for key, file in files.items()]
        yield {"secret": {"name": secret, "items": items, "optional": True}}
    if credentials is not None and credentials.web_identity is not None:
        token = {"path": "token", "audience": STS, "expirationSeconds": TOKEN_SECONDS}
        yield {"serviceAccountToken": token}
    if spec.is_own_cluster:
        yield from _OWN_CLUSTER
    for kind, named in (
        ("configMap", None if ca is None else ca.config_map_key_ref),
        ("secret", None if ca is None else ca.secret_key_ref),
    ):
        if named is not None:
            items = [{"key": named.key, "path": f"ca/{named.key}"}]
            yield {kind: {"name": named.name, "items": items, "optional": True}}
