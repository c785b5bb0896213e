"""What a wait waits for, and when that is there."""

import pytest

from asw.connector.kubernetes.parameters import Parameters
from asw.connector.kubernetes.waits import goal_of


def an_object(status="True", *, generation=2, observed=None, about=None):
    """An object with a condition Ready, about one of its generations."""
    condition = {"type": "Ready", "status": status, "reason": "Because", "message": "so"}
    if about is not None:
        condition["observedGeneration"] = about
    found = {"conditions": [condition]}
    if observed is not None:
        found["observedGeneration"] = observed
    return {"metadata": {"generation": generation}, "status": found}


@pytest.mark.parametrize(
    ("fields", "state", "is_met"),
    [
        ({"Condition": "Ready"}, an_object(), True),
        ({"Condition": "ready"}, an_object(), True),
        ({"Condition": "Ready"}, an_object("False"), False),
        ({"Condition": "Ready=False"}, an_object("False"), True),
        ({"Condition": "Ready"}, an_object(observed=1), False),
        ({"Condition": "Ready"}, an_object(observed=1, about=2), True),
        ({"Condition": "Ready"}, an_object(about=1), False),
        ({"Condition": "Other"}, an_object(), False),
        ({"Condition": "Ready"}, {"metadata": {}}, False),
        ({"Condition": "Ready"}, None, False),
        ({"JsonPath": "$.status.phase", "Value": "Up"}, {"status": {"phase": "Up"}}, True),
        ({"JsonPath": "$.status.n", "Value": 1}, {"status": {"n": "1"}}, False),
        ({"JsonPath": "$.status.n", "Value": {"a": [1]}}, {"status": {"n": {"a": [1]}}}, True),
        ({"JsonPath": "$.status.phase"}, {"status": {"phase": "any"}}, True),
        ({"JsonPath": "$.status.phase"}, {"status": {"phase": ""}}, True),
        ({"JsonPath": "$.status.phase"}, {"status": {}}, False),
        ({"JsonPath": "$.metadata['a/b']"}, {"metadata": {"a/b": 1}}, True),
        ({"JsonPath": "$.items[0].x"}, {"items": [{"x": 1}]}, True),
        ({"Deleted": True}, None, True),
        ({"Deleted": True}, {}, False),
    ],
)
def test_when_a_goal_is_met(fields, state, is_met):
    """As kubectl wait decides: a condition about an older generation does not count."""
    assert goal_of(Parameters(fields)).is_met(state) is is_met


def test_what_holds_up_a_deletion_is_told():
    """Finalizers are the usual reason."""
    state = {"metadata": {"deletionTimestamp": "now", "finalizers": ["a/b"]}}
    assert "finalizers a/b" in goal_of(Parameters({"Deleted": True})).seen(state)


def test_a_condition_that_is_not_met_is_told_with_its_reason():
    """Status, reason and message, as the controller wrote them."""
    goal = goal_of(Parameters({"Condition": "Ready"}))
    assert goal.seen(an_object("False")) == "it is False (Because: so)"
