"""Spans of time in test files."""

import pytest

from asw.testkit.spans import span_seconds, span_text


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (0, 0.0),
        (1.5, 1.5),
        ("90s", 90.0),
        ("5m", 300.0),
        ("1h30m", 5400.0),
        ("1h 30m", 5400.0),
        ("2d", 172800.0),
        ("250ms", 0.25),
        ("1.5h", 5400.0),
    ],
)
def test_spans_are_seconds_or_text(written, seconds):
    """A span is a number of seconds, or numbers with units."""
    assert span_seconds(written) == seconds


@pytest.mark.parametrize(
    "written", [-1, True, None, "", "5", "5 minutes", "m", "-5m", "5x", [], "٣s"]
)
def test_what_is_no_span_is_refused(written):
    """Whoever writes something else is told what a span looks like."""
    with pytest.raises(ValueError, match="90s, 5m, 1h30m"):
        span_seconds(written)


@pytest.mark.parametrize("text", ["0s", "90s", "1h30m", "1d", "5m3s250ms"])
def test_spans_are_written_as_they_are_read(text):
    """What --update writes means the same when it is read."""
    assert span_seconds(span_text(span_seconds(text))) == span_seconds(text)
    assert span_text(5400) == "1h30m"
