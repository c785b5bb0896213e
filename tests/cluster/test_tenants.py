"""One namespace does what costs most, and the operator goes on working for another one."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.cluster import Cluster
from tests.support.installation import SYSTEM
from tests.support.space import Space, execution, workflow

pytestmark = pytest.mark.cluster

PASS = {"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}}


def caught(*states: dict[str, Any]) -> dict[str, Any]:
    """The states in a row, in a branch whose failure is caught: the output is the error's name."""
    names = [f"s{number}" for number in range(len(states))]
    following = [{"Next": name} for name in names[1:]] + [{"End": True}]
    branch = {
        name: {**state, **to} for name, state, to in zip(names, states, following, strict=True)
    }
    attempt = {
        "Type": "Parallel",
        "Branches": [{"StartAt": names[0], "States": branch}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "caught"}],
        "End": True,
    }
    error = {"Type": "Pass", "InputPath": "$.Error", "End": True}
    return {"StartAt": "attempt", "States": {"attempt": attempt, "caught": error}}


def evaluated(expression: str) -> dict[str, Any]:
    """A state that evaluates a JSONata expression."""
    return {"Type": "Pass", "QueryLanguage": "JSONata", "Output": f"{{% {expression} %}}"}


# An array that holds arrays as long as may be; numbers compared each with each; a text that is
# looked for in vain, once for each item.
MEMORY = evaluated("$count($map([1..800], function($i) {[1..873782]}))")
WORK = evaluated("$count($distinct([1..60000]))")
FILTER = {"Type": "Pass", "InputPath": "$.a[?($.x contains $.n)]"}
SEARCHED = {"a": [1] * 20_000, "x": "a" * 73_000, "n": "a" * 36_000 + "b"}

ATTACKS: dict[str, tuple[dict[str, Any], Any, str]] = {
    "memory": (caught(MEMORY), {}, "States.QueryEvaluationError"),
    "chain": (caught(WORK, WORK, WORK, WORK), {}, "States.QueryEvaluationError"),
    "filter": (caught(FILTER), SEARCHED, "States.Runtime"),
}


@pytest.fixture
def attacker(installed: Cluster) -> Iterator[Space]:
    """A second namespace, of somebody else."""
    name = f"asw-test-{uuid.uuid4().hex[:8]}"
    installed.kubectl("create", "namespace", name)
    yield Space(installed, name)
    installed.kubectl("delete", "namespace", name, "--wait=false")


def restarts(cluster: Cluster) -> dict[str, int]:
    """How often each container of the operator was restarted, by the uid of its pod.

    A pod that is being deleted was there before the chart was installed.
    """
    listed = json.loads(cluster.kubectl("-n", SYSTEM, "get", "pods", "--output=json").stdout)
    return {
        pod["metadata"]["uid"]: sum(it["restartCount"] for it in pod["status"]["containerStatuses"])
        for pod in listed["items"]
        if "deletionTimestamp" not in pod["metadata"]
    }


@pytest.mark.parametrize("name", ATTACKS)
def test_what_costs_too_much_fails_alone(space: Space, attacker: Space, name: str) -> None:
    """It ends with an error of its own; a neighbour's run ends, and no operator is restarted."""
    definition, given, error = ATTACKS[name]
    before = restarts(space.cluster)
    attacker.apply(workflow("costly", definition), execution("costly-1", "costly", given))
    space.apply(workflow("pass", PASS))
    assert space.run("pass-1", "pass", 5)["output"] == 5
    found = attacker.finished("costly-1")["status"]
    assert error in (found.get("error"), found.get("output"))
    assert restarts(space.cluster) == before
