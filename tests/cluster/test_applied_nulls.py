"""What kubectl apply leaves out: nulls of definitions and inputs count as they were written."""

from typing import Any

import pytest

from tests.support.space import Space, execution, workflow

pytestmark = pytest.mark.cluster


def definition(**fields: Any) -> dict[str, Any]:
    """One Pass with these fields."""
    return {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True, **fields}}}


def order(name: str, value: Any, **spec: Any) -> dict[str, Any]:
    """An Execution whose input is an object of the API, as most people write it."""
    made = execution(name, "flow", **spec)
    del made["spec"]["inputText"]
    made["spec"]["input"] = value
    return made


def test_nulls_are_those_of_the_manifest(space: Space) -> None:
    """A null ResultPath discards the result, and null members of an input arrive."""
    given = {"gone": None, "items": [None, {"gone": None}]}
    space.apply(workflow("flow", definition(Result=1, ResultPath=None)), order("run", given))
    assert space.finished("run")["status"]["output"] == given
    assert space.get("execution", "run")["spec"]["input"] == {"items": [None, {}]}  # as it was sent


def test_a_null_alone_makes_a_revision(space: Space) -> None:
    """Applied anew with nothing but a null more, which the API server never sees."""
    space.apply(workflow("flow", definition(Result=1)))
    first = space.until(
        "a revision", lambda: space.get("workflow", "flow")["status"].get("revision")
    )
    space.apply(workflow("flow", definition(Result=1, ResultPath=None)))
    space.until(
        "another revision",
        lambda: space.get("workflow", "flow")["status"]["revision"] != first,
    )
    assert space.get("workflow", "flow")["metadata"]["generation"] == 1
    assert space.run("run", "flow", {"a": 1})["output"] == {"a": 1}


def test_an_input_outlives_its_annotation(space: Space) -> None:
    """What a run began with stays, whoever writes annotations in mid-run."""
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5, "End": True}}}
    space.apply(workflow("flow", wait), order("run", {"gone": None, "b": 1}))
    space.until(
        "its start", lambda: space.get("execution", "run").get("status", {}).get("startTime")
    )
    space.kubectl(
        "annotate", "execution", "run", "kubectl.kubernetes.io/last-applied-configuration-"
    )
    assert space.finished("run")["status"]["output"] == {"gone": None, "b": 1}
