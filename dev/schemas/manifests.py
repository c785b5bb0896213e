"""The schemas of manifests, from the CustomResourceDefinitions, whose definitions have one too.

A CRD says what the API server takes; a schema for editors is as strict as ``asw validate``, which
tells fields that nobody reads, where the API server drops them.
"""

from collections.abc import Mapping
from typing import Any, Final

from asw.api.crd import KINDS, custom_resource_definition
from asw.api.names import API_VERSION
from asw.api.objects import CustomResource
from asw.asl.values import Json

_DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_OPEN: Final = "x-kubernetes-preserve-unknown-fields"
_KEPT: Final = frozenset(
    {
        "default",
        "description",
        "enum",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "pattern",
        "required",
        "type",
    }
)
"""Words that mean in JSON Schema what they mean in a CRD."""


def manifest_schemas() -> Mapping[str, Json]:
    """One of each kind, and one for files that have any of them."""
    files = {model.kind: f"{model.kind.lower()}.schema.json" for model in KINDS}
    own_kinds = [{"if": _is_kind(kind), "then": {"$ref": file}} for kind, file in files.items()]
    return {
        **{files[model.kind]: _manifest(model) for model in KINDS},
        "manifest.schema.json": {
            "$schema": _DRAFT,
            "title": "Manifest of asw",
            "description": "A Workflow, Function, Execution or Payload; others are let alone.",
            "type": "object",
            "required": ["apiVersion", "kind"],
            "properties": {
                "apiVersion": {"type": "string", "examples": [API_VERSION]},
                "kind": {"type": "string", "examples": list(files)},
            },
            "allOf": own_kinds,
        },
    }


def _is_kind(kind: str) -> Json:
    return {
        "required": ["apiVersion", "kind"],
        "properties": {"apiVersion": {"pattern": r"^asw\.dev/"}, "kind": {"const": kind}},
    }


def _manifest(model: type[CustomResource]) -> dict[str, Json]:
    version = custom_resource_definition(model)["spec"]["versions"][0]
    crd: Mapping[str, Any] = version["schema"]["openAPIV3Schema"]
    parts: dict[str, Any] = {name: _strict(crd["properties"][name]) for name in crd["required"]}
    if model.kind == "Workflow":
        _define(parts["spec"])
    if "status" in crd["properties"]:
        told = "The operator's; not for manifests."
        parts["status"] = {"type": "object", "description": told}
    return {
        "$schema": _DRAFT,
        "title": model.kind,
        "description": crd["description"],
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", *crd["required"]],
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": model.kind},
            "metadata": {
                "type": "object",
                "anyOf": [{"required": ["name"]}, {"required": ["generateName"]}],
                "properties": {"name": {"type": "string"}, "generateName": {"type": "string"}},
            },
            **parts,
        },
        "additionalProperties": False,
    }


def _strict(node: Mapping[str, Any]) -> dict[str, Any]:
    """A node of a structural schema that has no fields but those that it names."""
    made: dict[str, Any] = {key: value for key, value in node.items() if key in _KEPT}
    if "items" in node:
        made["items"] = _strict(node["items"])
    if "properties" in node:
        made["properties"] = {name: _strict(each) for name, each in node["properties"].items()}
        made["additionalProperties"] = bool(node.get(_OPEN))
    elif "additionalProperties" in node:
        made["additionalProperties"] = _strict(node["additionalProperties"])
    if node.get("x-kubernetes-int-or-string"):
        made["type"] = ["integer", "string"]
    elif node.get("nullable") and "type" in made:
        made["type"] = [made["type"], "null"]
    return made


def _define(spec: dict[str, Any]) -> None:
    """spec.definition by its own schema, that of the dialect; and exactly one spelling of it."""

    def of(file: str) -> Json:
        return {"properties": {"definition": {"$ref": file}}}

    spec["if"] = {"required": ["dialect"], "properties": {"dialect": {"const": "TCSL"}}}
    spec["then"] = of("tcsl.schema.json")
    spec["else"] = of("asl.schema.json")
    spec["oneOf"] = [{"required": ["definition"]}, {"required": ["definitionText"]}]
