"""Spans of time as people say them."""

from datetime import timedelta

import pytest

from asw.messages.spans import span_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 ms"),
        (0.0123, "12 ms"),
        (0.9996, "1.0 s"),
        (1.52, "1.5 s"),
        (59.96, "1 min"),
        (200, "3 min 20 s"),
        (3599.6, "1 h"),
        (7500, "2 h 5 min"),
        (270000, "3 d 3 h"),
    ],
)
def test_a_span_has_the_units_that_people_use(seconds, text):
    """The smaller unit is left out where it counts nothing, and no unit counts past its end."""
    assert span_text(timedelta(seconds=seconds)) == text
