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
    place.wrong(5, "[STRING]")
    place.wrong(["x" * 100], "[STRING]")
    short, long = (problem.message for problem in place.report.problems)
    assert short == "Expected value of type [STRING]: Comment is 5"
    assert long.endswith("...")
    assert len(long) < 130


def test_jsonata_in_a_field_is_told_as_such():
    """``{% %}`` is not a misspelt path, but of the other query language."""
    place = _place().at("Seconds")
    place.wrong("{% 5 %}", "Integer")
    [problem] = place.report.problems
    assert problem.message == (
        'Expected value of type Integer: Seconds is "{% 5 %}"; '
        "only a state whose QueryLanguage is JSONata has expressions"
    )


def test_hints_end_after_many_problems():
    """Comparing names takes time, and nobody reads the thousandth hint."""
    place = _place()
    assert place.near("Commnet", ["Comment"]) == "did you mean 'Comment'?"
    for _ in range(100):
        place.error("bad")
    assert place.near("Commnet", ["Comment"]) == ""


def test_aws_may_tell_a_problem_elsewhere():
    """Our path is where the fault stands, the location where AWS tells it."""
    place = _place().at("Choices", 0, "Nxt")
    place.error("bad", location=place.around.location)
    place.error("bad", location="")
    place.error("bad")
    found = place.report.problems
    assert [it.path for it in found] == ["/Choices/0/Nxt"] * 3
    assert [it.location for it in found] == ["/Choices[0]", "", "/Choices[0]/Nxt"]


@pytest.mark.parametrize(
    ("value", "hint"),
    [("STANDRD", "did you mean 'STANDARD'?"), ("x", 'Type is "x"'), (5, "Type is 5")],
)
def test_what_a_field_may_be_is_listed(value, hint):
    """AWS lists it; a misspelt value gets a suggestion."""
    place = _place().at("Type")
    place.not_among(value, ("STANDARD", "EXPRESS"))
    [problem] = place.report.problems
    assert problem.summary == "Value should be one of the following: [STANDARD, EXPRESS]"
    assert problem.hint == hint
