"""The schema of definitions, from the tables of fields that the parser itself uses.

A schema cannot express what the parser checks by comparing fields with each other, such as
transitions to missing states: ``asw validate`` does that.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from asw.asl.definition.choice_rules import (
    COMBINATIONS,
    INNER_RULE,
    OPERATORS,
    QUERY_RULE,
    RULE,
)
from asw.asl.definition.distribution import (
    PROCESSOR_CONFIG,
    WRITER_CONFIG,
    batcher_shape,
    reader_config_shape,
    reader_shape,
    writer_shape,
)
from asw.asl.definition.fields import Shape
from asw.asl.definition.retry_catch import CATCHER, QUERY_CATCHER, RETRIER
from asw.asl.definition.states import BRANCH, PROCESSOR, STATE_SHAPES, STATE_TYPES
from asw.asl.model import Dialect, QueryLanguage
from asw.asl.parse import MACHINE_SHAPES
from asw.asl.values import Json
from dev.schemas.field_help import FIELD_HELP, TYPE_HELP
from dev.schemas.values import EXPRESSION, TEMPLATE, Readers, reference

LANGUAGES: Final[Sequence[QueryLanguage]] = ("JSONPath", "JSONata")
_NESTING: Final = ("Parallel", "Map")
"""Types whose states contain states, and so depend on the language of the whole machine."""

_NEEDED: Final[Mapping[str, Sequence[str]]] = {
    "Wait": ("Seconds", "SecondsPath", "Timestamp", "TimestampPath"),
    "Map": ("ItemProcessor", "Iterator"),
}
"""Fields of which a state needs one; the parser checks that for each state."""


def definition_schema(dialect: Dialect) -> dict[str, Json]:
    """The schema of a definition in the dialect: JSON Schema draft 7, which editors accept."""
    definitions = {name: _object(shape, dialect) for name, shape in _plain_shapes().items()}
    definitions |= {"expression": EXPRESSION, "template": TEMPLATE}
    for language in LANGUAGES:
        definitions |= _of_machine(language, dialect)
    machine = _object(MACHINE_SHAPES[dialect], dialect)
    machine["properties"]["States"] = {"type": "object", "description": FIELD_HELP["States"]}
    states = {
        language: {"properties": {"States": reference(f"States in {language}")}}
        for language in LANGUAGES
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"State machine ({dialect})",
        "description": "A definition for asw; asw validate checks more than a schema can express.",
        **machine,
        "if": _is("QueryLanguage", "JSONata"),
        "then": states["JSONata"],
        "else": states["JSONPath"],
        "definitions": definitions,
    }


def _plain_shapes() -> Mapping[str, Shape]:
    """Objects that are the same wherever they stand."""
    shapes = {
        "Retrier": RETRIER,
        "Catcher, JSONPath": CATCHER,
        "Catcher, JSONata": QUERY_CATCHER,
        "Rule, JSONPath": RULE,
        "Rule, JSONata": QUERY_RULE,
        "InnerRule": INNER_RULE,
        "WriterConfig": WRITER_CONFIG,
        "ProcessorConfig": PROCESSOR_CONFIG,
    }
    for language in LANGUAGES:
        shapes |= {
            f"ItemReader, {language}": reader_shape(language),
            f"ReaderConfig, {language}": reader_config_shape(language),
            f"ItemBatcher, {language}": batcher_shape(language),
            f"ResultWriter, {language}": writer_shape(language),
        }
    for kind, by_language in STATE_SHAPES.items():
        if kind not in _NESTING:
            for language, shape in by_language.items():
                shapes[f"{kind}, {language}"] = shape
    return shapes


def _of_machine(machine: QueryLanguage, dialect: Dialect) -> dict[str, Json]:
    """What depends on the machine's language: a state without one of its own speaks it."""
    spoken = LANGUAGES if machine == "JSONPath" else ("JSONata",)
    made: dict[str, Json] = {
        f"States in {machine}": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"minLength": 1, "maxLength": 80},
            "additionalProperties": reference(f"State in {machine}"),
        },
        f"State in {machine}": _state(machine),
        f"Branch in {machine}": _object(BRANCH, dialect, machine),
        f"Processor in {machine}": _object(PROCESSOR, dialect, machine),
    }
    for kind in _NESTING:
        for language in spoken:
            shape = STATE_SHAPES[kind][language]
            made[_name_of(kind, language, machine)] = _object(shape, dialect, machine)
    return made


def _name_of(kind: str, language: str, machine: str) -> str:
    return f"{kind}, {language}" + (f" in {machine}" if kind in _NESTING else "")


def _state(machine: QueryLanguage) -> dict[str, Json]:
    """By Type, and in a machine of JSONPath by the state's own language."""

    def of_type(kind: str) -> Json:
        jsonata = reference(_name_of(kind, "JSONata", machine))
        if machine == "JSONata":
            return jsonata
        jsonpath = reference(_name_of(kind, "JSONPath", machine))
        return {"if": _is("QueryLanguage", "JSONata"), "then": jsonata, "else": jsonpath}

    spoken = ["JSONata"] if machine == "JSONata" else list(LANGUAGES)
    return {
        "type": "object",
        "required": ["Type"],
        "properties": {
            "Type": {"enum": list(STATE_TYPES), "description": FIELD_HELP["Type"]},
            "QueryLanguage": {"enum": spoken, "description": FIELD_HELP["QueryLanguage"]},
        },
        "allOf": [{"if": _is("Type", kind), "then": of_type(kind)} for kind in STATE_TYPES],
    }


def _is(field: str, value: str) -> dict[str, Json]:
    return {"required": [field], "properties": {field: {"const": value}}}


def _object(shape: Shape, dialect: Dialect, machine: QueryLanguage = "JSONPath") -> dict[str, Any]:
    """An object of the shape: its fields and no others."""
    read = Readers(dialect=dialect, language=shape.language, machine=machine)
    properties = {}
    for name, field in shape.fields.items():
        schema = read.schema_of(name, field.read)
        if schema is not None:
            properties[name] = {"description": FIELD_HELP[name], **schema}
    made: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    if shape.required:
        made["required"] = list(shape.required)
    if shape.owner.endswith(" state"):
        kind = shape.owner.split()[1]
        made["description"] = TYPE_HELP[kind]
        made |= _needs(kind, properties)
    elif shape in (RULE, INNER_RULE):
        made["anyOf"] = [_with(name) for name in (*COMBINATIONS, "Variable")]
        made["dependencies"] = {"Variable": {"anyOf": [_with(name) for name in OPERATORS]}}
    return made


def _needs(kind: str, properties: Mapping[str, Json]) -> dict[str, Json]:
    """Fields of which one must be there."""
    groups = [names for names in (_NEEDED.get(kind),) if names]
    if STATE_TYPES[kind].goes_on:
        groups.append(("Next", "End"))
    wanted = [{"anyOf": [_with(name) for name in names if name in properties]} for names in groups]
    return {"allOf": wanted} if wanted else {}


def _with(name: str) -> dict[str, Json]:
    return {"required": [name]}
