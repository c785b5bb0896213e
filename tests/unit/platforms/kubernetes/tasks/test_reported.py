"""What is an outcome and what is not."""

import pytest

from asw.platforms.kubernetes.tasks.reported import InvalidOutcome, outcome_of


def test_output_may_be_anything():
    """Any JSON value is an output, null included."""
    assert outcome_of({"output": None}).error is None


def test_error_has_its_texts():
    """An error and its cause are taken as they are."""
    found = outcome_of({"error": "E", "cause": "c"})
    assert (found.error, found.cause) == ("E", "c")


def test_long_texts_are_cut_to_awss_limits():
    """AWS: 256 characters of error, 32,768 of cause."""
    found = outcome_of({"error": "e" * 300, "cause": "c" * 40_000})
    assert (len(found.error), len(found.cause)) == (256, 32_768)


@pytest.mark.parametrize(
    "value",
    [
        [],
        1,
        None,
        {},
        {"error": ""},
        {"error": 1},
        {"error": "E", "cause": 1},
        {"output": "\ud800"},
    ],
)
def test_refused(value):
    """What is no outcome, or cannot be stored as UTF-8, is refused."""
    with pytest.raises(InvalidOutcome):
        outcome_of(value)
