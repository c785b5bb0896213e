"""What each of the parser's readers takes, as a schema.

A reader is known by its name, and one that a function made by what that function was called with:
both are asked of the reader itself, so that a schema says what the parser does. A reader that is
not known here is an error, never a schema that takes anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import getclosurevars
from typing import Any, Final, TypeAlias

from asw.asl.definition.distribution import INPUT_TYPES, LONGEST_LABEL
from asw.asl.definition.fields import Reader
from asw.asl.errors import LANGUAGE_ERRORS
from asw.asl.model import Dialect, QueryLanguage
from asw.asl.resources import FORMS
from asw.asl.values import Json

Schema: TypeAlias = dict[str, Json]

EXPRESSION: Final[Schema] = {
    "type": "string",
    "pattern": r"^\{%[\s\S]*%\}$",
    "description": "A JSONata expression: {% $states.input.total > 5 %}",
}
TEMPLATE: Final[Schema] = {
    "description": "Any JSON; the value of a field whose name ends in .$ is a path or a call.",
    "if": {"type": "object"},
    "then": {
        "patternProperties": {r"\.\$$": {"type": "string"}},
        "additionalProperties": {"$ref": "#/definitions/template"},
    },
    "else": {
        "if": {"type": "array"},
        "then": {"items": {"$ref": "#/definitions/template"}},
    },
}
_PATH: Final[Schema] = {"type": "string", "pattern": r"^\s*\$"}
_TEXT: Final[Schema] = {"type": "string"}
_TIMESTAMP: Final[Schema] = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
}


class UnknownReaderError(Exception):
    """The parser has a reader that no schema was written for."""


def reference(name: str) -> Schema:
    """What stands under the name in the schema's definitions."""
    return {"$ref": f"#/definitions/{name.replace(' ', '%20')}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Schemas of readers, in an object of this language, in a machine of that one."""

    dialect: Dialect
    language: QueryLanguage
    machine: QueryLanguage

    def schema_of(self, field: str, read: Reader) -> Schema | None:
        """What the reader of the field takes; None where the dialect has no such field."""
        if field == "QueryLanguage":
            return {"enum": ["JSONPath", "JSONata"]}
        name = getattr(read, "__qualname__", "")
        if name == "_read_selector" and self.dialect == "ASL":
            return None
        if name in _SIMPLE:
            return _SIMPLE[name]
        if name in _MADE:
            return _MADE[name](self, getclosurevars(read).nonlocals)
        if name in _NAMED:
            return reference(_NAMED[name].format(language=self.language, machine=self.machine))
        if name in _LISTS:
            item = _LISTS[name].format(language=self.language)
            return {"type": "array", "items": reference(item)}
        raise UnknownReaderError(f"{field} is read by {name}: write its schema")

    def query_or(self, made: Mapping[str, Any]) -> Schema:
        """An expression, or what another reader takes."""
        other = self.schema_of("", made["read"]) or {}
        return {"anyOf": [other, reference("expression")]}

    def array_of(self, made: Mapping[str, Any]) -> Schema:
        """An array of what another reader takes."""
        schema: Schema = {"type": "array", "items": self.schema_of("", made["read_item"]) or {}}
        return schema | ({"minItems": 1} if made["is_filled"] else {})

    def with_language(self, made: Mapping[str, Any]) -> Schema:
        """An object whose fields depend on the language of the state that it is in."""
        return reference(f"{_READS[made['read'].__qualname__]}, {self.language}")

    def bounds(self, made: Mapping[str, Any], kind: str) -> Schema:
        """A number of a range."""
        schema: Schema = {"type": kind}
        if made["least"] != float("-inf"):
            schema["minimum"] = made["least"]
        return schema if made["most"] is None else schema | {"maximum": made["most"]}


def _one_of(_self: Readers, made: Mapping[str, Any]) -> Schema:
    return {"enum": list(made["allowed"])}


def _service(_self: Readers, made: Mapping[str, Any]) -> Schema:
    return {"enum": [f"arn:aws:states:::{action}" for action in made["actions"]]} | {
        "description": "The ARN of an action of S3."
    }


_ANY: Final[Schema] = {}
_SIMPLE: Final[Mapping[str, Schema]] = {
    "anything": _ANY,
    "_read_result": _ANY,
    "text": _TEXT,
    "_constant": _TEXT,
    "boolean": {"type": "boolean"},
    "timestamp": _TIMESTAMP,
    "path": {"type": ["string", "null"], "pattern": r"^\$"},
    "reference_path": _PATH,
    "operand_path": _PATH,
    "result_path": {"type": ["string", "null"], "pattern": r"^\$(?!\$)"},
    "expression": {"type": "string", "pattern": r"^(\$|States\.)"},
    "template": {"allOf": [{"type": "object"}, reference("template")]},
    "parameters": {"allOf": [{"type": ["object", "array", "string"]}, reference("template")]},
    "_read_selector": {"allOf": [{"type": "object"}, reference("template")]},
    "error_names": {
        "type": "array",
        "minItems": 1,
        "items": {"anyOf": [{"enum": list(LANGUAGE_ERRORS)}, {"type": "string"}]},
    },
    "read_resource": {
        "type": "string",
        "pattern": "^(asw|arn|qrn):",
        "examples": list(FORMS),
    },
    "query": reference("expression"),
    "query_object": {"anyOf": [{"type": "object"}, reference("expression")]},
    "items": {"anyOf": [{"type": "array"}, reference("expression")]},
    "_read_label": {"type": "string", "minLength": 1, "maxLength": LONGEST_LABEL},
    "_read_input_type": {"enum": [name for name in INPUT_TYPES if name != "PARQUET"]},
    "_read_pointer": {"type": "string", "pattern": "^(/|$)"},
}
"""Readers that take the same everywhere."""

_MADE: Final[Mapping[str, Callable[[Readers, Mapping[str, Any]], Schema]]] = {
    "integer.<locals>.read": lambda it, made: it.bounds(made, "integer"),
    "number.<locals>.read": lambda it, made: it.bounds(made, "number"),
    "one_of.<locals>.read": _one_of,
    "array_of.<locals>.read": Readers.array_of,
    "query_or.<locals>.read_either": Readers.query_or,
    "template_with.<locals>.read": lambda _it, _made: {},
    "read_assign.<locals>.read": lambda _it, _made: {"type": "object"},
    "read_credentials.<locals>.read": lambda _it, _made: {"type": "object"},
    "_reads.<locals>.<lambda>": Readers.with_language,
    "_service.<locals>.read": _service,
}
"""Readers that a function makes of what it is called with."""

_NAMED: Final[Mapping[str, str]] = {
    "_read_states": "States in {machine}",
    "_read_branch": "Branch in {machine}",
    "_read_processor": "Processor in {machine}",
    "read_processor_config": "ProcessorConfig",
    "_read_writer_config": "WriterConfig",
    "_read_condition": "InnerRule",
}
_LISTS: Final[Mapping[str, str]] = {
    "read_retry": "Retrier",
    "read_catch": "Catcher, JSONPath",
    "read_query_catch": "Catcher, JSONata",
    "read_choices": "Rule, JSONPath",
    "read_query_choices": "Rule, JSONata",
}
_READS: Final[Mapping[str, str]] = {
    "_read_reader": "ItemReader",
    "_read_reader_config": "ReaderConfig",
    "_read_batcher": "ItemBatcher",
    "_read_writer": "ResultWriter",
}
