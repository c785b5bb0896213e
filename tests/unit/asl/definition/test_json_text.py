"""Tests of ``asw.asl.definition.json_text``: what is refused before any field is read."""

import json

import pytest

from asw.asl.definition.json_text import DEEPEST_DEFINITION, LARGEST_DEFINITION
from tests.unit.asl.definitions import a_machine, a_pass, problems, told


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", "SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object"),
        (" \n", "SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object"),
        ("[]", "SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object"),
        ("null", "SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object"),
        ('"x"', "SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object"),
        (
            '{\n  "a": 1,\n  b\n}',
            "INVALID_JSON_DESCRIPTION",
            (
                "Unexpected character ('b' (code 98)): was expecting double-quote to start field "
                'name\n at [Source: (String)"{\n  "a": 1,\n  b\n}"; line: 3, column: 4]: '
                "line 3, column 3"
            ),
        ),
        (
            '{"a": NaN}',
            "INVALID_JSON_DESCRIPTION",
            "Definition must be a valid JSON object: NaN is not JSON",
        ),
        (
            '{"a": 1e999}',
            "INVALID_JSON_DESCRIPTION",
            "Definition must be a valid JSON object: 1e999 is beyond the numbers that can be kept",
        ),
        (
            '{"a":' * 100_000,
            "DefinitionTooLarge",
            f"The definition is nested more than {DEEPEST_DEFINITION} deep",
        ),
        (
            '{"States": ' + "[" * 150 + "]" * 150 + "}",
            "DefinitionTooLarge",
            f"The definition is nested more than {DEEPEST_DEFINITION} deep",
        ),
    ],
    ids=[
        "empty",
        "blank",
        "array",
        "null",
        "string",
        "syntax",
        "nan",
        "infinite",
        "deep",
        "nested",
    ],
)
def test_what_is_no_json_object_is_told(text, code, message):
    """The one problem says why, and where in the text."""
    [problem] = problems(text)
    assert (problem.code, problem.path, problem.message) == (code, "/", message)


def test_the_size_has_a_bound():
    """AWS takes one megabyte; a byte more is refused unread."""
    definition = a_machine(A=a_pass(Comment=""))
    room = LARGEST_DEFINITION - len(json.dumps(definition).encode())
    definition["States"]["A"]["Comment"] = "x" * room
    assert told(json.dumps(definition)) == []
    assert told(json.dumps(definition) + " ") == [("DefinitionTooLarge", "/")]
    in_bytes = "求" * (LARGEST_DEFINITION // 3 + 1)
    assert told(json.dumps(in_bytes, ensure_ascii=False)) == [("DefinitionTooLarge", "/")]


def test_repeated_fields_are_told():
    """JSON readers keep the last of two fields with a name; here each is an error, once."""
    text = """{"StartAt": "A", "Comment": "", "Comment": "", "Comment": "",
               "States": {"A": {"Type": "Pass", "Result": [{"x": 1, "x": 1}], "End": true}}}"""
    assert sorted(told(text)) == [
        ("DuplicateField", "/Comment"),
        ("DuplicateField", "/States/A/Result/0/x"),
    ]


def test_repeated_states_are_told():
    """The second of two states with a name would silently win."""
    text = """{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true},
                                          "A": {"Type": "Succeed"}}}"""
    assert told(text) == [("DuplicateField", "/States/A")]
