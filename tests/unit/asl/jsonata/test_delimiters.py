"""``{% ... %}`` encloses the whole string, or the string is none of JSONata's."""

import pytest

from asw.asl.jsonata import is_expression, is_half_open, source_of


@pytest.mark.parametrize("text", ["{% $states.input.a %}", "{%1%}", "{%%}", "{%\n1\n%}"])
def test_expressions(text):
    """What begins and ends with the marks is an expression."""
    assert is_expression(text)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{%}",
        "{%",
        "%}",
        " {% 1 %}",
        "{% 1 %} ",
        "{% 1",
        "1 %}",
        "a {% 1 %} b",
        None,
        1,
        ["{%1%}"],
    ],
)
def test_constants(value):
    """A blank outside of the marks, a mark missing, or no string at all: a constant, as on AWS."""
    assert not is_expression(value)


@pytest.mark.parametrize(
    ("text", "source"),
    [("{% $states.input.a %}", "$states.input.a"), ("{%1%}", "1"), ("{%\n 1 + 1\t%}", "1 + 1")],
)
def test_sources(text, source):
    """The source comes without the marks and the blanks inside them."""
    assert source_of(text) == source


@pytest.mark.parametrize(
    ("value", "as_field", "within"),
    [
        ("{% 1", True, True),
        ("1 %}", True, True),
        (" {% 1 %}", True, True),
        ("{% 1 %} ", True, True),
        ("x {% 1 %} y", True, False),
        (" {% 1 %} ", True, False),
        ("{%}", True, True),
        ("{% 1 %}", False, False),
        ("{ % }", False, False),
        ("", False, False),
        (None, False, False),
    ],
)
def test_wrongly_written_expressions(value, as_field, within):
    """A mark at one end only is a mistake anywhere, and any in a string that is a whole field."""
    assert is_half_open(value, is_field=True) is as_field
    assert is_half_open(value, is_field=False) is within
