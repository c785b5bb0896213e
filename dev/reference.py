"""The reference page of the custom resources; `python -m dev.crds` writes it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

HEAD = """# Custom resources

Every field of `asw.dev/v1alpha1`, as `kubectl explain` shows it. Generated from the docstrings in
`asw.api`: edit those.
"""
COMMON = frozenset({"apiVersion", "kind", "metadata"})
"""Fields of every object, documented by Kubernetes."""
DEPTH = 3
"""Deeper fields are Kubernetes' own and documented there."""


def page(definitions: Sequence[Mapping[str, Any]]) -> str:
    """The page for these CustomResourceDefinitions."""
    return HEAD + "".join(_chapter(definition) for definition in definitions)


def _chapter(definition: Mapping[str, Any]) -> str:
    spec = definition["spec"]
    names, schema = spec["names"], spec["versions"][0]["schema"]["openAPIV3Schema"]
    short = ", ".join(f"`{name}`" for name in names["shortNames"])
    text = f"\n## {names['kind']} ({short})\n\n{schema['description']}\n"
    for part, field in schema["properties"].items():
        if part in COMMON:
            continue
        inner = list(_fields(field, part)) or [(part, field)]
        rows = "".join(_row(path, each) for path, each in inner)
        text += f"\n| {part} | type | meaning |\n|---|---|---|\n{rows}"
    return text


def _fields(schema: Schema, path: str, depth: int = DEPTH) -> Iterator[tuple[str, Schema]]:
    """The fields below a schema with their paths, down to a depth."""
    for name, field in schema.get("properties", {}).items():
        here = f"{path}.{name}"
        yield here, field
        if depth > 1:
            inner = field.get("items", field)
            mark = "[]" if "items" in field else ""
            yield from _fields(inner, here + mark, depth - 1)


def _row(path: str, field: Schema) -> str:
    kind = field.get("type", "any")
    if "enum" in field:
        kind = " or ".join(f"`{value}`" for value in field["enum"])
    about = " ".join(str(field.get("description", "")).split()).replace("|", "\\|")
    return f"| `{path}` | {kind} | {about} |\n"
