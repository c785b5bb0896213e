"""Turns what an export holds into manifests and notes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from shlex import quote

from asw.asl.values import Json, JsonObject
from asw.importing.code import body_of
from asw.importing.definitions import Rewriting, problems_of
from asw.importing.found import (
    NEEDS_WORK,
    Export,
    FoundFunction,
    FoundMachine,
    Haul,
    LeadsOut,
    Note,
)
from asw.importing.manifests import (
    function_manifest,
    notes_on_environment,
    object_name,
    public_name,
    workflow_manifest,
)
from asw.messages import t


@dataclass(frozen=True, slots=True)
class Conversion:
    """Manifests, and all notes on them."""

    workflows: list[dict[str, Json]] = field(default_factory=list)
    functions: list[dict[str, Json]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def needs_work(self) -> bool:
        """Whether anything must be done before the workflows run as they did."""
        return any(note.kind in NEEDS_WORK for note in self.notes)

    def to_plain(self) -> Json:
        """The report as JSON values; ``needsWork`` is what the exit code says."""
        notes = [
            {"kind": it.kind, "place": it.place, "message": it.message}
            | ({"remedy": it.remedy} if it.remedy else {})
            for it in self.notes
        ]
        return {
            "workflows": [it["metadata"]["name"] for it in self.workflows],
            "functions": [it["metadata"]["name"] for it in self.functions],
            "needsWork": self.needs_work,
            "notes": notes,
        }


def convert(haul: Haul, export: Export) -> Conversion:
    """Workflows for all machines, and Functions for the functions that they call."""
    conversion = Conversion()
    names = {
        alias: public_name(function.name)
        for function in haul.functions
        for alias in (*function.aliases, function.name)
    }
    callers: dict[str, list[str]] = {}
    for machine in haul.machines:
        _take_machine(machine, names, callers, conversion)
    known = {public_name(function.name): function for function in haul.functions}
    for name, places in callers.items():
        _take_function(known.get(name), name, places, export, conversion)
    uncalled = sorted(known.keys() - callers.keys())
    places_left = {known[name].place for name in uncalled}
    for note in haul.notes:
        if not any(note.place.startswith(f"{place}.") for place in places_left):
            conversion.notes.append(note)
    if uncalled:
        conversion.notes.append(
            Note(
                kind="left-out",
                place=export.name,
                message=t("functions that no state calls: {names}", names=", ".join(uncalled)),
            )
        )
    return conversion


def _take_machine(
    machine: FoundMachine,
    names: Mapping[str, str],
    callers: dict[str, list[str]],
    conversion: Conversion,
) -> None:
    rewriting = Rewriting(machine, names)
    definition = rewriting.rewrite()
    for name, places in rewriting.callers.items():
        callers.setdefault(name, []).extend(places)
    taken = [manifest["metadata"]["name"] for manifest in conversion.workflows]
    name = object_name(machine.name, "workflow", taken)
    if public_name(machine.name) in map(_name_of, conversion.workflows):
        machine = replace(machine, name=name)  # both would be the Workflow of that name
    conversion.workflows.append(workflow_manifest(machine, definition, name))
    conversion.notes.append(
        Note(
            kind="carried",
            place=machine.place,
            message=t(
                "Workflow {name}, states: {count}", name=name, count=_count_states(definition)
            ),
        )
    )
    conversion.notes.extend(rewriting.notes)
    conversion.notes.extend(_open_tokens(machine, definition))
    conversion.notes.extend(problems_of(machine, definition))


def _name_of(workflow: JsonObject) -> str:
    return str(workflow["spec"].get("name", workflow["metadata"]["name"]))


def _open_tokens(machine: FoundMachine, definition: Json, path: str = "") -> list[Note]:
    """A note for each token that is left in the definition, with its place."""
    if isinstance(definition, dict):
        items = [
            (str(key).replace("~", "~0").replace("/", "~1"), it) for key, it in definition.items()
        ]
    elif isinstance(definition, list):
        items = [(str(number), it) for number, it in enumerate(definition)]
    else:
        return [
            Note(
                kind="open",
                place=f"{machine.place}: {path}",
                message=t("the value {token} is not known here", token=token),
                remedy=t("set it with --set {setting}", setting=quote(f"{token[2:-1]}=VALUE")),
            )
            for token in sorted(machine.open_tokens)
            if isinstance(definition, str) and token in definition
        ]
    return [note for key, it in items for note in _open_tokens(machine, it, f"{path}/{key}")]


def _take_function(
    function: FoundFunction | None,
    name: str,
    callers: list[str],
    export: Export,
    conversion: Conversion,
) -> None:
    found = function or FoundFunction(name=name, place=callers[0])
    try:
        body = body_of(found, export.files)
    except LeadsOut as failure:
        raise failure.at(found.place) from failure
    taken = [manifest["metadata"]["name"] for manifest in conversion.functions]
    object_named = object_name(name, "function", taken)
    conversion.functions.append(function_manifest(found, body, object_named))
    if not body.notes:
        conversion.notes.append(
            Note(
                kind="carried",
                place=found.place,
                message=t(
                    "Function {name}, files: {count}", name=name, count=len(body.files or ())
                ),
            )
        )
    conversion.notes.extend(body.notes)
    conversion.notes.extend(notes_on_environment(found))


def _count_states(value: Json) -> int:
    """The number of states at all levels."""
    if isinstance(value, list):
        return sum(_count_states(item) for item in value)
    if not isinstance(value, dict):
        return 0
    states = value.get("States")
    own = len(states) if isinstance(states, dict) and "StartAt" in value else 0
    return own + sum(_count_states(item) for item in value.values())
