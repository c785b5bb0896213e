"""What a JSON Schema and samples say of the values that may come."""

import pytest

from asw.asl.values import Json
from asw.lint.analysis.describing import described
from asw.lint.analysis.places import Missing, find
from asw.lint.analysis.schema import Ignored, InvalidSchema, of_sample, of_samples, of_schema
from asw.lint.analysis.shapes import ANY, NOTHING
from tests.support.shapes import contains

ORDER = {
    "$defs": {"id": {"type": "string", "maxLength": 8}},
    "type": "object",
    "properties": {
        "id": {"$ref": "#/$defs/id"},
        "total": {"type": ["number", "null"], "minimum": 0, "exclusiveMaximum": 10},
        "kind": {"enum": ["a", "b", 3]},
        "size": {"const": {"w": 1}},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
        "pair": {"prefixItems": [{"type": "string"}, {"type": "number"}], "items": False},
        "either": {"anyOf": [{"type": "string"}, {"properties": {"x": {"type": "number"}}}]},
    },
    "required": ["id"],
    "additionalProperties": False,
}

LOOP = {"$defs": {"n": {"properties": {"n": {"$ref": "#/$defs/n"}}}}, "$ref": "#/$defs/n"}


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ({"id": "a"}, True),
        ({}, False),
        ([], False),
        ({"id": 1}, False),
        ({"id": "a", "other": 1}, False),
        ({"id": "a", "total": None}, True),
        ({"id": "a", "total": 0}, True),
        ({"id": "a", "total": 10}, False),
        ({"id": "a", "total": -1}, False),
        ({"id": "a", "kind": 3}, True),
        ({"id": "a", "kind": "c"}, False),
        ({"id": "a", "size": {"w": 1}}, True),
        ({"id": "a", "size": {"w": 2}}, False),
        ({"id": "a", "tags": []}, False),
        ({"id": "a", "tags": ["x", 1]}, False),
        ({"id": "a", "tags": ["x", "y"]}, True),
        ({"id": "a", "tags": ["x", "y", "z"]}, False),
        ({"id": "a", "pair": ["x", 1]}, True),
        ({"id": "a", "pair": ["x", 1, 2]}, False),
        ({"id": "a", "either": {"x": "no"}}, False),
        ({"id": "a", "either": {"x": 1, "y": 2}}, True),
    ],
    ids=str,
)
def test_schema(value: Json, fits: bool) -> None:
    """A value that fits may come; of one that does not, that much is known here."""
    assert contains(of_schema(ORDER)[0], value) is fits


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (True, 1),
        ({}, {"a": 1}),
        ({"minLength": 3}, "a"),
        ({"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": "number"}}}]}, {"a": 1}),
        ({"oneOf": [{"type": "null"}, {"type": "boolean"}]}, None),
        ({"patternProperties": {"^x": {}}, "additionalProperties": False}, {"x": 1}),
        ({"items": [{"type": "string"}]}, ["a", 1]),
        ({"$ref": "https://example.com/other"}, [1]),
        (LOOP, {"n": {"n": {}}}),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_understood_may_come(schema: Json, value: Json) -> None:
    """A keyword that is left out of account refuses nothing."""
    assert contains(of_schema(schema)[0], value)


def test_all_of_is_taken_together() -> None:
    """Each part adds to what is known."""
    parts = [{"required": ["a"]}, {"required": ["b"], "properties": {"b": {"type": "string"}}}]
    shape = of_schema({"type": "object", "allOf": parts})[0]
    assert not contains(shape, {"b": "x"})
    assert not contains(shape, {"a": 1, "b": 2})
    assert contains(shape, {"a": 1, "b": "x"})


def test_false_is_nothing() -> None:
    """No value fits the schema false."""
    assert of_schema(False)[0] is NOTHING


def test_ignored_keywords_are_named() -> None:
    """What says more of the data than is read here is told, with its place."""
    _, ignored = of_schema({"properties": {"a": {"if": {}, "then": {}, "title": "A"}}})
    assert ignored == (Ignored("if", "#/properties/a"), Ignored("then", "#/properties/a"))


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ([], "# is no schema"),
        ({"properties": {"a": 1}}, "#/properties/a is no schema"),
        ({"type": "text"}, "there is no type 'text'"),
        ({"required": "a"}, "#/required must be an array"),
        ({"$ref": "#/nowhere"}, "names #/nowhere, which is not there"),
        ({"properties": []}, "#/properties must be an object"),
    ],
    ids=str,
)
def test_what_is_no_schema_is_refused(schema: Json, message: str) -> None:
    """The message names the place in the schema."""
    with pytest.raises(InvalidSchema, match=message):
        of_schema(schema)


def test_samples_show_fields_and_types() -> None:
    """What all samples have is there; what some have may be missing; values are free."""
    shape = of_samples([{"a": 1, "b": ["x"]}, {"a": 2, "c": None}])
    assert find(shape, ["a"]).missing is Missing.NEVER
    assert described(find(shape, ["a"]).shape) == "a number"
    assert find(shape, ["b"]).missing is Missing.SHOWN
    assert find(shape, ["b", 5]).missing is not Missing.ALWAYS
    assert find(shape, ["c"]).shape is ANY
    assert find(shape, ["d"]).missing is Missing.ALWAYS


def test_what_a_sample_does_not_show_is_unknown() -> None:
    """An empty array and an inner empty object are no word on what they may hold."""
    shape = of_sample({"list": [], "more": {}, "deep": {"a": {}}})
    for steps in (["list", 0, "x"], ["more", "x"], ["deep", "a", "x"]):
        assert find(shape, steps).missing is Missing.UNKNOWN
    assert find(of_sample({}), ["x"]).missing is Missing.ALWAYS


def test_deep_samples_are_looked_at_so_far() -> None:
    """A sample as deep as any input is read, and nothing is said of its depths."""
    sample: Json = 1
    for _ in range(390):
        sample = {"a": [sample]}
    assert find(of_sample(sample), ["a", 0] * 100).missing is Missing.UNKNOWN
