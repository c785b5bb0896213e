"""The quick start, as its reader does it."""

import json
from pathlib import Path

import pytest

from tests.support.space import Space, condition, events, function, one_task, workflow

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]


@pytest.fixture
def applied(space: Space) -> Space:
    """A namespace with examples/01-sum applied and run."""
    space.kubectl("apply", f"--filename={ROOT / 'examples/01-sum'}")
    space.kubectl("wait", "execution/sum-1", "--for=condition=Succeeded", "--timeout=300s")
    return space


def test_sum(applied: Space) -> None:
    """Three manifests applied in any order end in the output 15, every transition recorded."""
    item = applied.get("execution", "sum-1")
    status = item["status"]
    assert status["phase"] == "Succeeded"
    assert status["output"] == 15
    assert [event["type"] for event in events(status)] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    assert json.loads(events(status, "ExecutionSucceeded")[0]["output"]) == 15
    assert condition(item, "Ready")["status"] == "True"
    assert status["observedGeneration"] == item["metadata"]["generation"]


def test_printer_columns(applied: Space) -> None:
    """``kubectl get executions`` shows phase, workflow, states, result and age."""
    head, row = applied.kubectl("get", "executions").splitlines()
    assert head.split() == ["NAME", "PHASE", "WORKFLOW", "STATES", "RESULT", "AGE"]
    assert row.split()[:3] == ["sum-1", "Succeeded", "sum"]
    assert "15" in row.split()
    assert applied.kubectl("get", "asw", "--output=name").split() == [
        "execution.asw.dev/sum-1",
        "function.asw.dev/sum",
        "workflow.asw.dev/sum",
    ]


def test_logs(space: Space) -> None:
    """``kubectl logs -l`` shows what the function printed, line by line, after the run."""
    source = (
        "import sys\n"
        "def main_handler(event, context):\n"
        "    print('hello', event)\n"
        "    sys.stderr.write('warning')\n"
    )
    space.apply(function("chat", source), workflow("chat", one_task("chat")))
    status = space.run("chat-1", "chat", 7)
    assert status["phase"] == "Succeeded"
    assert space.logs("chat-1") == ["hello 7", "warning"]


def test_explain(applied: Space) -> None:
    """``kubectl explain`` has a sentence for the fields that a user writes."""
    for path in ("workflow.spec.definition", "execution.spec.inputFrom", "function.spec.handler"):
        text = applied.kubectl("explain", path)
        assert "<empty>" not in text
        assert "DESCRIPTION" in text
