"""The text of an execution's input is JSON, or is refused in the words that AWS uses."""

import pytest

from asw.asl.execution_input import check_input_text

VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
NAME = "was expecting double-quote to start field name"
NUMERIC = "in numeric value"


@pytest.mark.parametrize("text", ["{}", " [1] ", "null", "1", '"三"', '{"a": {"b": [1, 2e3]}}'])
def test_json(text: str) -> None:
    """Any JSON value is an input, an object or not."""
    assert check_input_text(text) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "No content to map due to end-of-input"),
        (" \n", "No content to map due to end-of-input"),
        ("{'not': 'json'", f"Unexpected character (''' (code 39)): {NAME}"),
        ("{a: 1}", f"Unexpected character ('a' (code 97)): {NAME}"),
        ('{"a": 1,}', f"Unexpected character ('}}' (code 125)): {NAME}"),
        (
            '{"a": ""b"}',
            "Unexpected character ('b' (code 98)): was expecting comma to separate Object entries",
        ),
        (
            '["{", 1 三]',
            (
                "Unexpected character ('三' (code 19977 / 0x4e09)): "
                "was expecting comma to separate Array entries"
            ),
        ),
        (
            '{"a" 1}',
            (
                "Unexpected character ('1' (code 49)): "
                "was expecting a colon to separate field name and value"
            ),
        ),
        ("[1,]", f"Unexpected character (']' (code 93)): expected a valid value {VALUE}"),
        (".5", f"Unexpected character ('.' (code 46)): expected a valid value {VALUE}"),
        ("hello", f"Unrecognized token 'hello': was expecting {VALUE}"),
        ("[True]", f"Unrecognized token 'True': was expecting {VALUE}"),
        ("01", "Invalid numeric value: Leading zeroes not allowed"),
        (
            "[1.]",
            (
                f"Unexpected character (']' (code 93)) {NUMERIC}: "
                "Decimal point not followed by a digit"
            ),
        ),
        (
            '{"a": 1e}',
            (
                f"Unexpected character ('}}' (code 125)) {NUMERIC}: "
                "Exponent indicator not followed by a digit"
            ),
        ),
        ("1.", f"Unexpected end-of-input {NUMERIC}"),
        (
            "[-]",
            (
                f"Unexpected character (']' (code 93)) {NUMERIC}: "
                "expected digit (0-9) to follow minus sign, for valid numeric value"
            ),
        ),
        (
            '{"a": [1}',
            (
                "Unexpected close marker '}': expected ']' "
                "(for Array starting at [Source: UNKNOWN; line: 1, column: 7])"
            ),
        ),
        (
            '{\n "a": 1',
            (
                "Unexpected end-of-input: expected close marker for Object "
                "(start marker at [Source: UNKNOWN; line: 1, column: 1])"
            ),
        ),
        ('"abc', "Unexpected end-of-input: was expecting closing quote for a string value"),
        ('"abc\\', "Unexpected end-of-input in character escape sequence"),
        (
            '"a\nb"',
            (
                "Illegal unquoted character ((CTRL-CHAR, code 10)): "
                "has to be escaped using backslash to be included in string value"
            ),
        ),
        ('"\\x"', "Unrecognized character escape 'x' (code 120)"),
        (
            '"\\u12g4"',
            (
                "Unexpected character ('g' (code 103)): "
                "expected a hex-digit for character escape sequence"
            ),
        ),
        ("{} {}", "Trailing token found after value at [Source: UNKNOWN; line: 1, column: 4]"),
        ("[1]]", "Trailing token found after value at [Source: UNKNOWN; line: 1, column: 4]"),
    ],
)
def test_not_json(text: str, sentence: str) -> None:
    """The sentence says of the same place what AWS's reader says."""
    assert check_input_text(text) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("NaN", "NaN is not JSON"),
        ("1e999", "1e999 is out of the range of numbers"),
        ("[" * 602 + "]" * 602, "the value is nested more than 600 deep"),
        ("[" * 402 + "]" * 402, "The value is nested more than 400 deep"),
        ("\ufeff{}", "Unexpected UTF-8 BOM (decode using utf-8-sig)"),
    ],
    ids=["NaN", "infinite", "deep", "too deep for what holds it", "byte order mark"],
)
def test_not_kept(text: str, sentence: str) -> None:
    """What could not be written again is refused in our own words."""
    assert check_input_text(text) == sentence
