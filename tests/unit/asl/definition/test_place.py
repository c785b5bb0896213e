"""Tests of ``asw.asl.definition.place``."""

import pytest

from asw.asl.definition.place import Place, Report


def _place():
    return Place(report=Report(), dialect="ASL")


@pytest.mark.parametrize(
    ("steps", "pointer"),
    [
        ((), "/"),
        (("States", "A", "Retry", 0), "/States/A/Retry/0"),
        (("States", "a/b~c"), "/States/a~1b~0c"),
    ],
)
def test_a_place_is_a_json_pointer(steps, pointer):
    """Slashes and tildes in names are escaped."""
    assert _place().at(*steps).pointer == pointer


def test_an_item_is_named_after_its_field():
    """Messages name the field, not the number of an item."""
    assert _place().at("Retry", 0).field == "Retry"
    assert _place().field == "definition"


def test_wrong_values_are_shown_in_short():
    """The message quotes the value, but not a long one."""
    place = _place().at("Comment")
    place.wrong(5, "a string")
    place.wrong(["x" * 100], "a string")
    short, long = (problem.message for problem in place.report.problems)
    assert short == "The value for the field 'Comment' must be a string: it is 5"
    assert long.endswith("...")
    assert len(long) < 130


def test_jsonata_in_a_field_is_told_as_such():
    """``{% %}`` is not a misspelt path, but of the other query language."""
    place = _place().at("Seconds")
    place.wrong("{% 5 %}", "an integer")
    [problem] = place.report.problems
    assert problem.message == (
        "The value for the field 'Seconds' must be an integer: it is \"{% 5 %}\"; "
        "a state whose QueryLanguage is JSONata has expressions"
    )


def test_hints_end_after_many_problems():
    """Comparing names takes time, and nobody reads the thousandth hint."""
    place = _place()
    assert place.near("Commnet", ["Comment"]) == "did you mean 'Comment'?"
    for _ in range(100):
        place.error("bad")
    assert place.near("Commnet", ["Comment"]) == ""
