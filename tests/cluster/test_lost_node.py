"""A node that is lost with warm pods on it: a network that broke, and a kubelet that says nothing.

The node's kubelet is the test itself; API server, controllers, scheduler, operator and the runtime
in the pod are real.
"""

from pathlib import Path

import pytest

from tests.support.host_operator import host_operator
from tests.support.lost_node import lost_node
from tests.support.pulses import pulses
from tests.support.space import Object, Space, events, execution, function, one_task, workflow

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

LOST_AFTER_SECONDS = "10"


def test_what_ran_on_a_lost_node_runs_elsewhere_or_fails(space: Space, tmp_path: Path) -> None:
    """After nodeLostAfter a call is made again, or with onLost Fail fails and is never repeated."""
    settings = {"ASW_NODE_LOST_AFTER_SECONDS": LOST_AFTER_SECONDS}
    with (
        pulses(space.cluster) as heard,
        lost_node(space, tmp_path) as node,
        host_operator(space.cluster, tmp_path / "operator.log", **settings),
    ):
        pool = {"mode": "Warm", "warm": {"min": 1, "max": 1}, "nodeSelector": node.selector}
        for name, on_lost in (("again", "Retry"), ("once", "Fail")):
            space.apply(
                function(name, heard.source, onLost=on_lost, **pool), workflow(name, one_task(name))
            )
        pods = {name: node.run_pod(name) for name in ("again", "once")}
        for name in pods:
            space.until("a warm pod", lambda name=name: _warm(space, name).get("ready") == 1)
            space.apply(execution(f"{name}-1", name))
        firsts = {f"1/{pod}" for pod in pods.values()}
        space.until("signs of life", lambda: firsts <= heard.spans.keys())
        node.cut_off()
        again, once = (space.finished(f"{name}-1")["status"] for name in ("again", "once"))
    assert (again["phase"], again["output"]) == ("Succeeded", 2)
    (lost,) = events(again, "LambdaFunctionFailed")
    assert lost["error"] == "Asw.NodeLost"
    assert (once["phase"], once["error"]) == ("Failed", "Asw.NodeLost")
    assert [it.partition("/")[0] for it in heard.spans.keys() - firsts] == ["2"]


def _warm(space: Space, name: str) -> Object:
    found: Object = space.get("function", name).get("status", {}).get("warm", {})
    return found
