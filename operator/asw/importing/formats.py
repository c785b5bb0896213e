"""Chooses the reader for the format of an export. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

from asw.asl.values import JsonObject
from asw.failures import Failure
from asw.importing.cloudformation import read_template
from asw.importing.found import Export, Haul, Note
from asw.importing.intrinsics import is_machine
from asw.importing.plain import read_definition_alone, read_description, read_flow_service
from asw.importing.serverless import read_components, read_plugin
from asw.lint.exports import FORMATS, Format, format_of
from asw.messages import t

_READERS: Final[Mapping[Format, Callable[[Export], Haul]]] = {
    "asl": lambda export: (
        read_description(export)
        if "definition" in export.content
        else read_definition_alone(export)
    ),
    "sam": read_template,
    "cdk": read_template,
    "serverless": lambda export: (
        read_plugin(export) if "stepFunctions" in export.content else read_components(export)
    ),
    "asw-export": read_flow_service,
}


def read(export: Export, wanted: Format | None) -> Haul:
    """All that the export holds. Raises Failure if it holds no state machine."""
    found = wanted or format_of(export.content)
    if found is None:
        raise Failure(
            t("{name} is not an export that asw knows", name=export.name),
            remedy=t("asw reads {formats}; name one with --format", formats=", ".join(FORMATS)),
        )
    try:
        haul = _READERS[found](export)
    except (KeyError, TypeError, AttributeError) as error:
        raise Failure(
            t("{name} does not have the form of {format}", name=export.name, format=found),
            remedy=t("omit --format, or fix the export"),
        ) from error
    if not haul.machines:
        raise _nothing_in(export, haul)
    whole = [machine for machine in haul.machines if isinstance(machine.definition, dict)]
    for machine in haul.machines:
        if machine not in whole:
            message = t("the definition is not an object")
            remedy = t("it must be an object with StartAt and States")
            if not whole:
                raise Failure(f"{machine.place}: {message}", remedy=remedy)
            note = Note(kind="open", place=machine.place, message=message, remedy=remedy)
            haul.notes.append(note)
    haul.machines[:] = whole
    return haul


def _nothing_in(export: Export, haul: Haul) -> Failure:
    """Why there is nothing to import: an unavailable definition, or none at all."""
    for note in haul.notes:
        if note.kind == "open":
            return Failure(f"{note.place}: {note.message}", remedy=note.remedy)
    return Failure(
        t("{name} has no state machine", name=export.name), remedy=_remedy(export.content)
    )


def _remedy(content: JsonObject) -> str:
    resources = content.get("Resources")
    if isinstance(resources, dict) and not any(
        is_machine(it) for it in resources.values() if isinstance(it, dict)
    ):
        return t("import the template with a resource of type AWS::StepFunctions::StateMachine")
    return t("import the file that has the definition")
