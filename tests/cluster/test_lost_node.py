"""A node that is lost with warm pods on it: a network that broke, and a kubelet that says nothing.

The node's kubelet is the test itself; API server, controllers, scheduler, operator and the runtime
in the pod are real.
"""

from pathlib import Path

import pytest

from tests.support.host_operator import host_operator
from tests.support.lost_node import lost_node
from tests.support.pulses import Pulses, pulses
from tests.support.space import Object, Space, events, execution, function, one_task, workflow

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

LOST_AFTER_SECONDS = "10"


def lose(space: Space, folder: Path, heard: Pulses, on_lost: str) -> Object:
    """Lose the node while a warm task runs there, and wait for the end of its run."""
    settings = {"ASW_NODE_LOST_AFTER_SECONDS": LOST_AFTER_SECONDS}
    with (
        lost_node(space, folder) as node,
        host_operator(space.cluster, folder / "operator.log", **settings),
    ):
        pool = {"mode": "Warm", "warm": {"min": 1, "max": 1}, "nodeSelector": node.selector}
        space.apply(
            function("f", heard.source, onLost=on_lost, **pool), workflow("f", one_task("f"))
        )
        pod = node.run_pod()
        space.until("a warm pod", lambda: _warm(space).get("ready") == 1)
        space.apply(execution("f-1", "f"))
        space.until("a sign of life", lambda: f"1/{pod}" in heard.spans)
        node.cut_off()
        status: Object = space.finished("f-1")["status"]
    return status


def _warm(space: Space) -> Object:
    found: Object = space.get("function", "f").get("status", {}).get("warm", {})
    return found


def test_what_ran_on_a_lost_node_runs_elsewhere(space: Space, tmp_path: Path) -> None:
    """After nodeLostAfter the call is made again."""
    with pulses(space.cluster) as heard:
        status = lose(space, tmp_path, heard, "Retry")
    assert (status["phase"], status["output"]) == ("Succeeded", 2)
    (lost,) = events(status, "LambdaFunctionFailed")
    assert lost["error"] == "Asw.NodeLost"
    assert {process.partition("/")[0] for process in heard.spans} == {"1", "2"}


def test_what_must_not_repeat_fails_with_its_node(space: Space, tmp_path: Path) -> None:
    """With onLost Fail the run ends with Asw.NodeLost, and no other process ever began."""
    with pulses(space.cluster) as heard:
        status = lose(space, tmp_path, heard, "Fail")
    assert (status["phase"], status["error"]) == ("Failed", "Asw.NodeLost")
    assert {process.partition("/")[0] for process in heard.spans} == {"1"}
