"""From pydantic's JSON schema to the structural schema that Kubernetes takes. Pure.

Kubernetes wants every node to have one type, no references and no unions; what pydantic writes
that cannot be said is refused here rather than by an API server.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from asw.asl.values import Json

_FIRST = ("description", "type")
_DROPPED = frozenset({"$defs", "title", "propertyNames"})
_REFERENCE = "#/$defs/"
_ANY_TYPE = ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string")


class NotStructural(ValueError):
    """A model uses something that a structural schema cannot say."""


def structural_schema(model: type[BaseModel]) -> dict[str, Json]:
    """The structural schema of a model's objects, field names as outside, in the model's order."""
    schema = model.model_json_schema(by_alias=True)
    return _structural(schema, schema.get("$defs", {}), model.__name__)


def _structural(node: Mapping[str, Any], defs: Mapping[str, Any], where: str) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for key, value in _flat(node, defs, where).items():
        match key:
            case "properties":
                made[key] = {
                    name: _structural(each, defs, f"{where}.{name}") for name, each in value.items()
                }
            case "items":
                made[key] = _structural(value, defs, f"{where}[]")
            case "additionalProperties" if isinstance(value, Mapping):
                made[key] = _structural(value, defs, f"{where}{{}}")
            case "patternProperties":
                (only,) = value.values()
                made["additionalProperties"] = _structural(only, defs, f"{where}{{}}")
            case "const":
                made["enum"] = [value]
            case "description":
                made[key] = " ".join(value.split())
            case _ if _says_something(key, value):
                made[key] = value
    if "type" not in made and not any(made.get(marker) for marker in _ANY_TYPE):
        raise NotStructural(f"{where} has no type: mark it as one that preserves unknown fields")
    return {key: made[key] for key in sorted(made, key=_rank)}


def _rank(key: str) -> int:
    return _FIRST.index(key) if key in _FIRST else len(_FIRST)


def _says_something(key: str, value: Json) -> bool:
    if key == "default":
        return value is not None and value not in ("", [], {})
    return key not in _DROPPED and key != "additionalProperties"


def _flat(node: Mapping[str, Any], defs: Mapping[str, Any], where: str) -> dict[str, Json]:
    """The node with its reference followed and its null alternative left out."""
    if reference := node.get("$ref"):
        target = _flat(defs[reference.removeprefix(_REFERENCE)], defs, where)
        return target | {key: value for key, value in node.items() if key != "$ref"}
    if alternatives := node.get("anyOf"):
        others = [each for each in alternatives if each.get("type") != "null"]
        if len(others) != 1:
            raise NotStructural(f"{where} is a union: merge its forms, and check them by CEL")
        inner = _flat(others[0], defs, where)
        return inner | {key: value for key, value in node.items() if key != "anyOf"}
    return dict(node)
