"""Reading an object of the definition by a table of its fields.

Readers take a value and its place, tell the place what is wrong, and return what the model wants.
What they return for a wrong value does not matter: no model is made of a definition with errors.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from asw.asl.definition.place import Place, listed
from asw.asl.values import Json

Reader: TypeAlias = Callable[[Json, Place], Any]
Table: TypeAlias = "dict[str, Field]"
"""Fields by name; tables are joined with ``|``."""

_OF_JSONATA: Final[Mapping[str, str]] = {
    "Arguments": "Parameters",
    "Output": "ResultSelector, ResultPath and OutputPath",
    "Items": "ItemsPath",
    "Condition": "Variable and an operator",
}
"""JSONata's fields, and what JSONPath has for them."""
_OF_JSONPATH: Final[Mapping[str, str]] = {
    "InputPath": "$states.input in Arguments or Output",
    "OutputPath": "Output",
    "Parameters": "Arguments",
    "ResultSelector": "Output",
    "ResultPath": "Output",
    "Result": "Output",
    "ItemsPath": "Items",
    "Variable": "Condition",
}
"""JSONPath's fields, and what JSONata has for them."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: how it is read, and which attribute of the model it becomes, if any."""

    read: Reader
    into: str | None = None
    required: bool = False


def read_fields(value: Json, place: Place, table: Table, owner: str) -> dict[str, Any]:
    """The attributes that an object's fields become; ``owner`` names the object in messages.

    Those of required fields are all there, None where the field is not.
    """
    attributes: dict[str, Any] = {
        field.into: None for field in table.values() if field.required and field.into
    }
    if not isinstance(value, dict):
        place.wrong(value, f"an object ({owner})")
        return attributes
    for name, member in value.items():
        field = table.get(name)
        if field is None:
            _tell_unknown(name, place.at(name), table, owner)
            continue
        read = field.read(member, place.at(name))
        if field.into is not None:
            attributes[field.into] = read
    _tell_missing(value, place, table)
    return attributes


def _tell_unknown(name: str, place: Place, table: Table, owner: str) -> None:
    if name in _OF_JSONATA:
        other = f"JSONata has it, JSONPath has {_OF_JSONATA[name]}"
    elif name in _OF_JSONPATH or name.endswith("Path"):
        other = f"JSONPath has it, JSONata has {_OF_JSONPATH.get(name, name[: -len('Path')])}"
    else:
        other = ""
    hint = other or place.near(name, table) or f"its fields are {listed(table)}"
    place.error(f"The field '{name}' is not one of {owner}", hint)


def _tell_missing(value: dict[str, Json], place: Place, table: Table) -> None:
    missing = [name for name, field in table.items() if field.required and name not in value]
    if missing and not place.steps:
        place.error(f"These fields are required: [{listed(missing)}]")
    elif missing:
        for name in missing:
            place.error(f"The field '{name}' is required but was missing")


def tell_conflict(value: Mapping[str, Json], place: Place, names: Collection[str]) -> None:
    """Refuse more than one of these fields."""
    given = [name for name in names if name in value]
    if len(given) > 1:
        place.error(f"Only one of these fields may be given: [{listed(given)}]")


def tell_choice(value: Mapping[str, Json], place: Place, names: Collection[str]) -> None:
    """Refuse more than one of these fields, and none."""
    tell_conflict(value, place, names)
    if not any(name in value for name in names):
        place.error(f"Exactly one of these fields is required: [{listed(names)}]")
