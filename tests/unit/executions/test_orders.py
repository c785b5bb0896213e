"""What an order to start becomes: names, and inputs that arrive as they were given."""

import json

import pytest

from asw.api.execution import Execution
from asw.executions.orders import execution_manifest
from asw.executions.port import StartOrder
from asw.exits import BAD_INPUT
from asw.failures import Failure


def manifest(**fields):
    return execution_manifest(StartOrder(workflow="flow", **fields))


def test_without_a_name_it_gets_one_of_its_workflow():
    """Kubernetes makes it up, so that two that start at once do not meet."""
    labels = {"asw.dev/workflow": "flow"}
    assert manifest()["metadata"] == {"labels": labels, "generateName": "flow-"}
    assert "input" not in manifest()["spec"]
    assert manifest(name="mine", labels={"a": "b"})["metadata"] == {
        "name": "mine",
        "labels": {"a": "b", **labels},
    }


@pytest.mark.parametrize(
    "value", [None, "text", True, 7, {}, {"a": None, "b": [{"c": 1, "文": "字"}]}]
)
def test_inputs_that_a_server_leaves_alone_are_objects(value):
    """People read them with kubectl."""
    spec = manifest(has_input=True, input=value)["spec"]
    assert spec["input"] == value
    assert "inputText" not in spec


@pytest.mark.parametrize(
    "value", [1.0, {"b": 1, "a": 2}, [{"a": 1.5}], 2**60, {"a": {"z": 1, "b": 2}}]
)
def test_inputs_that_a_server_would_rewrite_are_text(value):
    """It sorts keys, and writes 1.0 as 1: a run on a cluster would differ from one here."""
    spec = manifest(has_input=True, input=value)["spec"]
    assert "input" not in spec
    text = spec["inputText"]
    assert json.dumps(json.loads(text)) == json.dumps(value)


def test_what_is_made_is_an_execution():
    """The model of the custom resource takes it."""
    made = manifest(name="a", has_input=True, input=None)
    assert Execution.parse(made).spec.has_input


@pytest.mark.parametrize(
    ("name", "near"),
    [("Order_42", "order-42"), ("a b", "a-b"), ("订单", None), ("-", None), ("../x", "x")],
)
def test_a_name_that_no_object_can_have_is_told_with_one_that_can(name, near):
    """What Kubernetes would refuse in its own words is refused in ours, before anything happens."""
    with pytest.raises(Failure) as caught:
        manifest(name=name)
    assert caught.value.code == BAD_INPUT
    assert ("--name" in caught.value.remedy) is (near is not None)
    assert caught.value.remedy.endswith(near or "dots")


def nested(depth):
    made = []
    for _ in range(depth):
        made = [made]
    return made


@pytest.mark.parametrize("value", ["x" * 262_144, nested(600)], ids=["size", "depth"])
def test_inputs_beyond_the_bounds_of_aws_are_refused(value):
    """An execution on them would fail at once."""
    with pytest.raises(Failure):
        manifest(has_input=True, input=value)
