"""The order for one more execution like another."""

from datetime import UTC, datetime

import pytest

from asw.cli.commands.rerun import first_number, input_of, kept_labels, next_name
from asw.engine.history import Event
from asw.executions.run import Run
from asw.failures import Failure


def run(**spec):
    return Run({"metadata": {"name": "order-1"}, "spec": spec})


def started(value):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        Event(id=1, previous_event_id=0, type="ExecutionStarted", at=at, details={"input": value})
    ]


@pytest.mark.parametrize(
    ("spec", "events", "expected"),
    [
        ({"input": None}, started(1), None),
        ({"inputText": '{"a": 1.0}'}, started(2), {"a": 1.0}),
        ({"inputFrom": {}}, started({"from": "a ConfigMap"}), {"from": "a ConfigMap"}),
        ({}, started({"by": "default"}), {"by": "default"}),
    ],
)
def test_the_input_is_the_one_that_it_ran_on(spec, events, expected):
    """Wherever it is: in the spec, in an object that is gone, in a default of that time."""
    assert input_of(run(**spec), events) == expected


def test_an_input_that_is_lost_is_asked_for():
    """No history is left, and the spec does not hold it: nothing is made up."""
    with pytest.raises(Failure) as raised:
        input_of(run(inputFrom={}), ())
    assert raised.value.remedy == "give it with --input"


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [("order", 1, "order-r1"), ("order-r1", 2, "order-r2"), ("order-r1-x", 1, "order-r1-x-r1")],
)
def test_a_rerun_has_the_next_number(name, number, expected):
    """A rerun of a rerun is the second one of the first."""
    assert next_name(name, number) == expected


def test_the_first_number_is_the_one_after_its_own():
    """So that nobody has to look through those before."""
    assert [first_number(name) for name in ("order", "order-r1", "order-r41")] == [1, 2, 42]


def test_a_name_stays_within_what_kubernetes_takes():
    """The number is never cut off."""
    made = next_name("x" * 253, 12)
    assert len(made) == 253
    assert made.endswith("x-r12")


def test_labels_are_kept_but_for_those_of_owners():
    """Whoever deletes what is theirs and not in their files must not take the copy for theirs."""
    labels = {
        "team": "a",
        "asw.dev/slot": "7",
        "argocd.argoproj.io/instance": "x",
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/name": "shop",
    }
    assert kept_labels(labels) == {"team": "a", "app.kubernetes.io/name": "shop"}
