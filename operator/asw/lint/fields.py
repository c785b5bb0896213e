"""Fields of manifests that are wrong, missing or unknown, as findings. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from asw.api.objects import CustomResource, FieldProblem
from asw.asl.values import JsonObject
from asw.failures import nearest
from asw.lint.findings import Finding, Origin
from asw.lint.rules import INVALID_FIELD, MISSING_FIELD, UNKNOWN_FIELD
from asw.lint.shapes import told_of, value_at
from asw.messages import t

TOP_FIELDS: Final = ("apiVersion", "kind", "metadata", "spec", "status")
METADATA_FIELDS: Final = (
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
)
"""Kubernetes: ObjectMeta, of meta/v1."""


def slips_outside(content: JsonObject, origin: Origin) -> Iterator[Finding]:
    """Fields outside of spec that Kubernetes has not: models leave them to whoever is newer."""
    for steps, given, known in (
        ((), content, TOP_FIELDS),
        (("metadata",), content["metadata"], METADATA_FIELDS),
    ):
        for name in given:
            if name not in known:
                path = ".".join((*steps, name))
                yield _unknown_field(origin, path, (*steps, name), known)


def field_finding(
    problem: FieldProblem, origin: Origin, model: type[CustomResource], content: JsonObject
) -> Finding:
    """A wrong field, in our words where we have some; pydantic's are good enough for the rest."""
    if problem.kind == "extra_forbidden":
        known = _fields_around(model, problem.steps)
        return _unknown_field(origin, problem.path, problem.steps, known)
    if problem.kind == "missing":
        message = t("{path}: this field must be there", path=problem.path)
        return origin.finding(MISSING_FIELD, message, at=problem.steps)
    if told := told_of(problem.kind, problem.message, value_at(content, problem.steps)):
        message = t("{path}: {what}", path=problem.path, what=told[0])
        return origin.finding(INVALID_FIELD, message, told[1], at=problem.steps)
    return origin.finding(INVALID_FIELD, str(problem), at=problem.steps)


def _unknown_field(
    origin: Origin, path: str, steps: tuple[int | str, ...], known: Sequence[str]
) -> Finding:
    remedy = nearest(str(steps[-1]), known)
    if not remedy and known:
        remedy = t("there are {names}", names=", ".join(known))
    message = t("{path}: no such field", path=path)
    return origin.finding(UNKNOWN_FIELD, message, remedy, at=steps, part="key")


def _fields_around(model: type[CustomResource], steps: tuple[int | str, ...]) -> list[str]:
    """The fields that the object has in which the steps end; none where that is not known."""
    from asw.api.structural import structural_schema  # noqa: PLC0415 -- only for mistakes

    schema: Any = structural_schema(model)
    for step in steps[:-1]:
        schema = schema.get("items") if isinstance(step, int) else _property(schema, step)
        if not isinstance(schema, dict):
            return []
    return sorted(schema.get("properties", ()))


def _property(schema: Mapping[str, Any], name: str) -> Any:
    return schema.get("properties", {}).get(name, schema.get("additionalProperties"))
