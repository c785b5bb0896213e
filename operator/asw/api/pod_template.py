"""The pod template of Functions and task templates: a subset of Kubernetes' PodTemplateSpec.

Only what is named here can be said: no folder, network or process of the host, no port, no other
account and no token has a field. What has one is judged further by the function policy
(``asw.api.function_policy``): names of Secrets, images, and security contexts.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator

from asw.api.objects import (
    ATOMIC_LIST,
    ATOMIC_OBJECT,
    ObjectName,
    Part,
    rule,
    rules,
)
from asw.api.pods import Reference, Resources, Variables
from asw.api.volumes import DnsLabel, Mounts, Volumes, list_by

CONTAINER = "task"
"""The container that runs the Function."""

OUR_LABELS = "labels and annotations of asw.dev belong to asw: choose another prefix"
APPARMOR = "set securityContext.appArmorProfile of the container instead of an annotation"
OUR_VARIABLES = "names that start with ASW_ belong to asw: choose another prefix"
OUR_CONTAINER = "container task runs the Function: name it in containers, others in initContainers"
ONE_ENV_SOURCE = "set exactly one of secretRef and configMapRef"

_APPARMOR_KEY = "container.apparmor.security.beta.kubernetes.io/"
_KEY = r"^([-.a-z0-9]+/)?[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$"
_Label: TypeAlias = Annotated[str, Field(max_length=63)]
_Argument: TypeAlias = Annotated[str, Field(max_length=32768)]
_Arguments: TypeAlias = Annotated[
    tuple[_Argument, ...], Field(max_length=256, json_schema_extra={**ATOMIC_LIST})
]
_Object: TypeAlias = Annotated[
    Mapping[str, Any] | None, Field(default=None, json_schema_extra={**ATOMIC_OBJECT})
]
_Objects: TypeAlias = Annotated[
    tuple[Annotated[Mapping[str, Any], Field(json_schema_extra={**ATOMIC_OBJECT})], ...],
    Field(max_length=32, json_schema_extra={**ATOMIC_LIST}),
]


class EnvSourceReference(Reference):
    """Names a Secret or ConfigMap of the namespace; it may be missing."""

    optional: bool | None = Field(default=None, strict=True)
    """Whether it may be missing; no variable is set then."""


_Prefix: TypeAlias = Annotated[str, Field(max_length=128, pattern=r"^[-._a-zA-Z][-._a-zA-Z0-9]*$")]


class EnvSource(Part):
    """All keys of a Secret or ConfigMap as environment variables."""

    model_config = rules(
        rule("has(self.secretRef) != has(self.configMapRef)", ONE_ENV_SOURCE),
        rule("!has(self.prefix) || !self.prefix.startsWith('ASW_')", OUR_VARIABLES, ".prefix"),
    )

    prefix: _Prefix | None = None
    """Comes before each key."""

    secret_ref: EnvSourceReference | None = None
    """A Secret in the namespace, except Secrets with tokens."""

    config_map_ref: EnvSourceReference | None = None
    """A ConfigMap in the namespace."""

    @model_validator(mode="after")
    def _is_one_and_not_ours(self) -> "EnvSource":
        if (self.secret_ref is None) == (self.config_map_ref is None):
            raise ValueError(ONE_ENV_SOURCE)
        if (self.prefix or "").startswith("ASW_"):
            raise ValueError(OUR_VARIABLES)
        return self


EnvSources: TypeAlias = Annotated[
    tuple[EnvSource, ...], Field(max_length=64, json_schema_extra={**ATOMIC_LIST})
]


class TaskContainer(Part):
    """What the container that runs the Function gets besides what asw and the Function say."""

    name: Literal["task"]
    """Always task."""

    env: Variables = ()
    """Environment variables; spec.env of the Function wins."""

    env_from: EnvSources = ()
    """Secrets and ConfigMaps whose keys become environment variables; env wins."""

    volume_mounts: Mounts = ()
    """Where it sees volumes of the pod."""


class InitContainer(Part):
    """A container that ends before the Function starts, or a sidecar that runs beside it."""

    model_config = rules(rule("self.name != 'task'", OUR_CONTAINER, ".name"))

    name: DnsLabel
    """Its name, unique in the pod."""

    image: Annotated[str, Field(min_length=1, max_length=1024)]
    """Its image."""

    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When the image is pulled. Default: as in Kubernetes."""

    command: _Arguments | None = None
    """Entry point instead of the image's."""

    args: _Arguments | None = None
    """Arguments of the entry point instead of the image's."""

    restart_policy: Literal["Always"] | None = None
    """Always: it is a sidecar, which starts before the Function and is ended after it. Default: it
    must succeed before the Function starts."""

    env: Variables = ()
    """Environment variables."""

    env_from: EnvSources = ()
    """Secrets and ConfigMaps whose keys become environment variables; env wins."""

    volume_mounts: Mounts = ()
    """Where it sees volumes of the pod."""

    resources: Resources | None = None
    """Its compute resources. Default: as for tasks that name none."""

    security_context: _Object = None
    """Its security context, as in a Pod; its fields override ours, as far as the operator's
    functionPolicy allows. Default: that of the Function's container."""

    startup_probe: _Object = None
    """For a sidecar, as in a Pod: the Function starts once it succeeds."""

    @model_validator(mode="after")
    def _is_not_ours(self) -> "InitContainer":
        if self.name == CONTAINER:
            raise ValueError(OUR_CONTAINER)
        return self


class PodSecurity(Part):
    """Who owns the files of volumes."""

    fs_group: int | None = Field(default=None, ge=0, le=2**31 - 1, strict=True)
    """Group that owns volumes and that all containers belong to, so that they can write there."""

    fs_group_change_policy: Literal["OnRootMismatch", "Always"] | None = None
    """When the group of existing files is changed. Default: Always."""

    supplemental_groups: Annotated[
        tuple[Annotated[int, Field(ge=0, le=2**31 - 1, strict=True)], ...],
        Field(max_length=32, json_schema_extra={**ATOMIC_LIST}),
    ] = ()
    """Further groups that all containers belong to."""


class PodSpec(Part):
    """What Function and Workflow may say of a pod. Fields are as in a Pod of Kubernetes."""

    volumes: Volumes = ()
    """Volumes that containers may mount. A volume makes the pod start later, by a third of a
    second."""

    containers: Annotated[
        tuple[TaskContainer, ...], Field(max_length=1, json_schema_extra=list_by("name"))
    ] = ()
    """The container that runs the Function, named task. Sidecars are initContainers."""

    init_containers: Annotated[
        tuple[InitContainer, ...], Field(max_length=16, json_schema_extra=list_by("name"))
    ] = ()
    """Containers that run before the Function, and, with restartPolicy Always, beside it."""

    affinity: _Object = None
    """Which nodes are preferred or required, and which pods nearby, as in a Pod."""

    topology_spread_constraints: _Objects = ()
    """How pods are spread over zones or nodes, as in a Pod."""

    runtime_class_name: ObjectName | None = None
    """RuntimeClass that runs the containers, such as gvisor."""

    scheduler_name: ObjectName | None = None
    """Scheduler that chooses the node. Default: that of the cluster."""

    security_context: PodSecurity | None = None
    """Who owns the files of volumes."""

    termination_grace_period_seconds: int | None = Field(default=None, ge=0, le=3600, strict=True)
    """How long the containers may take to end once they are told to. Default: 30."""

    host_aliases: _Objects = ()
    """Entries of /etc/hosts, as in a Pod."""

    dns_config: _Object = None
    """Name servers and options beside those of the cluster, as in a Pod."""


_Key: TypeAlias = Annotated[str, Field(max_length=317, pattern=_KEY)]


class PodMetadata(Part):
    """Labels and annotations of Jobs and their pods."""

    model_config = rules(
        *(
            rule(
                f"!has(self.{field}) || !self.{field}.exists(k, k.matches("
                "'^([-.a-z0-9]+[.])?asw[.]dev/'))",
                OUR_LABELS,
                f".{field}",
            )
            for field in ("labels", "annotations")
        ),
        rule(
            "!has(self.annotations) ||"
            f" !self.annotations.exists(k, k.startsWith('{_APPARMOR_KEY}'))",
            APPARMOR,
            ".annotations",
        ),
    )

    labels: Mapping[_Key, _Label] = Field(default_factory=dict, max_length=64)
    """Labels. With kueue.x-k8s.io/queue-name, Kueue decides when the Job runs."""

    annotations: Mapping[_Key, Annotated[str, Field(max_length=65536)]] = Field(
        default_factory=dict, max_length=64
    )
    """Annotations."""

    @model_validator(mode="after")
    def _is_not_ours(self) -> "PodMetadata":
        for key in (*self.labels, *self.annotations):
            if is_ours(key):
                raise ValueError(OUR_LABELS)
        if any(is_apparmor(key) for key in self.annotations):
            raise ValueError(APPARMOR)
        return self


def is_ours(key: str) -> bool:
    """Whether a key of labels or annotations belongs to asw."""
    domain = key.rpartition("/")[0]
    return domain == "asw.dev" or domain.endswith(".asw.dev")


def is_apparmor(key: str) -> bool:
    """Whether an annotation would set a container's AppArmor profile."""
    return key.startswith(_APPARMOR_KEY)


class PodTemplate(Part):
    """What the pods are to have besides what asw gives them: a part of Kubernetes' template.

    Function and Workflow may each have one. They are merged, the Function's over the Workflow's,
    and what asw needs itself over both.
    """

    metadata: PodMetadata | None = None
    """Labels and annotations of Jobs and their pods."""

    spec: PodSpec | None = None
    """What is in the pod, and where it may run."""


class TokenRequest(Part):
    """A token of the service account, for functions that speak as it."""

    audience: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    """Who the token is for, such as vault. Default: the API server of the cluster."""

    expiration_seconds: int | None = Field(default=None, ge=600, le=86_400, strict=True)
    """How long it is valid; the file is replaced in time. Default: 3600."""
