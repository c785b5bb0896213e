"""What ``asw`` draws of executions on a real cluster: histories, graphs, the view that moves."""

import json

import pytest
from click.testing import CliRunner

from asw.cli.main import main
from asw.exits import NOT_FOUND
from tests.support.space import Space, call, execution, function, one_task, workflow
from tests.support.terminal import CTRL_C, asw_in_terminal

pytestmark = pytest.mark.cluster

COUNT = 400
PICKY = """
def main_handler(event, context):
    if event == 2:
        raise ValueError("two is bad")
    return event
"""


@pytest.fixture
def asw(space: Space):
    """The command, in the namespace of the test; what it prints on standard output."""

    def run(*arguments, exit_code=0):
        line = [*arguments, "--namespace", space.namespace]
        done = CliRunner().invoke(main, line, catch_exceptions=False)
        assert done.exit_code == exit_code, done.output
        return done.stdout if exit_code == 0 else done.stderr

    return run


def mapped(state, **fields):
    """A definition that does the state with each item of the input."""
    processor = {"StartAt": "One", "States": {"One": state}}
    each = {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}
    sorry = {"Sorry": {"Type": "Fail", "Error": "No"}} if "Catch" in fields else {}
    return {"StartAt": "Each", "States": {"Each": each, **sorry}}


def test_long_history_is_whole(space: Space, asw):
    """Events that the status has no place for any more are shown as all others, in AWS's shape."""
    space.apply(workflow("long", mapped({"Type": "Pass", "End": True})))
    space.apply(execution("long-1", "long", list(range(COUNT))))
    assert space.finished("long-1")["status"]["historyChunks"]
    plain = json.loads(asw("history", "long-1", "-o", "json"))["events"]
    assert [event["id"] for event in plain] == list(range(1, 4 * COUNT + 7))
    assert plain[-1]["type"] == "ExecutionSucceeded"
    assert json.loads(plain[-1]["executionSucceededEventDetails"]["output"]) == [*range(COUNT)]
    last = asw("history", "long-1", "--reverse", "--limit", "1", "--no-headers")
    assert last.split()[0] == str(4 * COUNT + 6)


def test_graph_of_an_execution_and_its_workflow(space: Space, asw):
    """The graph shows how it went, with times, tries and iterations; a Workflow's shows none."""
    retry = [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}]
    flow = mapped(call("picky", Retry=retry, End=True), Catch=catch)
    space.apply(function("picky", PICKY), workflow("picky", flow))
    space.apply(execution("picky-1", "picky", [1, 2, 3]))
    space.finished("picky-1")
    drawn = asw("graph", "picky-1")
    assert "picky-1  Failed" in drawn
    assert "✗ Sorry  Fail" in drawn
    assert "! Each  Map" in drawn
    assert "1 failed" in drawn
    states = {
        state["name"]: state
        for state in json.loads(asw("graph", "picky-1", "-o", "json"))["states"]
    }
    assert (states["One"]["visits"], states["One"]["tries"]) == (3, 4)
    assert "✗" not in asw("graph", "workflow/picky")
    assert "<svg" in asw("graph", "picky", "-o", "svg")
    assert "did you mean picky" in asw("graph", "pickyy", exit_code=NOT_FOUND)


def test_watching_says_what_a_task_waits_for(space: Space, tmp_path):
    """In a terminal the pod's own trouble is told beside its state; Ctrl-C leaves it running."""
    image = function("none", "", runtime="image", image="registry.invalid/none:1")
    space.apply(image, workflow("stuck", one_task("none")))
    space.apply(execution("stuck-1", "stuck"))
    line = ("watch", "stuck-1", "--namespace", space.namespace)
    with asw_in_terminal(*line, folder=tmp_path, columns=140) as terminal:
        assert "stuck-1  Running" in terminal.wait_for("Pull")
        terminal.send(CTRL_C)
        assert terminal.wait() == 130
        assert "Traceback" not in terminal.transcript
    assert space.get("execution", "stuck-1")["status"]["phase"] == "Running"
