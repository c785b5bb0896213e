"""Reading an object of the definition by a table of its fields.

Readers take a value and its place, tell the place what is wrong, and return what the model wants.
What they return for a wrong value does not matter: no model is made of a definition with errors.
The sentences are AWS's, and so is where they are told: what an object lacks or has too much of, at
the object.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeAlias

from asw.asl.definition.place import Place, listed, some
from asw.asl.model import QueryLanguage
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
}
"""JSONPath's fields, and what JSONata has for them."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: how it is read, and which attribute of the model it becomes, if any."""

    read: Reader
    into: str | None = None
    required: bool = False


@dataclass(frozen=True)
class Shape:
    """What an object may have; ``owner`` names it in messages, as in "a Pass state".

    ``language`` is the query language that it speaks, where that makes a difference; the
    ``foreign`` fields are those that it would have in the other one.
    """

    fields: Table
    owner: str
    language: QueryLanguage = "JSONPath"
    foreign: Collection[str] = ()

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The fields that must be there."""
        return tuple(name for name, field in self.fields.items() if field.required)

    @cached_property
    def attributes(self) -> Mapping[str, None]:
        """The attributes that the required fields become, without their values."""
        return {field.into: None for field in self.fields.values() if field.required and field.into}


def read_fields(value: Json, place: Place, shape: Shape) -> dict[str, Any]:
    """The attributes that an object's fields become.

    Those of required fields are all there, None where the field is not.
    """
    table = shape.fields
    attributes: dict[str, Any] = {**shape.attributes}
    if not isinstance(value, dict):
        place.wrong(value, "[OBJECT]")
        return attributes
    is_foreign = False
    for name, member in value.items():
        field = table.get(name)
        if field is None:
            is_foreign |= _tell_unknown(name, place, shape)
            continue
        read = field.read(member, place.at(name))
        if field.into is not None:
            attributes[field.into] = read
    if not is_foreign:  # else what lacks is most likely there in the other language
        tell_missing(value, place, shape.required)
    return attributes


def _tell_unknown(name: str, place: Place, shape: Shape) -> bool:
    """Tell of a field that the object cannot have; whether it is the other language's."""
    here = place.at(name)
    if name not in shape.foreign:
        tell_unsupported(name, here, here.misspelt(shape.fields), shape)
        return False
    if shape.language == "JSONata":
        other, hint = "JSONPath", f"JSONata has {_of_jsonata(name, shape)}"
    else:
        other, hint = "JSONata", f"JSONPath has {_OF_JSONATA[name]}"
    here.error(
        f"The QueryLanguage is set to '{shape.language}', but field '{name}' is only supported "
        f"for the '{other}' QueryLanguage",
        hint,
        location=place.location,
    )
    return True


def _of_jsonata(name: str, shape: Shape) -> str:
    """What JSONata has for a field of JSONPath: TimeoutSeconds for TimeoutSecondsPath."""
    if "Condition" in shape.fields:
        return "Condition"
    return _OF_JSONPATH.get(name, name.removesuffix("Path"))


def tell_unsupported(name: str, here: Place, hint: str, shape: Shape) -> None:
    """The object has no such field."""
    if not hint:
        hint = f"{shape.owner} has {some(shape.fields)}"
    here.error(f"Field '{name}' is not supported", hint, location=here.around.location)


def tell_missing(value: Mapping[str, Json], place: Place, names: Collection[str]) -> None:
    """Tell of the fields that must be there and are not, all at once."""
    missing = [name for name in names if name not in value]
    if missing:
        place.error(
            f"These fields are required: [{listed(missing)}]",
            is_consequence=place.meant.issuperset(missing),
        )


def tell_lacking(name: str, place: Place, hint: str = "") -> None:
    """A field that AWS asks for by itself is not there."""
    summary = f"The field '{name}' is required but was missing"
    place.error(summary, hint, is_consequence=name in place.meant)


def tell_conflict(value: Mapping[str, Json], place: Place, names: Collection[str]) -> None:
    """Refuse more than one of these fields."""
    given = [name for name in names if name in value]
    if len(given) > 1:
        place.error(
            f"There should only be one of the following fields: [{listed(names)}]",
            f"there are {listed(given)}" if len(given) < len(names) else "",
        )


def tell_choice(
    value: Mapping[str, Json], place: Place, names: Collection[str], hint: str = ""
) -> None:
    """Refuse more than one of these fields, and none."""
    tell_conflict(value, place, names)
    if not any(name in value for name in names):
        place.error(
            f"This object should have only one of the following fields: [{listed(names)}]",
            hint or "there is none",
            is_consequence=not place.meant.isdisjoint(names),
        )
