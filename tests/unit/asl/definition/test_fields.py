"""Tests of ``asw.asl.definition.fields``."""

import pytest

from asw.asl.definition.fields import Field, Shape, read_fields, report_choice, report_conflict
from asw.asl.definition.place import Place, Report
from asw.asl.definition.readers import text

TABLE = {"Name": Field(text, "name", required=True), "Note": Field(text), "Size": Field(text, "s")}
SHAPE = Shape(TABLE, "a thing", foreign=("Arguments", "Items"))
QUERY_SHAPE = Shape(TABLE, "a thing", "JSONata", ("ItemsPath", "MaxConcurrencyPath"))
NAMELESS = ("These fields are required: [Name]", "", "/Things[0]")


def _read(value, *steps, shape=SHAPE):
    place = Place(report=Report(), dialect="ASL").at(*steps)
    attributes = read_fields(value, place, shape)
    told = [(it.summary, it.hint, it.location) for it in place.report.problems]
    return attributes, told


@pytest.mark.parametrize(
    ("value", "attributes", "told"),
    [
        ({"Name": "n", "Note": "x", "Size": "s"}, {"name": "n", "s": "s"}, []),
        ({"Name": "n"}, {"name": "n"}, []),
        ({}, {"name": None}, [NAMELESS]),
        (
            {"Nmae": "n"},
            {"name": None},
            [("Field 'Nmae' is not supported", "did you mean 'Name'?", "/Things[0]"), NAMELESS],
        ),
        (
            {"Name": "n", "zzzzz": 1},
            {"name": "n"},
            [("Field 'zzzzz' is not supported", "a thing has Name, Note, Size", "/Things[0]")],
        ),
        (5, {"name": None}, [("Expected value of type [OBJECT]", "Things is 5", "/Things[0]")]),
    ],
    ids=["all", "required", "missing", "misspelt", "unknown", "no object"],
)
def test_shapes_are_read(value, attributes, told):
    """Known fields become attributes; unknown and missing ones are told at the object."""
    assert _read(value, "Things", 0) == (attributes, told)


@pytest.mark.parametrize(
    ("shape", "name", "languages", "hint"),
    [
        (SHAPE, "Arguments", ("JSONPath", "JSONata"), "JSONPath has Parameters"),
        (SHAPE, "Items", ("JSONPath", "JSONata"), "JSONPath has ItemsPath"),
        (QUERY_SHAPE, "ItemsPath", ("JSONata", "JSONPath"), "JSONata has Items"),
        (QUERY_SHAPE, "MaxConcurrencyPath", ("JSONata", "JSONPath"), "JSONata has MaxConcurrency"),
    ],
)
def test_fields_of_the_other_language_are_told_as_such(shape, name, languages, hint):
    """AWS's sentence names both languages, the hint the right field; what lacks is not told too."""
    own, other = languages
    summary = (
        f"The QueryLanguage is set to '{own}', but field '{name}' is only supported "
        f"for the '{other}' QueryLanguage"
    )
    assert _read({name: 1}, "Thing", shape=shape)[1] == [(summary, hint, "/Thing")]


def test_missing_fields_are_told_together():
    """As AWS does, in the order of the table."""
    shape = Shape(TABLE | {"Use": Field(text, required=True)}, "a thing")
    assert _read({}, shape=shape)[1] == [("These fields are required: [Name, Use]", "", "/")]


@pytest.mark.parametrize(
    ("value", "conflict", "choice"),
    [
        ({}, [], ["This object should have only one of the following fields: [a, b]"]),
        ({"a": 1}, [], []),
        (
            {"a": 1, "b": 1},
            ["There should only be one of the following fields: [a, b]"],
            ["There should only be one of the following fields: [a, b]"],
        ),
        ({"c": 1}, [], ["This object should have only one of the following fields: [a, b]"]),
    ],
)
def test_exclusive_fields(value, conflict, choice):
    """At most one of some fields, or exactly one."""
    for tell, wanted in ((report_conflict, conflict), (report_choice, choice)):
        place = Place(report=Report(), dialect="ASL")
        tell(value, place, ("a", "b"))
        assert [problem.summary for problem in place.report.problems] == wanted
