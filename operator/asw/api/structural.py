"""From pydantic models to the structural schema that Kubernetes accepts. Pure.

Kubernetes wants every node to have one type, no references and no unions; a schema that pydantic
writes otherwise is refused here rather than by an API server. Fields are described by the strings
below them. pydantic can read these too, but doing so for every class doubles the time to create
it, and only schemas need them.
"""

import ast
from collections.abc import Mapping
from functools import cache
from inspect import cleandoc, getsource
from itertools import pairwise
from sys import modules
from typing import Any

from pydantic import BaseModel

from asw.asl.values import Json

_FIRST = ("description", "type")
_DROPPED = frozenset({"$defs", "title", "propertyNames"})
_REFERENCE = "#/$defs/"
_ANY_TYPE = ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string")


class NotStructural(ValueError):
    """A model uses something that a structural schema cannot express."""


def structural_schema(model: type[BaseModel]) -> dict[str, Json]:
    """The structural schema of a model's objects, with JSON names in the model's order."""
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
    """The node with its reference resolved and its null alternative left out."""
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


@cache
def attribute_docstrings(kind: type) -> dict[str, str]:
    """Docstrings by attribute, including those of base classes; a class's own come first."""
    found: dict[str, str] = {}
    for base in kind.__mro__:
        for name, text in _own(base).items():
            found.setdefault(name, text)
    return found


def _own(kind: type) -> dict[str, str]:
    """Those in the class itself; pydantic's own classes have no fields of a schema."""
    if kind.__module__.partition(".")[0] in ("builtins", "pydantic", "typing"):
        return {}
    described: dict[str, str] = {}
    body = _class_bodies(kind.__module__).get(kind.__name__, [])
    for statement, after in pairwise(body):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
        ):
            described[statement.target.id] = cleandoc(after.value.value)
    return described


@cache
def _class_bodies(module: str) -> dict[str, list[ast.stmt]]:
    tree = ast.parse(getsource(modules[module]))
    return {node.name: node.body for node in tree.body if isinstance(node, ast.ClassDef)}
