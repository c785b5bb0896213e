"""Nulls that kubectl drops on the way, and the annotation that still has them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.api.applied import LAST_APPLIED, with_lost_nulls
from asw.api.execution import Execution
from asw.api.workflow import Workflow

FIELDS = {"free": ("other",)}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=12,
)


def sent(value):
    """What kubectl apply sends of it: no member that is null, at any depth."""
    if isinstance(value, dict):
        return {name: sent(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [sent(item) for item in value]
    return value


def applied(live, text):
    """An object whose annotation has this text."""
    annotations = {LAST_APPLIED: text if isinstance(text, str) else json.dumps(text)}
    return {"metadata": {"name": "x", "annotations": annotations}, "spec": live}


def restored(live, spec):
    """The spec as it is read, and the fields that lacked something."""
    whole, completed = with_lost_nulls(applied(live, {"spec": spec}), FIELDS)
    return whole["spec"], completed


@given(json_values)
def test_whatever_was_applied_is_read(value):
    """An object that is as kubectl sent it is read as its author wrote it."""
    spec = {"free": value, "typed": {"a": None}}
    whole, completed = restored(sent(spec), spec)
    assert whole == {**sent(spec), "free": value}
    assert completed == ({"free"} if sent({"free": value}) != {"free": value} else frozenset())


@given(json_values, json_values)
def test_only_nulls_are_taken(live, other):
    """Whatever the annotation says, no value but null comes from it."""
    whole, _ = restored({"free": live}, {"free": other})
    assert sent(whole) == sent({"free": live})


@pytest.mark.parametrize(
    ("live", "spec"),
    [
        pytest.param({"free": {"a": 2}}, {"free": {"a": 1, "b": None}}, id="another value"),
        pytest.param({"free": {"a": 1}}, {"free": {"a": True, "b": None}}, id="another type"),
        pytest.param({"free": {"c": 1}}, {"free": {"b": None}}, id="a member more"),
        pytest.param({"free": {}}, {"free": {"a": 1, "b": None}}, id="a member less"),
        pytest.param({"free": [{}]}, {"free": [{"b": None}, {}]}, id="a shorter array"),
        pytest.param({"free": {}}, {"free": {"b": None, "c": [1]}}, id="an array less"),
        pytest.param({"other": 1}, {"free": None}, id="another field instead"),
        pytest.param({"free": {}}, {}, id="not applied"),
    ],
)
def test_what_was_changed_since_is_newer(live, spec):
    """Where anything else differs, the object stays as the API server has it."""
    assert restored(live, spec) == (live, frozenset())


def test_nulls_that_are_there_stay():
    """Another manager may have set some."""
    whole, completed = restored({"free": {"a": None}}, {"free": {"b": None}})
    assert whole == {"free": {"a": None, "b": None}}
    assert completed == {"free"}


@pytest.mark.parametrize(
    "text",
    ["null", "{ null", "[null]", '{"spec": null}', '{"spec": {"free": ' + "[" * 2000 + "null"],
    ids=["null", "broken", "array", "no spec", "deep"],
)
def test_an_annotation_of_another_kind_says_nothing(text):
    """Anybody may write annotations."""
    source = applied({"free": {}}, text)
    assert with_lost_nulls(source, FIELDS) == (source, frozenset())


def test_a_value_too_deep_stays():
    """What is nested deeper than this process can walk is left as it is."""
    live: dict = {}
    spec: dict = {"b": None}
    for _ in range(900):
        live, spec = {"a": live}, {"a": spec}
    assert restored({"free": live}, {"free": spec}) == ({"free": live}, frozenset())


def test_custom_resources_are_read_as_they_were_applied():
    """Definition, default input and input come with their nulls; typed fields do not."""
    state = {"Type": "Pass", "ResultPath": None, "End": True}
    spec = {
        "definition": {"StartAt": "A", "States": {"A": state}},
        "defaultInput": None,
        "concurrency": None,
    }
    workflow = Workflow.parse(applied(sent(spec), {"spec": spec}))
    assert workflow.spec.definition == spec["definition"]
    assert workflow.spec.has_default_input
    assert workflow.completed == {"definition", "defaultInput"}
    order = {"workflowRef": {"name": "w"}, "input": {"a": None}, "suspend": None}
    execution = Execution.parse(applied(sent(order), {"spec": order}))
    assert execution.spec.input == {"a": None}
    assert execution.completed == {"input"}
