"""What is known of an input in advance: a JSON Schema, or samples.

Of JSON Schema only the keywords that matter for data flow are read. Others are ignored and
reported; ignoring them only makes more values possible. Samples show the fields and types of
values, not the values themselves, nor the lengths of arrays.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from asw.asl.values import Json, is_number, kind_of
from asw.lint.analysis.scalars import Numbers, Texts
from asw.lint.analysis.shapes import (
    ANY,
    BOOLEAN,
    DEEPEST,
    NOTHING,
    NUMBER,
    OBJECT,
    TEXT,
    Arrays,
    Field,
    Objects,
    Presence,
    Shape,
    array,
    joined,
    of_value,
    record,
    shape,
)

DEEPEST_SCHEMA: Final = 12
"""Levels of nested schemas and references that are followed."""
BYTES_OF_CHARACTER: Final = 4
"""Most bytes of a character in UTF-8."""
_NOTED: Final = frozenset(
    {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"}
    | {"$schema", "$id", "$comment", "$defs", "definitions", "$anchor", "format", "pattern"}
    | {"minLength", "uniqueItems", "multipleOf", "minProperties", "maxProperties"}
    | {"contentEncoding", "contentMediaType"}
)
"""Keywords without a meaning for data flow, ignored without a report."""
_READ: Final = frozenset(
    {"type", "properties", "required", "items", "prefixItems", "enum", "const", "$ref"}
    | {"additionalProperties", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
    | {"minItems", "maxItems", "maxLength", "anyOf", "oneOf", "allOf"}
)
_TYPES: Final = ("null", "boolean", "number", "string", "array", "object")


_KINDS: Final[Mapping[str, Shape]] = {
    "null": ANY,
    "boolean": BOOLEAN,
    "string": TEXT,
    "number": NUMBER,
}


class InvalidSchema(Exception):
    """Not a schema; the message says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """An ignored keyword, and the JSON pointer to its schema."""

    keyword: str
    pointer: str


def of_schema(schema: Json) -> tuple[Shape, tuple[Ignored, ...]]:
    """The values that fit the schema, perhaps more, and ignored keywords. Raises InvalidSchema."""
    reader = _Reader(schema)
    found = reader.read(schema, "#", 0)
    return found, tuple(dict.fromkeys(reader.ignored))


def of_samples(samples: Iterable[Json]) -> Shape:
    """Values like these samples."""
    return joined(map(of_sample, samples))


def of_sample(value: Json, depth: int = 0) -> Shape:
    """Values like this one.

    Null, an empty array and a nested empty object say nothing about what may be there.
    """
    if isinstance(value, list):
        items = value if depth < DEEPEST else []
        return array(joined(of_sample(it, depth + 1) for it in items) if items else ANY)
    if isinstance(value, dict):
        if depth and (not value or depth >= DEEPEST):
            return OBJECT
        return record({name: of_sample(it, depth + 1) for name, it in value.items()})
    return _KINDS[kind_of(value)]


@dataclass(slots=True)
class _Reader:
    root: Json
    ignored: list[Ignored] = field(default_factory=list)

    def read(self, schema: Json, pointer: str, depth: int) -> Shape:
        if isinstance(schema, bool):
            return ANY if schema else NOTHING
        if not isinstance(schema, dict):
            raise InvalidSchema(f"{pointer} is no schema: it must be an object, true or false")
        if depth > DEEPEST_SCHEMA:
            return ANY
        schema = self._resolved(schema, pointer)
        self.ignored += (
            Ignored(name, pointer) for name in schema if name not in _READ and name not in _NOTED
        )
        for name in ("anyOf", "oneOf"):
            if name in schema:
                return self._any_of(schema, name, pointer, depth)
        if "const" in schema:
            return of_value(schema["const"])
        if "enum" in schema:
            return joined(map(of_value, _list(schema["enum"], f"{pointer}/enum")))
        return self._of_types(schema, pointer, depth)

    def _resolved(self, schema: Mapping[str, Any], pointer: str) -> Mapping[str, Any]:
        """The schema with what its ``$ref`` and ``allOf`` add."""
        found, hops = dict(schema), 0
        while "$ref" in found:
            hops += 1
            target = self._target(found.pop("$ref"), pointer)
            if hops > DEEPEST_SCHEMA or not isinstance(target, dict):
                break
            found = _both(target, found)
        for at, part in enumerate(_list(found.pop("allOf", []), f"{pointer}/allOf")):
            if isinstance(part, dict):
                found = _both(found, self._resolved(part, f"{pointer}/allOf/{at}"))
        return found

    def _target(self, reference: Json, pointer: str) -> Json:
        if not isinstance(reference, str) or not reference.startswith("#"):
            self.ignored.append(Ignored("$ref", pointer))
            return {}
        here = self.root
        for step in reference[1:].split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(here, dict) or name not in here:
                raise InvalidSchema(f"{pointer}/$ref names {reference}, which is not there")
            here = here[name]
        return here

    def _any_of(self, schema: Mapping[str, Any], name: str, pointer: str, depth: int) -> Shape:
        others = {key: value for key, value in schema.items() if key != name}
        found = []
        for at, branch in enumerate(_list(schema[name], f"{pointer}/{name}")):
            both = _both(others, branch) if isinstance(branch, dict) else branch
            found.append(self.read(both, f"{pointer}/{name}/{at}", depth + 1))
        return joined(found)

    def _of_types(self, schema: Mapping[str, Any], pointer: str, depth: int) -> Shape:
        given = schema.get("type", list(_TYPES))
        types = {given} if isinstance(given, str) else set(_list(given, f"{pointer}/type"))
        types = {"number" if it == "integer" else it for it in types}
        for it in types:
            if it not in _TYPES:
                raise InvalidSchema(f"{pointer}/type: there is no type '{it}'")
        if "type" not in schema and not _READ.intersection(schema):
            return ANY
        return shape(
            null="null" in types,
            booleans=BOOLEAN.booleans if "boolean" in types else frozenset(),
            numbers=_numbers(schema) if "number" in types else None,
            texts=_texts(schema) if "string" in types else None,
            arrays=self._arrays(schema, pointer, depth) if "array" in types else None,
            objects=self._objects(schema, pointer, depth) if "object" in types else None,
        )

    def _arrays(self, schema: Mapping[str, Any], pointer: str, depth: int) -> Arrays:
        items, first = schema.get("items", True), schema.get("prefixItems", [])
        if isinstance(items, list):  # drafts before 2020
            items, first = True, items
        head = tuple(
            self.read(it, f"{pointer}/prefixItems/{at}", depth + 1)
            for at, it in enumerate(_list(first, f"{pointer}/prefixItems"))
        )
        rest = self.read(items, f"{pointer}/items", depth + 1)
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        return Arrays(rest, head, _count(least), None if most is None else _count(most))

    def _objects(self, schema: Mapping[str, Any], pointer: str, depth: int) -> Objects:
        more = schema.get("additionalProperties", True)
        rest = self.read(more, f"{pointer}/additionalProperties", depth + 1)
        if "patternProperties" in schema:
            rest = ANY
        properties = schema.get("properties", {})
        if not isinstance(properties, dict):
            raise InvalidSchema(f"{pointer}/properties must be an object")
        required = set(_list(schema.get("required", []), f"{pointer}/required"))
        fields = {}
        for name, below in properties.items():
            found = self.read(below, f"{pointer}/properties/{name}", depth + 1)
            presence = Presence.SURE if name in required else Presence.SHOWN_MISSING
            fields[name] = Field(found, presence)
        for name in required - properties.keys():
            fields[name] = Field(rest)
        return Objects(fields, rest)


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both schemas as one; where they conflict ``other`` wins."""
    found = {**one, **other}
    for name in ("properties", "$defs"):
        if isinstance(one.get(name), dict) and isinstance(other.get(name), dict):
            found[name] = {**one[name], **other[name]}
    if isinstance(one.get("required"), list) and isinstance(other.get("required"), list):
        found["required"] = [*one["required"], *other["required"]]
    return found


def _numbers(schema: Mapping[str, Any]) -> Numbers:
    low, high = (-math.inf, 0), (math.inf, 0)
    for name, rank in (("minimum", 0), ("exclusiveMinimum", 1)):
        if is_number(schema.get(name)):
            low = max(low, (schema[name], rank))
    for name, rank in (("maximum", 0), ("exclusiveMaximum", -1)):
        if is_number(schema.get(name)):
            high = min(high, (schema[name], rank))
    return Numbers(low, high)


def _texts(schema: Mapping[str, Any]) -> Texts:
    most = schema.get("maxLength")
    if not isinstance(most, int) or isinstance(most, bool):
        return Texts()
    return Texts(longest=BYTES_OF_CHARACTER * most + 2)


def _list(value: Json, pointer: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidSchema(f"{pointer} must be an array")
    return value


def _count(value: Json) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
