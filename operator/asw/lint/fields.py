"""Fields of manifests and test files that are wrong, missing or unknown, as findings. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from asw.api.function import FILE_NAME, FILE_NAMES
from asw.api.names import OBJECT_NAME_PATTERN, OBJECT_NAMES
from asw.api.objects import CustomResource, FieldProblem
from asw.api.structural import structural_schema
from asw.asl.values import Json, JsonObject
from asw.failures import nearest
from asw.lint.findings import Finding, Origin
from asw.lint.hints import translated
from asw.lint.rules import INVALID_FIELD, MISSING_FIELD, UNKNOWN_FIELD
from asw.messages import t

_NUMBER = re.compile(r"(?:at least|at most) (\d+)")
_NAME = re.compile(r"'([^']*)'")

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
    """Fields outside spec that Kubernetes does not have: models accept them for newer versions."""
    for steps, given, known in (
        ((), content, TOP_FIELDS),
        (("metadata",), content["metadata"], METADATA_FIELDS),
    ):
        for name in given:
            if name not in known:
                at = (*steps, name)
                yield unknown_field(origin, ".".join(at), at, known)


def field_finding(
    problem: FieldProblem, origin: Origin, model: type[CustomResource], content: JsonObject
) -> Finding:
    """A wrong field, in our words where we have some; otherwise in pydantic's."""
    path, steps = problem.path, problem.steps
    if problem.kind == "extra_forbidden":
        return unknown_field(origin, path, steps, _fields_around(model, steps))
    if problem.kind == "missing":
        return missing_field(origin, path, steps)
    if told := told_of(problem.kind, problem.message, value_at(content, steps)):
        message = t("{path}: {what}", path=path, what=told[0])
        return origin.finding(INVALID_FIELD, message, told[1], at=steps)
    return origin.finding(INVALID_FIELD, str(problem), at=steps)


def unknown_field(
    origin: Origin, path: str, steps: Sequence[int | str], known: Sequence[str]
) -> Finding:
    """A field that does not exist, at its key; the remedy names the nearest one, or all."""
    remedy = nearest(str(steps[-1]), known)
    if not remedy and known:
        remedy = t("available: {names}", names=", ".join(known))
    message = t("{path}: no such field", path=path)
    return origin.finding(UNKNOWN_FIELD, message, remedy, at=steps, part="key")


def missing_field(origin: Origin, path: str, steps: Sequence[int | str]) -> Finding:
    """A required field that is missing."""
    message = t("{path}: this field is required", path=path)
    return origin.finding(MISSING_FIELD, message, at=steps)


def _fields_around(model: type[CustomResource], steps: tuple[int | str, ...]) -> list[str]:
    """The fields of the object around the last step; none if they are unknown."""
    schema: Any = structural_schema(model)
    for step in steps[:-1]:
        schema = schema.get("items") if isinstance(step, int) else _property(schema, step)
        if not isinstance(schema, dict):
            return []
    return sorted(schema.get("properties", ()))


def _property(schema: Mapping[str, Any], name: str) -> Any:
    return schema.get("properties", {}).get(name, schema.get("additionalProperties"))


def told_of(kind: str, message: str, value: Json) -> tuple[str, str] | None:
    """A sentence and a remedy for pydantic's kind of error; None if its own message must do."""
    if kind == "literal_error":
        names = _NAME.findall(message)
        near = nearest(value, names) if isinstance(value, str) else ""
        if len(names) == 1:
            return t("this must be {name}", name=names[0]), ""
        return t("this must be one of {names}", names=", ".join(names)), near
    number = message.rpartition(" ")[2]
    if kind == "greater_than_equal":
        return t("this must be {number} or more", number=number), ""
    if kind == "less_than_equal":
        return t("this must be {number} or less", number=number), ""
    return (said, "") if (said := _said(kind, message)) else None


def _said(kind: str, message: str) -> str:
    if kind in _SIZES and (size := _NUMBER.search(message)):
        return _SIZES[kind](size[1])
    if kind == "string_pattern_mismatch":
        pattern = message.partition("'")[2].rstrip("'")
        if pattern in _PATTERNS:
            return translated(_PATTERNS[pattern])
        return t("this must match {pattern}", pattern=pattern)
    if kind == "value_error":  # a sentence from our models
        return translated(message.removeprefix("Value error, "))
    return _TYPES[kind]() if kind in _TYPES else ""


def value_at(content: Json, steps: Sequence[int | str]) -> Json:
    """The value that the steps lead to, None where they lead nowhere; ``"2"`` is an index too."""
    here = content
    for step in steps:
        if isinstance(here, dict):
            here = here.get(step)
        elif isinstance(here, list) and str(step).isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            return None
    return here


_PATTERNS: Final = {FILE_NAME: FILE_NAMES, OBJECT_NAME_PATTERN: OBJECT_NAMES}
"""What patterns ask for, in words."""
_SIZES: Final[Mapping[str, Callable[[str], str]]] = {
    "too_short": lambda least: (
        t("this must not be empty") if least == "1" else t("this must have {n} or more", n=least)
    ),
    "too_long": lambda most: t("this must have {n} or less", n=most),
    "string_too_short": lambda least: (
        t("this must not be empty")
        if least == "1"
        else t("this must have {n} characters or more", n=least)
    ),
    "string_too_long": lambda most: t("this must have {n} characters or less", n=most),
}
"""Sentences on sizes, by pydantic's kind of error."""
_TYPES: Final[Mapping[str, Callable[[], str]]] = {
    **dict.fromkeys(
        ("model_type", "dict_type", "mapping_type"), lambda: t("this must be an object")
    ),
    **dict.fromkeys(("tuple_type", "list_type"), lambda: t("this must be a list")),
    "string_type": lambda: t("this must be a string"),
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_from_float"), lambda: t("this must be a whole number")
    ),
    **dict.fromkeys(("bool_type", "bool_parsing"), lambda: t("this must be true or false")),
}
"""Sentences on types, by pydantic's kind of error."""
