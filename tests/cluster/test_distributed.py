"""Distributed Maps on a real cluster: children as Executions, children in memory, and crashes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.host_operator import host_operator
from tests.support.job_watch import watched_jobs
from tests.support.space import Object, Space, call, execution, function, workflow

pytestmark = pytest.mark.cluster

SHAKY = """
def main_handler(event, context):
    if event < 0:
        raise ValueError("not negative, please")
    return event * 2
"""
SLOW = """
import time


def main_handler(event, context):
    time.sleep(6)
    return event + 1
"""


def a_map(function_name: str, kind: str, **fields: Any) -> Object:
    """A Workflow ``all`` that calls the function for each item, in a child."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
        "StartAt": "Each",
        "States": {"Each": call(function_name)},
    }
    state = {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}
    return workflow("all", {"StartAt": "All", "States": {"All": state}})


def children(space: Space, name: str) -> list[Object]:
    """The child Executions, in the order of their items."""
    uid = space.get("execution", name)["metadata"]["uid"]
    found = space.all("executions", f"--selector=asw.dev/parent-uid={uid}")
    return sorted(found, key=lambda child: int(child["metadata"]["labels"]["asw.dev/child"]))


def phases(space: Space, name: str) -> list[str]:
    """How the children stand."""
    return [it.get("status", {}).get("phase", "") for it in children(space, name)]


def test_standard_children(space: Space) -> None:
    """Each item has an Execution with Jobs of its own; one failure is within the tolerance."""
    space.apply(function("double", SHAKY), a_map("double", "STANDARD", ToleratedFailureCount=1))
    status = space.run("run", "all", [1, -1, 3])
    assert status["phase"] == "Succeeded"
    assert phases(space, "run") == ["Succeeded", "Failed", "Succeeded"]
    first = children(space, "run")[0]
    assert first["status"]["output"] == 2
    (owner,) = first["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("Execution", "run")
    assert len(space.jobs(first["metadata"]["name"])) == 1
    space.kubectl("delete", "execution", "run")
    space.until("the end of the children", lambda: not space.all("executions"))


def test_express_children(space: Space) -> None:
    """No object is made for a child; the Jobs of its Tasks belong to the parent."""
    space.apply(function("double", SHAKY), a_map("double", "EXPRESS", ToleratedFailureCount=1))
    status = space.run("run", "all", [1, -1, 3])
    assert status["phase"] == "Succeeded"
    assert [it["metadata"]["name"] for it in space.all("executions")] == ["run"]
    jobs = space.jobs("run")
    assert len(jobs) == 3
    assert len({it["metadata"]["labels"]["asw.dev/child-uid"] for it in jobs}) == 3


@pytest.mark.alone
@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_a_killed_operator_goes_on(space: Space, tmp_path: Path, kind: str) -> None:
    """SIGKILL in the middle of the Tasks: each item's result is there, and no Job ran twice."""
    log = tmp_path / "operator.log"
    with watched_jobs(space) as jobs, host_operator(space.cluster, log) as operator:
        space.apply(function("slow", SLOW), a_map("slow", kind, MaxConcurrency=3))
        space.apply(execution("run", "all", [1, 2, 3, 4]))
        space.until("the first Jobs", lambda: len(space.all("jobs")) >= 3)
        operator.kill()
        operator.start()
        status = space.finished("run")["status"]
    assert (status["phase"], status["output"]) == ("Succeeded", [2, 3, 4, 5]), log.read_text()
    assert len(jobs.uids) == 4
    assert all(len(uids) == 1 for uids in jobs.uids.values())


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_stop_aborts_the_children(space: Space, kind: str) -> None:
    """Who stops the parent ends its children, and the Jobs of both are deleted."""
    source = "import time\n\ndef main_handler(event, context):\n    time.sleep(600)\n"
    space.apply(function("long", source), a_map("long", kind))
    space.apply(execution("run", "all", [1, 2]))
    space.until("both Jobs", lambda: len(space.all("jobs")) == 2)
    patch = json.dumps({"spec": {"stop": {"error": "Enough"}}})
    space.kubectl("patch", "execution", "run", "--type=merge", f"--patch={patch}")
    assert space.finished("run")["status"]["phase"] == "Aborted"
    aborted = ["Aborted"] * 2 if kind == "STANDARD" else []
    space.until("the children's end", lambda: phases(space, "run") == aborted)
    space.until("the end of the Jobs", lambda: not space.all("jobs"))
