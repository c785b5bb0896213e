"""Tests of ``asw.asl.problems``."""

import pytest

from asw.asl.problems import InvalidDefinition, Problem, did_you_mean

BAD = Problem(severity="ERROR", code="X", path="/States/A", summary="It is bad", hint="fix it")
ODD = Problem(severity="WARNING", code="Y", path="/", summary="It is odd")


def test_a_message_is_summary_and_hint():
    """AWS's sentence and ours can be told apart, and are read together."""
    assert BAD.message == "It is bad: fix it"
    assert ODD.message == "It is odd"


def test_an_invalid_definition_lists_all_problems():
    """Whoever only prints the exception sees everything."""
    error = InvalidDefinition([BAD, ODD])
    assert error.problems == (BAD, ODD)
    assert str(error) == "ERROR X at /States/A: It is bad: fix it\nWARNING Y at /: It is odd"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Resorce", "did you mean 'Resource'?"),
        ("RESOURCE", "did you mean 'Resource'?"),
        ("ResultSeclector", "did you mean 'ResultSelector'?"),
        ("Zzz", ""),
    ],
)
def test_the_nearest_name_is_suggested(name, hint):
    """Misspelt names get a suggestion whatever their case, strange ones get none."""
    assert did_you_mean(name, ["Resource", "ResultSelector", "Next"]) == hint
