"""What our resources say about the pods of tasks, in Kubernetes' terms."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from asw.api.objects import LONGEST_LIST, ObjectName, Part, Quantity, rule, rules

Key: TypeAlias = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[-._a-zA-Z0-9]+$")]
_Label: TypeAlias = Annotated[str, Field(max_length=63)]


class Reference(Part):
    """Names an object in the same namespace."""

    name: ObjectName
    """metadata.name of the object."""


class KeyReference(Part):
    """Names a key of an object in the same namespace."""

    name: ObjectName
    """metadata.name of the object."""

    key: Key
    """The key in its data."""


class OptionalKeyReference(KeyReference):
    """Names a key of an object in the same namespace; either may be missing."""

    optional: bool | None = Field(default=None, strict=True)
    """Whether the object or key may be missing; the variable is not set then."""


class Resources(Part):
    """Compute resources of the container: what is reserved for it, and what it must not exceed."""

    requests: Mapping[str, Quantity] = Field(default_factory=dict, max_length=32)
    """What the scheduler reserves for it, such as cpu: 100m."""

    limits: Mapping[str, Quantity] = Field(default_factory=dict, max_length=32)
    """The most it may use, such as memory: 512Mi."""


class Toleration(Part):
    """Lets pods run on nodes with a matching taint."""

    key: str | None = Field(default=None, max_length=316)
    """The taint's key; if missing, every key matches, with operator Exists."""

    operator: Literal["Exists", "Equal"] | None = None
    """Whether the value must match. Default: Equal."""

    value: str | None = Field(default=None, max_length=63)
    """The taint's value, with operator Equal."""

    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The taint's effect; if missing, every effect matches."""

    toleration_seconds: int | None = Field(default=None, strict=True)
    """With effect NoExecute: how long the pod may stay. Default: forever."""


NodeSelector: TypeAlias = Annotated[Mapping[str, _Label], Field(max_length=64)]
Tolerations: TypeAlias = Annotated[
    tuple[Toleration, ...],
    Field(max_length=64, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
]
PullSecrets: TypeAlias = Annotated[
    tuple[Reference, ...],
    Field(
        max_length=32,
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
    ),
]


class VariableSource(Part):
    """Where the value of an environment variable comes from."""

    model_config = rules(
        rule(
            "has(self.secretKeyRef) != has(self.configMapKeyRef)",
            "set exactly one of secretKeyRef and configMapKeyRef",
        )
    )

    secret_key_ref: OptionalKeyReference | None = None
    """A key of a Secret in the namespace."""

    config_map_key_ref: OptionalKeyReference | None = None
    """A key of a ConfigMap in the namespace."""

    @model_validator(mode="after")
    def _has_one_source(self) -> "VariableSource":
        if (self.secret_key_ref is None) == (self.config_map_key_ref is None):
            raise ValueError("set exactly one of secretKeyRef and configMapKeyRef")
        return self


class Variable(Part):
    """An environment variable of the container."""

    model_config = rules(
        rule("!(has(self.value) && has(self.valueFrom))", "set only one of value and valueFrom"),
        rule(
            "!self.name.startsWith('ASW_')",
            "names that start with ASW_ belong to asw: choose another",
            ".name",
        ),
    )

    name: Annotated[
        str, Field(min_length=1, max_length=256, pattern=r"^[-._a-zA-Z][-._a-zA-Z0-9]*$")
    ]
    """Name of the variable."""

    value: str | None = Field(default=None, max_length=131072)
    """Its value, taken literally."""

    value_from: VariableSource | None = None
    """Where its value comes from, instead of value."""

    @model_validator(mode="after")
    def _has_one_value(self) -> "Variable":
        if self.value is not None and self.value_from is not None:
            raise ValueError("set only one of value and valueFrom")
        if self.name.startswith("ASW_"):
            raise ValueError("names that start with ASW_ belong to asw: choose another")
        return self


Variables: TypeAlias = Annotated[
    tuple[Variable, ...],
    Field(
        max_length=LONGEST_LIST,
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
    ),
]
