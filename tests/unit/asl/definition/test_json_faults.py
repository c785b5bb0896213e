"""Tests of ``asw.asl.definition.json_faults``: Jackson's words for what is no JSON."""

import json

import pytest

from asw.asl.definition.json_faults import LONGEST_QUOTE, sentence_of


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
