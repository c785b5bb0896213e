"""The JSON that AWS's $parse takes, and the one that it does not."""

import pytest

from asw.asl.jsonata.json_text import parse_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-0", 0),
        (" 1.1 ", 1.1),
        ('{"b": 1, "a": [null, true]}', {"b": 1, "a": [None, True]}),
        ("{'a': 'it\"s'}", {"a": 'it"s'}),
        ("""{"it's": 'it\\'s'}""", {"it's": "it's"}),
        ("""["a'b", 'c']""", ["a'b", "c"]),
    ],
)
def test_read(text, value):
    """JSON is read, with strings in single quotes too."""
    assert parse_json(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "  ", "{}{}", '{"a":1,"a":2}', "1e400", "NaN", "Infinity", "{a: 1}", "'a", "[" * 100_000],
    ids=range(10),
)
def test_refused(text):
    """What is no JSON, or would lose something, is refused."""
    with pytest.raises(ValueError):
        parse_json(text)
