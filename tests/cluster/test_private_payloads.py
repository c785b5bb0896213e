"""What whoever may view a namespace finds of a private run, on a real cluster."""

import json

import pytest

from tests.support.space import Space, execution, function, one_task, workflow

pytestmark = pytest.mark.cluster

WORD = "open-sesame"
GREET = "def main_handler(event, context):\n    return event['word'] + ' indeed'\n"
VIEWED = "executions.asw.dev,workflows.asw.dev,jobs,pods,configmaps,controllerrevisions,events"


def test_who_may_view_reads_no_payload(space: Space) -> None:
    """Input, event, outcome and output of a real task are in nothing that the role view reads."""
    given = {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Payload",
        "metadata": {"name": "given"},
        "data": {"input": json.dumps({"word": WORD})},
    }
    private = workflow("greet", one_task("greet"), payloads="Private")
    run = execution("greet-1", "greet", inputFrom={"payloadRef": {"name": "given", "key": "input"}})
    del run["spec"]["inputText"]
    viewer = f"system:serviceaccount:{space.namespace}:viewer"
    space.kubectl("create", "serviceaccount", "viewer")
    account = f"--serviceaccount={space.namespace}:viewer"
    space.kubectl("create", "rolebinding", "viewer", "--clusterrole=view", account)
    space.apply(given, function("greet", GREET), private, run)
    status = space.finished("greet-1")["status"]
    assert status["phase"] == "Succeeded", status

    seen = space.kubectl("get", VIEWED, "--output=json", f"--as={viewer}")
    assert "greet-1" in seen
    assert WORD not in seen
    refused = space.kubectl("get", "payloads", f"--as={viewer}", check=False)
    assert "cannot list resource" in refused
    output = space.get("payload", status["outputRef"]["name"])["data"]["value"]
    assert json.loads(output) == f"{WORD} indeed"
    assert "history" not in status
