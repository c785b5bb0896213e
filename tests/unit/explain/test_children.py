"""What is said of the children of a distributed Map that keep no history: EXPRESS ones."""

import json

import pytest

from asw.cli.views.explanation_text import lines_of, plain_of
from asw.explain.explain import explain
from tests.support.cases import a_case
from tests.support.play import Raised, distributed


def bad(event):
    """A function that fails for odd numbers."""
    if event % 2:
        raise Raised("Odd", json.dumps({"errorMessage": f"{event} is odd", "stackTrace": ["here"]}))
    return event


def said(case):
    """All lines of the explanation."""
    return [line.text.strip() for line in lines_of(explain(case))]


def test_the_first_express_child_that_failed_is_told_from_its_parents_memory():
    """Its number, its item, its error and its cause, though it left neither object nor history."""
    case = a_case(
        distributed(ToleratedFailureCount=1, MaxConcurrency=1), [2, 1, 4, 3, 6], {"work": bad}
    )
    explanation = explain(case)
    assert explanation.headline == (
        "M failed: States.ExceedToleratedFailureThreshold — in child 1: Odd (1 is odd)"
    )
    lines = said(case)
    start = lines.index("The first child that failed, by number: 1")
    assert lines[start + 2 : start + 6] == ["input: 1", "error: Odd", "cause: 1 is odd", "here"]
    assert "- fix what made the child fail, or catch Odd in the ItemProcessor" in lines
    item = plain_of(explanation)["failures"][0]["item"]
    assert (item["index"], item["input"], item["error"]) == (1, 1, "Odd")


@pytest.mark.parametrize("execution_type", ["EXPRESS", "STANDARD"])
@pytest.mark.parametrize(
    ("fields", "tolerated"),
    [
        ({}, "It tolerates none: no ToleratedFailureCount,"),
        ({"ToleratedFailureCount": 0}, "Its ToleratedFailureCount is 0."),
        ({"ToleratedFailurePercentage": 12.5}, "Its ToleratedFailurePercentage is 12.5."),
    ],
)
def test_the_errors_of_children_are_counted_beside_what_is_tolerated(
    execution_type, fields, tolerated
):
    """Whether they keep a history or not: the Map itself failed by their number."""
    lines = said(
        a_case(distributed(execution_type, **fields, MaxConcurrency=1), [1, 2, 3], {"work": bad})
    )
    assert "Of 3 children 0 succeeded and 1 failed." in lines
    assert "1 of them with Odd (1 is odd)" in lines
    assert any(line.startswith(tolerated) for line in lines)


def test_a_redriven_child_is_known_by_the_uid_of_its_last_run():
    """Children that a redrive runs anew have other uids, by which their log lines are found."""
    machine = distributed(MaxConcurrency=1)
    first, again = (
        explain(a_case(machine, [2, 1], {"work": bad}, redrives=count)).failures[0].item
        for count in (0, 1)
    )
    assert first is not None
    assert again is not None
    assert (first.index, again.index) == (1, 1)
    assert first.uid != again.uid


def test_a_map_that_failed_otherwise_has_no_child_to_show():
    """What its items are was not found out: nothing is said of children."""
    case = a_case(distributed(ItemsPath="$.items", MaxConcurrency=1), {"items": 5}, {"work": bad})
    explanation = explain(case)
    assert explanation.failures[0].item is None
    assert not any("children" in line for line in said(case))
