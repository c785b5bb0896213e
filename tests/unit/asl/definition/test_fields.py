"""Tests of ``asw.asl.definition.fields``."""

import pytest

from asw.asl.definition.fields import Field, read_fields, tell_choice, tell_conflict
from asw.asl.definition.place import Place, Report
from asw.asl.definition.readers import text

TABLE = {"Name": Field(text, "name", required=True), "Note": Field(text), "Size": Field(text, "s")}


def _read(value, *steps):
    place = Place(report=Report(), dialect="ASL").at(*steps)
    attributes = read_fields(value, place, TABLE, "a thing")
    return attributes, [problem.message for problem in place.report.problems]


@pytest.mark.parametrize(
    ("value", "attributes", "messages"),
    [
        ({"Name": "n", "Note": "x", "Size": "s"}, {"name": "n", "s": "s"}, []),
        ({"Name": "n"}, {"name": "n"}, []),
        ({}, {"name": None}, ["The field 'Name' is required but was missing"]),
        (
            {"Nmae": "n"},
            {"name": None},
            [
                "The field 'Nmae' is not one of a thing: did you mean 'Name'?",
                "The field 'Name' is required but was missing",
            ],
        ),
        (
            {"Name": "n", "zzzzz": 1},
            {"name": "n"},
            ["The field 'zzzzz' is not one of a thing: its fields are Name, Note, Size"],
        ),
        (
            {"Name": "n", "Arguments": {}},
            {"name": "n"},
            [
                (
                    "The field 'Arguments' is not one of a thing: "
                    "JSONata has it, JSONPath has Parameters"
                ),
            ],
        ),
        (
            {"Name": "n", "ItemsPath": "$"},
            {"name": "n"},
            ["The field 'ItemsPath' is not one of a thing: JSONPath has it, JSONata has Items"],
        ),
        (
            5,
            {"name": None},
            ["The value for the field 'Thing' must be an object (a thing): it is 5"],
        ),
    ],
)
def test_tables_are_read(value, attributes, messages):
    """Known fields become attributes; unknown, missing and the other language's are told."""
    assert _read(value, "Thing") == (attributes, messages)


def test_the_top_level_tells_missing_fields_together():
    """As AWS does."""
    assert _read({})[1] == ["These fields are required: [Name]"]


@pytest.mark.parametrize(
    ("value", "conflicts", "choices"),
    [({}, 0, 1), ({"a": 1}, 0, 0), ({"a": 1, "b": 1}, 1, 1), ({"c": 1}, 0, 1)],
)
def test_exclusive_fields(value, conflicts, choices):
    """At most one of some fields, or exactly one."""
    for tell, count in ((tell_conflict, conflicts), (tell_choice, choices)):
        place = Place(report=Report(), dialect="ASL")
        tell(value, place, ("a", "b"))
        assert len(place.report.problems) == count
