"""Reading an object of the definition by a table of its fields.

Readers take a value and its place, report problems to the place, and return what the model wants.
What they return for a wrong value does not matter: a definition with errors yields no model. The
sentences are AWS's, and so are the places: a missing or superfluous field is reported at the
object.
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
"""JSONata's fields, and their counterparts in JSONPath."""
_OF_JSONPATH: Final[Mapping[str, str]] = {
    "InputPath": "$states.input in Arguments or Output",
    "OutputPath": "Output",
    "Parameters": "Arguments",
    "ResultSelector": "Output",
    "ResultPath": "Output",
    "Result": "Output",
    "ItemsPath": "Items",
}
"""JSONPath's fields, and their counterparts in JSONata."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: how it is read, and which attribute of the model it becomes, if any."""

    read: Reader
    into: str | None = None
    required: bool = False


@dataclass(frozen=True)
class Shape:
    """The fields of an object; ``owner`` names it in messages, as in "a Pass state".

    ``language`` is its query language, where that makes a difference; the ``foreign`` fields are
    those that it would have in the other one.
    """

    fields: Table
    owner: str
    language: QueryLanguage = "JSONPath"
    foreign: Collection[str] = ()

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The names of the required fields."""
        return tuple(name for name, field in self.fields.items() if field.required)

    @cached_property
    def attributes(self) -> Mapping[str, None]:
        """The attributes that the required fields become, without their values."""
        return {field.into: None for field in self.fields.values() if field.required and field.into}


def read_fields(value: Json, place: Place, shape: Shape) -> dict[str, Any]:
    """The attributes that an object's fields become.

    Those of required fields are always present, None where the field is missing.
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
            is_foreign |= _report_unknown(name, place, shape)
            continue
        read = field.read(member, place.at(name))
        if field.into is not None:
            attributes[field.into] = read
    if (
        not is_foreign
    ):  # otherwise the missing field is most likely present in the other language's spelling
        report_missing(value, place, shape.required)
    return attributes


def _report_unknown(name: str, place: Place, shape: Shape) -> bool:
    """Report a field that the object cannot have; returns whether it is the other language's."""
    here = place.at(name)
    if name not in shape.foreign:
        report_unsupported(name, here, here.misspelt(shape.fields), shape)
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
    """JSONata's counterpart of a JSONPath field: TimeoutSeconds for TimeoutSecondsPath."""
    if "Condition" in shape.fields:
        return "Condition"
    return _OF_JSONPATH.get(name, name.removesuffix("Path"))


def report_unsupported(name: str, here: Place, hint: str, shape: Shape) -> None:
    """Report a field that the object does not have."""
    if not hint:
        hint = f"{shape.owner} has {some(shape.fields)}"
    here.error(f"Field '{name}' is not supported", hint, location=here.around.location)


def report_missing(value: Mapping[str, Json], place: Place, names: Collection[str]) -> None:
    """Report all missing required fields at once."""
    missing = [name for name in names if name not in value]
    if missing:
        place.error(
            f"These fields are required: [{listed(missing)}]",
            is_consequence=place.meant.issuperset(missing),
        )


def report_lacking(name: str, place: Place, hint: str = "") -> None:
    """Report a missing field that AWS reports by itself."""
    summary = f"The field '{name}' is required but was missing"
    place.error(summary, hint, is_consequence=name in place.meant)


def report_conflict(value: Mapping[str, Json], place: Place, names: Collection[str]) -> None:
    """Refuse more than one of these fields."""
    given = [name for name in names if name in value]
    if len(given) > 1:
        place.error(
            f"There should only be one of the following fields: [{listed(names)}]",
            f"it has {listed(given)}" if len(given) < len(names) else "",
        )


def report_choice(
    value: Mapping[str, Json], place: Place, names: Collection[str], hint: str = ""
) -> None:
    """Refuse more than one of these fields, and none of them."""
    report_conflict(value, place, names)
    if not any(name in value for name in names):
        place.error(
            f"This object should have only one of the following fields: [{listed(names)}]",
            hint or "it has none",
            is_consequence=not place.meant.isdisjoint(names),
        )
