"""Reads single definitions: bare ones, and what the services print about a machine. Pure."""

from dataclasses import replace

from asw.asl.model import Dialect
from asw.asl.values import Json, JsonObject, from_text, to_text
from asw.importing.cloud_yaml import read_export
from asw.importing.found import Export, FoundMachine, Haul
from asw.importing.leftovers import logging_of, notes_on_machine
from asw.importing.tokens import fill, tokens_of

_QRN = '"Resource":"qrn:'
_LOGGING_OFF = {"level": "OFF", "includeExecutionData": False}


def read_definition_alone(export: Export) -> Haul:
    """A bare definition; it is TCSL if a Task names its function by a qrn."""
    return Haul(machines=[_machine(export.stem, export.name, export.content, export)])


def read_description(export: Export) -> Haul:
    """What ``aws stepfunctions describe-state-machine`` prints."""
    content = export.content
    haul = Haul()
    definition = _definition_in(content["definition"], export)
    name = str(content.get("name") or export.stem)
    machine = _machine(name, export.name, definition, export)
    haul.machines.append(replace(machine, logging=logging_of(content)))
    haul.notes.extend(notes_on_machine(_properties(content), f"{export.name}: "))
    return haul


def read_flow_service(export: Export) -> Haul:
    """What Tencent's DescribeFlowServiceDetail answers, and its console exports."""
    content = export.content.get("Response") or export.content
    haul = Haul()
    definition = _definition_in(content.get("Definition", content), export)
    name = str(content.get("FlowServiceName") or export.stem)
    description = content.get("FlowServiceChineseName") or content.get("Description")
    has_input, value = default_input(content.get("FlowInput") or content.get("Input"))
    haul.machines.append(
        replace(
            _machine(name, export.name, definition, export, "TCSL"),
            has_input=has_input,
            input=value,
            description=str(description or ""),
        )
    )
    properties = {
        "Role": content.get("RoleResource"),
        "Logging": content.get("EnableCLS"),
        "Type": content.get("Type"),
    }
    shown = {name: value for name, value in properties.items() if value}
    haul.notes.extend(notes_on_machine(shown, f"{export.name}: "))
    return haul


def default_input(text: Json) -> tuple[bool, Json]:
    """Whether an export has a default input, and its value; other text than JSON does not count."""
    if not isinstance(text, str):
        return text is not None, text
    try:
        return True, from_text(text)
    except ValueError:
        return False, None


def dialect_of(definition: Json) -> Dialect:
    """TCSL if a Resource is a qrn."""
    return "TCSL" if _QRN in to_text(definition) else "ASL"


def _machine(
    name: str, place: str, definition: Json, export: Export, dialect: Dialect | None = None
) -> FoundMachine:
    filled = fill(definition, export.values)
    return FoundMachine(
        name=name,
        place=place,
        definition=filled,
        dialect=dialect or dialect_of(filled),
        open_tokens=frozenset(tokens_of(filled)),
    )


def _definition_in(value: Json, export: Export) -> Json:
    """The definition, which services return as text."""
    if isinstance(value, str):
        return read_export(value, f"{export.name}: definition")
    return value


def _properties(content: JsonObject) -> JsonObject:
    """The fields of AWS's answer under CloudFormation's names, without empty ones."""
    properties: dict[str, Json] = {}
    if content.get("roleArn"):
        properties["RoleArn"] = content["roleArn"]
    if content.get("loggingConfiguration", _LOGGING_OFF) != _LOGGING_OFF:
        properties["LoggingConfiguration"] = content["loggingConfiguration"]
    if (content.get("tracingConfiguration") or {}).get("enabled"):
        properties["TracingConfiguration"] = content["tracingConfiguration"]
    properties["Type"] = content.get("type", "STANDARD")
    return properties
