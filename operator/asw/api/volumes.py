"""Volumes of pods, and where containers mount them: what Functions and task templates may say.

Each source that Kubernetes has and that may be asked for is here; folders of the node, shares and
drivers, and tokens of accounts are not.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator

from asw.api.objects import ATOMIC_LIST, ATOMIC_OBJECT, ObjectName, Part, Quantity, rule, rules

OUR_VOLUMES = "names of volumes that start with asw- belong to asw: choose another"
OUR_PATHS = "/opt/asw and /dev belong to asw and the node: mount it elsewhere"
ONE_VOLUME = (
    "set exactly one of secret, configMap, projected, persistentVolumeClaim, ephemeral, emptyDir"
)
ONE_SOURCE = "set exactly one of secret and configMap"

DnsLabel: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
]
_Path: TypeAlias = Annotated[str, Field(min_length=1, max_length=1024)]


def list_by(*keys: str) -> dict[str, Any]:
    """The marks of a list whose items are told apart by these fields."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)}


class KeyToPath(Part):
    """One key of a Secret or ConfigMap as a file."""

    key: Annotated[str, Field(min_length=1, max_length=253)]
    """The key in its data."""

    path: _Path
    """The file, relative to the volume."""

    mode: int | None = Field(default=None, ge=0, le=511, strict=True)
    """Permission bits of the file, in decimal: 256 is 0400."""


_Items: TypeAlias = Annotated[
    tuple[KeyToPath, ...], Field(max_length=256, json_schema_extra={**ATOMIC_LIST})
]
_Mode: TypeAlias = Annotated[int | None, Field(default=None, ge=0, le=511, strict=True)]


class SecretVolume(Part):
    """The keys of a Secret as files."""

    secret_name: ObjectName
    """metadata.name of the Secret."""

    items: _Items = ()
    """The keys to show. Default: all."""

    default_mode: _Mode = None
    """Permission bits of the files, in decimal. Default: 420, which is 0644."""

    optional: bool | None = Field(default=None, strict=True)
    """Whether it may be missing."""


class ConfigMapVolume(Part):
    """The keys of a ConfigMap as files."""

    name: ObjectName
    """metadata.name of the ConfigMap."""

    items: _Items = ()
    """The keys to show. Default: all."""

    default_mode: _Mode = None
    """Permission bits of the files, in decimal. Default: 420, which is 0644."""

    optional: bool | None = Field(default=None, strict=True)
    """Whether it may be missing."""


class ProjectedObject(Part):
    """The keys of a Secret or ConfigMap as files beside those of others."""

    name: ObjectName
    """metadata.name of the object."""

    items: _Items = ()
    """The keys to show. Default: all."""

    optional: bool | None = Field(default=None, strict=True)
    """Whether it may be missing."""


class ProjectedSource(Part):
    """One source of a projected volume."""

    model_config = rules(rule("has(self.secret) != has(self.configMap)", ONE_SOURCE))

    secret: ProjectedObject | None = None
    """Keys of a Secret."""

    config_map: ProjectedObject | None = None
    """Keys of a ConfigMap."""

    @model_validator(mode="after")
    def _is_one(self) -> "ProjectedSource":
        if (self.secret is None) == (self.config_map is None):
            raise ValueError(ONE_SOURCE)
        return self


class ProjectedVolume(Part):
    """Secrets and ConfigMaps in one folder."""

    sources: tuple[ProjectedSource, ...] = Field(
        min_length=1, max_length=32, json_schema_extra={**ATOMIC_LIST}
    )
    """What is in it. For a token of the account see spec.serviceAccountToken of the Function."""

    default_mode: _Mode = None
    """Permission bits of the files, in decimal. Default: 420, which is 0644."""


class ClaimVolume(Part):
    """A PersistentVolumeClaim of the namespace."""

    claim_name: ObjectName
    """metadata.name of the claim."""

    read_only: bool | None = Field(default=None, strict=True)
    """Whether the containers may only read it."""


class EphemeralVolume(Part):
    """A PersistentVolumeClaim that is made for the pod, and goes with it."""

    volume_claim_template: Mapping[str, Any] = Field(json_schema_extra={**ATOMIC_OBJECT})
    """Metadata and spec of the claim, as in a Pod."""


class EmptyDirVolume(Part):
    """A folder that is empty at first and goes with the pod."""

    medium: Literal["", "Memory"] | None = None
    """Memory: it is kept in memory, and counts into its limit. Default: on the node's disk."""

    size_limit: Quantity | None = None
    """The most it may hold."""


class Volume(Part):
    """A volume that containers of the pod may mount."""

    model_config = rules(
        rule(
            "[has(self.secret), has(self.configMap), has(self.projected),"
            " has(self.persistentVolumeClaim), has(self.ephemeral),"
            " has(self.emptyDir)].filter(b, b).size() == 1",
            ONE_VOLUME,
        ),
        rule("!self.name.startsWith('asw-')", OUR_VOLUMES, ".name"),
    )

    name: DnsLabel
    """Its name, for volumeMounts."""

    secret: SecretVolume | None = None
    """The keys of a Secret as files, except Secrets with tokens."""

    config_map: ConfigMapVolume | None = None
    """The keys of a ConfigMap as files."""

    projected: ProjectedVolume | None = None
    """Secrets and ConfigMaps in one folder."""

    persistent_volume_claim: ClaimVolume | None = None
    """A PersistentVolumeClaim of the namespace."""

    ephemeral: EphemeralVolume | None = None
    """A PersistentVolumeClaim that is made for the pod, and goes with it."""

    empty_dir: EmptyDirVolume | None = None
    """A folder that is empty at first and goes with the pod."""

    @model_validator(mode="after")
    def _is_one_and_not_ours(self) -> "Volume":
        sources = (
            self.secret,
            self.config_map,
            self.projected,
            self.persistent_volume_claim,
            self.ephemeral,
            self.empty_dir,
        )
        if sum(source is not None for source in sources) != 1:
            raise ValueError(ONE_VOLUME)
        if self.name.startswith("asw-"):
            raise ValueError(OUR_VOLUMES)
        return self


Volumes: TypeAlias = Annotated[
    tuple[Volume, ...], Field(max_length=32, json_schema_extra=list_by("name"))
]


class VolumeMount(Part):
    """Where a container sees a volume."""

    model_config = rules(
        rule(
            "!['/opt/asw', '/dev'].exists(p, self.mountPath == p"
            " || self.mountPath.startsWith(p + '/'))",
            OUR_PATHS,
            ".mountPath",
        )
    )

    name: DnsLabel
    """Name of the volume."""

    mount_path: Annotated[str, Field(min_length=2, max_length=1024, pattern=r"^(/[^/:]+)+$")]
    """The absolute path in the container."""

    sub_path: _Path | None = None
    """A path in the volume that is mounted instead of its root."""

    read_only: bool | None = Field(default=None, strict=True)
    """Whether the container may only read it."""

    @model_validator(mode="after")
    def _is_not_ours(self) -> "VolumeMount":
        if any(f"{self.mount_path}/".startswith(path) for path in ("/opt/asw/", "/dev/")):
            raise ValueError(OUR_PATHS)
        return self


Mounts: TypeAlias = Annotated[
    tuple[VolumeMount, ...], Field(max_length=64, json_schema_extra=list_by("mountPath"))
]
