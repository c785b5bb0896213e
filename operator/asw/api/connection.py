"""The Connection: where a service is, and as whom it is called. Workflows name it by service."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from asw.api.conditions import Condition, Conditions
from asw.api.names import CONDITION_READY
from asw.api.objects import (
    ATOMIC_LIST,
    LONGEST_LIST,
    CustomResource,
    ObjectMeta,
    ObjectName,
    OnLost,
    Part,
    PublicName,
    Shown,
    rule,
    rules,
)
from asw.asl.values import Json

ONE_OF_CREDENTIALS = "set exactly one of secretRef and webIdentity"
ONE_OF_CA = "set exactly one of secretKeyRef and configMapKeyRef"
ONE_OF_HTTP = "set at most one of basic, apiKey, oauth and url"
NEEDS_REGION = "kind aws needs a region"
ONLY_ELSEWHERE = "kind kubernetes needs kubernetes.secretKeyRef with an endpoint, and only then"
ONE_ACCOUNT = "serviceAccountName is for the own cluster, and secretKeyRef for one elsewhere"
NEEDS_TLS = "kind kubernetes needs an endpoint by https"

_KIND_OF_FIELD: Final[Mapping[str, str]] = {
    "region": "aws",
    "credentials": "aws",
    "http": "http",
    "kubernetes": "kubernetes",
}
"""Fields that one kind of Connection has."""

_URL = r"^https?://[^\s/?#@]+$"
_REGION = r"^[a-z0-9-]+$"
_ROLE = r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$"
_HEADER = r"^[A-Za-z0-9-]+$"
_OAUTH_URL = r"^(https://|http://(localhost|127\.[0-9.]+|\[::1\])[:/])[^\s?#@]+$"


def _network(text: str) -> str:
    ipaddress.ip_network(text)
    return text


Network: TypeAlias = Annotated[str, Field(max_length=64), AfterValidator(_network)]
"""A network such as ``10.96.0.0/12``, or a single address."""


class NamedObject(Part):
    """An object in the namespace of the Connection."""

    name: ObjectName
    """Its metadata.name."""


class NamedKey(NamedObject):
    """One key of an object in the namespace of the Connection."""

    key: str = Field(min_length=1, max_length=253)
    """The key of its data."""


class TrustedCertificates(Part):
    """Where the certificates are that the endpoint is checked against."""

    model_config = rules(rule("has(self.configMapKeyRef) != has(self.secretKeyRef)", ONE_OF_CA))

    config_map_key_ref: NamedKey | None = None
    """A key of a ConfigMap."""

    secret_key_ref: NamedKey | None = None
    """A key of a Secret."""

    @model_validator(mode="after")
    def _has_one(self) -> "TrustedCertificates":
        if (self.config_map_key_ref is None) == (self.secret_key_ref is None):
            raise ValueError(ONE_OF_CA)
        return self


class WebIdentity(Part):
    """A role of AWS that a service account of the namespace may assume."""

    role_arn: str = Field(max_length=2048, pattern=_ROLE)
    """ARN of the role; it trusts the issuer of the cluster's service accounts."""

    service_account_name: ObjectName | None = None
    """The service account whose token assumes the role; calls are made in its pods. Its audience
    sts.amazonaws.com must be among those that the operator's functionPolicy allows. Default:
    default."""


class CallCredentials(Part):
    """What calls are signed with."""

    model_config = rules(rule("has(self.secretRef) != has(self.webIdentity)", ONE_OF_CREDENTIALS))

    secret_ref: NamedObject | None = None
    """A Secret with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN if
    they are temporary. It is read by the pod that makes the call, never by the operator."""

    web_identity: WebIdentity | None = None
    """A role that is assumed by the token of a service account, without any stored key."""

    @model_validator(mode="after")
    def _has_one(self) -> "CallCredentials":
        if (self.secret_ref is None) == (self.web_identity is None):
            raise ValueError(ONE_OF_CREDENTIALS)
        return self


class BasicAuthorization(Part):
    """User and password."""

    secret_ref: NamedObject
    """A Secret with the keys username and password. It is read by whoever makes the call, never by
    the operator."""


class ApiKeyAuthorization(Part):
    """A header with a secret value."""

    header: str = Field(min_length=1, max_length=128, pattern=_HEADER)
    """The name of the header, such as X-Api-Key."""

    secret_key_ref: NamedKey
    """The key of a Secret with the value, such as the text "Bearer ..."."""


class OAuthAuthorization(Part):
    """Client credentials, for which the endpoint gives a token; it is kept until it expires."""

    endpoint: str = Field(max_length=2048, pattern=_OAUTH_URL)
    """The URL that gives tokens, such as https://auth.example.com/oauth/token. https, unless it is
    on this machine."""

    secret_ref: NamedObject
    """A Secret with the keys clientId and clientSecret."""

    credentials_in: Literal["Header", "Body"] = "Header"
    """How they are sent: in the header Authorization (Basic), or in the body as client_id and
    client_secret."""

    parameters: dict[str, str] = Field(
        default_factory=dict, max_length=20, json_schema_extra={"x-kubernetes-map-type": "atomic"}
    )
    """More fields of the request's body, such as scope and audience. Nothing secret."""


class SecretUrl(Part):
    """A URL that is itself the secret, as webhooks of chats have them."""

    secret_key_ref: NamedKey
    """The key of a Secret with the whole URL, such as https://hooks.slack.com/services/T0/B0/..."""


class HttpCalls(Part):
    """How calls of http:invoke show who they are; without any of these fields, they do not."""

    model_config = rules(
        rule(
            "[has(self.basic), has(self.apiKey), has(self.oauth), has(self.url)]"
            ".filter(x, x).size() <= 1",
            ONE_OF_HTTP,
        )
    )

    basic: BasicAuthorization | None = None
    """User and password, in the header Authorization."""

    api_key: ApiKeyAuthorization | None = None
    """A header with a secret value."""

    oauth: OAuthAuthorization | None = None
    """A token for client credentials, in the header Authorization."""

    url: SecretUrl | None = None
    """A URL that is secret as a whole: calls go there, and ApiEndpoint says its origin only."""

    @model_validator(mode="after")
    def _has_one(self) -> "HttpCalls":
        if sum(it is not None for it in (self.basic, self.api_key, self.oauth, self.url)) > 1:
            raise ValueError(ONE_OF_HTTP)
        return self


class KubernetesCalls(Part):
    """Which cluster is called, and as whom. A cluster elsewhere has an endpoint, too."""

    model_config = rules(
        rule("!(has(self.secretKeyRef) && has(self.serviceAccountName))", ONE_ACCOUNT)
    )

    context: str | None = Field(default=None, min_length=1, max_length=253)
    """On one machine: the context of the kubeconfig, which has cluster and user. In a pod it has no
    effect: the cluster is its own, and the user the account that serviceAccountName says."""

    namespace: ObjectName | None = None
    """The namespace of calls that name none. Default: that of the context, or of the pod; default
    for eks:runJob, as at AWS."""

    secret_key_ref: NamedKey | None = None
    """The key of a Secret with the token for a cluster elsewhere. It is read by the pod that makes
    the call, never by the operator. Only with an endpoint."""

    service_account_name: ObjectName | None = None
    """In a pod, of the own cluster: the service account of the namespace as which calls are made;
    what it may do is RBAC's to say. The audience of its token is the API server, an empty text
    among those that the operator's functionPolicy allows. Default: default."""

    @model_validator(mode="after")
    def _has_one_account(self) -> "KubernetesCalls":
        if self.secret_key_ref is not None and self.service_account_name is not None:
            raise ValueError(ONE_ACCOUNT)
        return self


def _rules_of_kinds() -> Iterator[Mapping[str, Json]]:
    yield rule("self.kind != 'aws' || has(self.region)", NEEDS_REGION)
    for field, kind in _KIND_OF_FIELD.items():
        told = f"{field} is for kind {kind}"
        yield rule(f"self.kind == '{kind}' || !has(self.{field})", told)
    yield rule("self.kind == 'aws' || !self.pathStyle", "pathStyle is for kind aws")
    is_elsewhere = "(has(self.kubernetes) && has(self.kubernetes.secretKeyRef))"
    yield rule(f"self.kind != 'kubernetes' || has(self.endpoint) == {is_elsewhere}", ONLY_ELSEWHERE)
    is_tls = "!has(self.endpoint) || self.endpoint.startsWith('https://')"
    yield rule(f"self.kind != 'kubernetes' || {is_tls}", NEEDS_TLS)


class ConnectionSpec(Part):
    """Where the service is, and as whom it is called."""

    model_config = rules(*_rules_of_kinds())

    kind: Literal["aws", "http", "kubernetes"]
    """What is called. aws: services with an API of AWS. http: HTTPS APIs, by http:invoke.
    kubernetes: the API server of a cluster, by eks:call, eks:runJob and asw:k8s:, and by ecs and
    batch, whose containers then are Jobs."""

    region: str | None = Field(default=None, min_length=1, max_length=63, pattern=_REGION)
    """The region that calls are signed for, such as eu-central-1; without an endpoint it also says
    where the service is. Kind aws needs it, and only that kind has it."""

    endpoint: str | None = Field(default=None, max_length=2048, pattern=_URL)
    """Scheme, host and port, such as http://minio.storage.svc:9000. Kind aws: where the service is;
    default: AWS's own for service and region. Kind http: the only place where calls may go, and
    the only way without TLS; default: anywhere by https. Kind kubernetes: the API server of a
    cluster elsewhere; default: that of the own one."""

    http: HttpCalls | None = None
    """How calls of kind http show who they are. Default: they do not."""

    kubernetes: KubernetesCalls | None = None
    """Which cluster calls of kind kubernetes go to, and as whom."""

    path_style: bool = False
    """Whether buckets of S3 are in the path instead of the host name, as most servers other than
    AWS want it. Kind aws only."""

    ca: TrustedCertificates | None = None
    """Certificates in PEM that the endpoint is checked against. Default: those of the system."""

    connect_timeout_seconds: int = Field(default=5, ge=1, le=300, strict=True)
    """How long connecting may take."""

    timeout_seconds: int = Field(default=60, ge=1, le=3600, strict=True)
    """How long a call may take, from its start to the last byte of the answer. Kind http: 60
    seconds at most, as at AWS. Of calls of kind kubernetes that wait, it is each request;
    TimeoutSeconds of the call says how long they wait."""

    max_calls_per_second: int | None = Field(default=None, ge=1, le=100_000, strict=True)
    """How many calls may start in a second; others wait for their turn. Default: any number."""

    on_lost: OnLost | None = None
    """What happens to a call that the service may have got before the pod that made it was lost, or
    asw was killed. Retry: it is made again. Fail: its state fails with Asw.CallOutcomeUnknown.
    Default: it is made again if it only reads, or takes a token by which it happens once; on a
    cluster, if it only reads."""

    credentials: CallCredentials | None = None
    """What calls are signed with. Default: on one machine, what AWS's own tools find in environment
    and profile; on a cluster, nothing. Kind aws only."""

    allowed_addresses: tuple[Network, ...] = Field(
        default=(), max_length=LONGEST_LIST, json_schema_extra={**ATOMIC_LIST}
    )
    """Networks and addresses besides public ones that calls may reach, such as 10.96.0.0/12.
    An endpoint that is itself an address, or localhost, needs no entry unless it is link-local."""

    workflows: tuple[PublicName, ...] | None = Field(
        default=None, max_length=LONGEST_LIST, json_schema_extra={**ATOMIC_LIST}
    )
    """Names of the Workflows that may use it. Default: all of the namespace."""

    @model_validator(mode="after")
    def _fits_kind(self) -> "ConnectionSpec":
        if self.kind == "aws" and self.region is None:
            raise ValueError(NEEDS_REGION)
        for field, kind in _KIND_OF_FIELD.items():
            if self.kind != kind and getattr(self, field) is not None:
                raise ValueError(f"{field} is for kind {kind}")
        if self.path_style and self.kind != "aws":
            raise ValueError("pathStyle is for kind aws")
        if self.kind == "kubernetes":
            self._check_cluster()
        return self

    @property
    def is_own_cluster(self) -> bool:
        """Whether pods call the API server of their own cluster, by a token of an account."""
        is_elsewhere = self.kubernetes is not None and self.kubernetes.secret_key_ref is not None
        return self.kind == "kubernetes" and not is_elsewhere

    def _check_cluster(self) -> None:
        token = None if self.kubernetes is None else self.kubernetes.secret_key_ref
        if (self.endpoint is None) != (token is None):
            raise ValueError(ONLY_ELSEWHERE)
        if self.endpoint is not None and not self.endpoint.startswith("https://"):
            raise ValueError(NEEDS_TLS)


class ConnectionStatus(Shown):
    """What the operator found out about the Connection."""

    observed_generation: int = -1
    """The metadata.generation that this status describes; -1 before the first one."""

    conditions: Conditions = ()
    """Ready: nothing is known against calls by it. Reason Accepted: no pod has tried yet whether
    the Secrets that it names have what it needs, since asw itself cannot read them. Valid: pods
    found all that it names. False: what keeps calls from being made, until pods find it mended or
    the spec changes. Reconciling, Stalled: for kstatus."""

    @property
    def ready(self) -> Condition | None:
        """The condition Ready of this generation or an earlier one; None if there is none yet."""
        return next((it for it in self.conditions if it.type == CONDITION_READY), None)


class MistakenConnection(Shown):
    """A Connection whose spec cannot be read: what is needed to say so."""

    metadata: ObjectMeta
    status: ConnectionStatus = Field(default_factory=ConnectionStatus)
    mistakes: str = ""
    """What is wrong, in one sentence."""


class Connection(CustomResource):
    """Where a service is that Task states call, and as whom it is called."""

    kind: ClassVar[str] = "Connection"
    plural: ClassVar[str] = "connections"
    short_name: ClassVar[str] = "conn"

    spec: ConnectionSpec
    """Where the service is, and as whom it is called."""

    status: ConnectionStatus = Field(default_factory=ConnectionStatus)
    """What the operator found out about the Connection."""

    def is_for(self, workflow: str) -> bool:
        """Whether the Workflow of that name may use it."""
        return self.spec.workflows is None or workflow in self.spec.workflows
