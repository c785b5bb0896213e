"""What is refused before any field is read, and Jackson's words for text that is not JSON."""

import json

import pytest

from asw.asl.definition.json_text import (
    DEEPEST_DEFINITION,
    LARGEST_DEFINITION,
    LONGEST_QUOTE,
    sentence_of,
)
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
            "Definition must be a valid JSON object: 1e999 is out of the range of numbers",
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


def _fault(text):
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(text)
    return sentence_of(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence", "reached"),
    [
        (
            "not a definition",
            (
                "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or "
                "token 'null', 'true' or 'false')"
            ),
            "line: 1, column: 4",
        ),
        (
            '{"a": 1 "b"}',
            "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries",
            "line: 1, column: 10",
        ),
        (
            '{\n "a": }',
            (
                "Unexpected character ('}' (code 125)): expected a valid value (JSON String, "
                "Number, Array, Object or token 'null', 'true' or 'false')"
            ),
            "line: 2, column: 8",
        ),
    ],
    ids=["token", "comma", "value"],
)
def test_jackson_quotes_the_text(text, sentence, reached):
    """The message ends in the location: the text, and where behind the fault the reader stood."""
    fault = _fault(text)
    assert fault.location == f'[Source: (String)"{text}"; {reached}]'
    assert fault.sentence == f"{sentence}\n at {fault.location}"


def test_an_end_is_told_with_its_beginning():
    """What was never closed is shown, in the same text."""
    fault = _fault('{"a": 1')
    source = '[Source: (String)"{"a": 1";'
    assert fault.sentence.startswith(
        "Unexpected end-of-input: expected close marker for Object "
        f"(start marker at {source} line: 1, column: 1])\n at {source}"
    )


def test_long_texts_are_quoted_in_part():
    """Jackson quotes 500 characters and counts the others."""
    fault = _fault("x" * (LONGEST_QUOTE + 7))
    assert f'{"x" * LONGEST_QUOTE}"[truncated 7 chars]; line: 1' in fault.location


def test_control_characters_are_escaped():
    """They would spoil whatever shows the message; ends of lines are left."""
    fault = _fault("\x00\n")
    assert fault.location.startswith('[Source: (String)"\\u0000\n";')
