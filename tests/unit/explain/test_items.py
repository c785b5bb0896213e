"""What is said of the items of a Map, and of the variables of an expression, that are not there."""

import json

import pytest

from asw.explain.explain import explain
from tests.support.cases import a_case
from tests.support.play import Raised, definition, task


def test_items_that_failed_are_told_by_their_errors():
    """What a Map bore the loss of has a reason too, and the commonest is told first."""

    def work(event):
        if event < 3:
            raise Raised("Odd", json.dumps({"errorMessage": "no even number"}))
        if event == 3:
            raise Raised("Worse")
        return event

    inner = definition("P", P={"Type": "Parallel", "Branches": [definition("T", T=task())]})
    inner["States"]["P"]["End"] = True
    state = {
        "Type": "Map",
        "ItemsPath": "$",
        "ToleratedFailureCount": 3,
        "ItemProcessor": inner,
        "End": True,
    }
    notes = explain(a_case(definition("M", M=state), [1, 2, 3, 4], {"work": work})).notes
    told = [note for note in notes if "of them" in note]
    assert told == ["M: 2 of them with Odd (no even number)", "M: 1 of them with Worse"]


def test_an_item_selector_that_finds_nothing_is_told_with_the_item():
    """The item is in no event; which one lacks the key, and what it has, is told nevertheless."""
    state = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemSelector": {"a.$": "$$.Map.Item.Value.name"},
        "ItemProcessor": definition("T", T={"Type": "Pass", "End": True}),
        "End": True,
    }
    case = a_case(definition("M", M=state), {"items": [{"name": 1}, {"names": 2}]})
    assert explain(case).failures[0].notes[1:] == (
        "$$.Map.Item.Value.name in a.$ found nothing",
        "it is item 1 that does not have it",
        "$$.Map.Item.Value has the keys: names",
        "did you mean $$.Map.Item.Value.names?",
    )


def test_a_state_within_a_map_reads_its_item():
    """The context object that a path within an iteration reads has the item."""
    inner = {"Type": "Pass", "Parameters": {"a.$": "$$.Map.Item.Value.name"}, "End": True}
    state = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemProcessor": definition("T", T=inner),
        "End": True,
    }
    case = a_case(definition("M", M=state), {"items": [{"nam": 1}]})
    assert "did you mean $$.Map.Item.Value.nam?" in explain(case).failures[0].notes


@pytest.mark.parametrize(
    ("expression", "notes"),
    [
        ("$cuont", ("$cuont in Output found nothing", "the state has the keys: $count")),
        ("($x := 1; $x + $y)", ("$y in Output found nothing", "the state has the keys: $count")),
        ("$sum($states.input.n) > 'a'", ()),
    ],
)
def test_a_variable_of_an_expression_that_is_not_there_is_told(expression, notes):
    """JSONata makes nothing of it, without a word; what the expression binds itself is there."""
    machine = definition(
        "S",
        S={"Type": "Pass", "Assign": {"count": 1}, "Next": "P"},
        P={"Type": "Pass", "Output": "{% " + expression + " %}", "End": True},
    )
    machine["QueryLanguage"] = "JSONata"
    found = explain(a_case(machine, {"n": [1]})).failures[0].notes
    assert found[1:3] == notes
