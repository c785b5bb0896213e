"""Nulls that get lost on the way: which there are, and which are missing."""

import json

import pytest
from hypothesis import given

from asw.api.nulls import lost_nulls, null_members, some_of, unlisted_nulls
from asw.api.objects import InvalidObject
from asw.api.workflow import Workflow
from tests.unit.api.test_applied import json_values, sent

FIELDS = ("definition", "defaultInput")


def workflow(definition, **spec):
    """A Workflow of this definition."""
    return Workflow.parse({"metadata": {"name": "x"}, "spec": {"definition": definition, **spec}})


def test_places_are_told_in_the_order_of_the_text():
    """Members alone, also those of objects in arrays; escaped as RFC 6901 has it."""
    definition = {"b": None, "a/~": {"c": [None, {"d": None}, []]}, "e": 1}
    spec = {"definition": definition, "defaultInput": None, "other": {"x": None}}
    assert list(null_members(spec, FIELDS)) == [
        "/definition/b",
        "/definition/a~1~0/c/1/d",
        "/defaultInput",
    ]


@given(json_values)
def test_each_null_that_is_dropped_is_missed(value):
    """Whatever is written: all of it is there before, and each null member is missing after."""
    spec = {"definition": {"v": value}}
    listed = list(null_members(spec, FIELDS))
    assert lost_nulls(spec, listed) == ()
    assert list(unlisted_nulls(spec, FIELDS, listed)) == []
    assert lost_nulls(sent(spec), listed) == tuple(listed)


@given(json_values)
def test_what_an_api_server_does_loses_nothing(value):
    """It sorts keys and writes 1.0 as 1."""
    listed = list(null_members({"definition": {"v": value, "n": 1.0}}, FIELDS))
    stored = json.loads(json.dumps({"definition": {"v": value, "n": 1}}, sort_keys=True))
    assert lost_nulls(stored, listed) == ()


@pytest.mark.parametrize(
    ("spec", "pointer"),
    [
        ({"definition": {"a": {}}}, "/definition/a/b"),
        ({"definition": {"a": False}}, "/definition/a"),
        ({"definition": {"a": "x"}}, "/definition/a/0"),
        ({"definition": {"a": [None]}}, "/definition/a/1"),
        ({"definition": {"a": [None]}}, "/definition/a/00"),
        ({"definition": {"a": [None]}}, "/definition/a/" + "9" * 900),
        ({"definition": {"a": [None]}}, "/definition/a/\u0660"),
        ({"definition": {}}, "/defaultInput"),
    ],
)
def test_whatever_is_not_null_there_is_lost(spec, pointer):
    """Another value, or no place at all."""
    assert lost_nulls(spec, [pointer]) == (pointer,)


def test_a_null_field_is_found():
    """A default input may itself be null."""
    flow = workflow({}, defaultInput=None, nulls=["/defaultInput"])
    assert flow.lost_nulls == ()


def test_a_workflow_says_what_it_lacks():
    """By the list in its spec, once what kubectl applied is put back."""
    nulls = ["/definition/a", "/definition/b"]
    flow = workflow({"a": None, "c": None}, nulls=nulls)
    assert flow.lost_nulls == ("/definition/b",)
    assert list(flow.unlisted_nulls) == ["/definition/c"]


@pytest.mark.parametrize("pointer", ["definition/a", "/definition", "/taskTemplate/x", "/nulls/0"])
def test_only_what_holds_any_json_can_be_listed(pointer):
    """Everything else has a type, where null is no value."""
    with pytest.raises(InvalidObject, match="nulls"):
        workflow({}, nulls=[pointer])


def test_few_are_named():
    """A message stays readable however many there are."""
    assert some_of("ab") == "a, b"
    assert some_of("abcdefg") == "a, b, c, d, e, ..."
