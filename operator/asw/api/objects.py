"""What the custom resources share: base models, metadata, names, parsing.

A field's description is the string below it; ``kubectl explain`` shows it. Markers of the
Kubernetes schema (``x-kubernetes-...``) are beside their field or class.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from asw.api.applied import with_lost_nulls
from asw.api.instants import instant_text
from asw.api.names import NAME_PATTERN, OBJECT_NAME_PATTERN
from asw.api.structural import attribute_docstrings
from asw.asl.values import Json, JsonObject

Instant: TypeAlias = Annotated[
    AwareDatetime, PlainSerializer(instant_text, return_type=str, when_used="json")
]
"""A field with an instant: a datetime in Python, our text in JSON."""
OnLost: TypeAlias = Literal["Retry", "Fail"]
"""What happens to a task that was lost after it may have begun."""

LONGEST_LIST = 1000
"""Bound of lists that are not written by hand; CEL wants every list bounded."""
MOST_SECONDS = 315_360_000
"""Ten years: the longest span of a retention."""

PRESERVE_UNKNOWN: Mapping[str, Json] = {"x-kubernetes-preserve-unknown-fields": True}
ATOMIC_OBJECT: Mapping[str, Json] = {**PRESERVE_UNKNOWN, "x-kubernetes-map-type": "atomic"}
ATOMIC_LIST: Mapping[str, Json] = {"x-kubernetes-list-type": "atomic"}


def rule(expression: str, message: str, field_path: str | None = None) -> dict[str, Json]:
    """One CEL rule of a schema; ``field_path`` is where the API server reports a violation."""
    made: dict[str, Json] = {"rule": expression, "message": message}
    if field_path is not None:
        made["fieldPath"] = field_path
    return made


def rules(*all_rules: Mapping[str, Json]) -> ConfigDict:
    """The configuration of a model with these CEL rules."""
    return ConfigDict(json_schema_extra={"x-kubernetes-validations": [dict(r) for r in all_rules]})


def as_it_was(field: str) -> str:
    """CEL: an optional field of ``self`` is unchanged: still absent, or equal."""
    return (
        f"has(self.{field}) == has(oldSelf.{field})"
        f" && (!has(self.{field}) || self.{field} == oldSelf.{field})"
    )


SAME_NAME = rule(
    "(has(self.spec.name) ? self.spec.name : self.metadata.name)"
    " == (has(oldSelf.spec.name) ? oldSelf.spec.name : oldSelf.metadata.name)",
    "spec.name is immutable: create a new object under the new name",
    ".spec.name",
)
"""CEL, for the whole object: the public name stays the same, whichever field spells it."""


class Part(BaseModel):
    """A part of a spec: frozen, camelCase in JSON, and no unknown fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: Any, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Its schema, each field with the description below it (``use_attribute_docstrings``)."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in attribute_docstrings(cls).items():
            field = cls.model_fields.get(name)
            member = properties.get(field.alias) if field and field.alias else None
            if member is not None and field is not None and field.description is None:
                member["description"] = text
        return schema


class Shown(Part):
    """A part of a status or of metadata; a newer operator may have written unknown fields."""

    model_config = ConfigDict(extra="ignore")


PublicName: TypeAlias = Annotated[str, Field(min_length=1, max_length=80, pattern=NAME_PATTERN)]
"""A public name: ``Resize_Image``, also in Chinese (AWS: up to 80 characters)."""

ObjectName: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=253, pattern=OBJECT_NAME_PATTERN)
]

_QUANTITY = r"^\+?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|[eE][-+]?[0-9]+)?$"

Quantity: TypeAlias = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if isinstance(value, int) else value),
    Field(pattern=_QUANTITY),
    WithJsonSchema({"x-kubernetes-int-or-string": True, "pattern": _QUANTITY}),
]
"""Kubernetes: a quantity such as ``500m`` or ``1Gi``; not negative."""


class ObjectMeta(Shown):
    """The parts of an object's metadata that asw reads."""

    name: str
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    creation_timestamp: Instant | None = None
    deletion_timestamp: Instant | None = None
    labels: Mapping[str, str] = Field(default_factory=dict)
    annotations: Mapping[str, str] = Field(default_factory=dict)


class StoredObject(Shown):
    """A ConfigMap with what does not fit into the status; a Payload if it is private."""

    name: str = Field(max_length=253)
    """Name of the object, made from owner and content."""

    digest: str = Field(max_length=71)
    """SHA-256 of the content, in hex."""

    size: int = 0
    """Bytes of the content; 0 if an older version wrote it."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of an object: where, and a sentence.

    ``steps`` lead to it; ``kind`` is pydantic's, such as ``missing`` or ``extra_forbidden``.
    """

    path: str
    message: str
    steps: tuple[int | str, ...] = ()
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class InvalidObject(ValueError):
    """An object that bypassed the schema of its kind, with all its problems."""

    def __init__(self, kind: str, problems: tuple[FieldProblem, ...]) -> None:
        super().__init__(f"invalid {kind}: " + "; ".join(map(str, problems)))
        self.kind = kind
        self.problems = problems


class CustomResource(Shown):
    """A custom resource of ours. Subclasses add ``spec`` and ``status``."""

    kind: ClassVar[str]
    plural: ClassVar[str]
    short_name: ClassVar[str]
    free_fields: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Fields of spec that hold any JSON, each with those that can replace it."""

    metadata: ObjectMeta

    _completed: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """The object as the API server returns it, with the nulls that its author applied.

        Raises InvalidObject with every problem.
        """
        whole, completed = with_lost_nulls(source, cls.free_fields)
        try:
            found = cls.model_validate(whole, by_alias=True, by_name=False)
        except ValidationError as error:
            raise InvalidObject(cls.kind, _problems(error)) from error
        found._completed = completed  # noqa: SLF001 (of this very class)
        return found

    @property
    def completed(self) -> frozenset[str]:
        """Free fields that differ from the API server's object: kubectl had dropped their nulls."""
        return self._completed


def _problems(error: ValidationError) -> tuple[FieldProblem, ...]:
    return tuple(
        FieldProblem(
            path=_path(steps),
            message=each["msg"].removeprefix("Value error, "),
            steps=steps,
            kind=each["type"],
        )
        for each in error.errors(include_url=False, include_input=False, include_context=False)
        for steps in [_steps(each["loc"])]
    )


def _steps(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Where it is; pydantic adds a step of its own to a key that is wrong itself."""
    return location[:-1] if location[-1:] == ("[key]",) else location


def _path(location: tuple[int | str, ...]) -> str:
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return "".join(parts).removeprefix(".")
