"""Triggers on the real cluster: ends start runs, whatever happens to the operator."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.host_operator import host_operator
from tests.support.space import API, Object, Space, workflow

pytestmark = pytest.mark.cluster

PASSING = {"StartAt": "Go", "States": {"Go": {"Type": "Pass", "End": True}}}
FAILING = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Late"}}}


def trigger(name: str, **spec: Any) -> Object:
    """A Trigger of ``tell`` by failures of ``etl``."""
    source = {"workflow": {"workflows": ["etl"], "outcomes": ["Failed"]}}
    spec = {"source": source, "workflowRef": {"name": "tell"}, **spec}
    return {"apiVersion": API, "kind": "Trigger", "metadata": {"name": name}, "spec": spec}


def execution(name: str) -> Object:
    """An Execution of ``etl``."""
    spec = {"workflowRef": {"name": "etl"}}
    return {"apiVersion": API, "kind": "Execution", "metadata": {"name": name}, "spec": spec}


def runs_of(space: Space, name: str) -> list[Object]:
    """The Executions that the Trigger started."""
    return space.all("executions", f"--selector=asw.dev/trigger={name}")


def condition(space: Space, name: str) -> Object:
    """The condition Ready of the Trigger."""
    conditions = space.get("trigger", name).get("status", {}).get("conditions", [])
    return next((it for it in conditions if it["type"] == "Ready"), {})


@pytest.mark.alone
def test_kills_miss_and_double_no_end(space: Space, tmp_path: Path) -> None:
    """Each end starts one run, though the operator is killed while Executions end."""
    wish = {"filter": 'event.data.error == "Late"', "input": {"of": "{% $event.data.name %}"}}
    with host_operator(space.cluster, tmp_path / "operator.log") as operator:
        space.apply(workflow("etl", FAILING), workflow("tell", PASSING), trigger("on", **wish))
        space.until("the Trigger", lambda: condition(space, "on").get("status") == "True")
        for count in range(1, 6):
            space.apply(*(execution(f"e-{count}-{each}") for each in range(3)))
            space.until("a run", lambda count=count: len(runs_of(space, "on")) >= count)
            operator.kill()
            operator.start()
        space.until("runs", lambda: len(runs_of(space, "on")) >= 15)
        space.until("ends", lambda: all("output" in it["status"] for it in runs_of(space, "on")))
        runs = runs_of(space, "on")
    ended = sorted(it["status"]["output"]["of"] for it in runs)
    assert ended == [f"e-{count}-{each}" for count in range(1, 6) for each in range(3)]


def test_a_mistake_is_told_and_mended(space: Space) -> None:
    """The condition says where it is; the mended Trigger starts runs for what ended meanwhile."""
    space.apply(workflow("etl", FAILING), workflow("tell", PASSING))
    space.apply(trigger("on", filter="event.data.error = 'Late'"))
    space.until("the mistake", lambda: condition(space, "on").get("reason") == "InvalidTrigger")
    assert condition(space, "on")["message"].startswith("spec.filter: ")
    space.apply(execution("e-1"))
    space.until("the end", lambda: "error" in space.get("execution", "e-1").get("status", {}))
    space.apply(trigger("on", filter="event.data.error == 'Late'"))
    space.until("a run", lambda: len(runs_of(space, "on")) == 1)
    event = json.loads(runs_of(space, "on")[0]["spec"]["inputText"])
    assert (event["type"], event["subject"]) == ("dev.asw.execution.failed", "e-1")


def test_the_api_server_refuses_what_makes_no_sense(space: Space) -> None:
    """A Trigger without outcomes, or with one that there is not, is not stored."""
    for outcomes in ([], ["Lost"]):
        wrong = trigger("on", source={"workflow": {"outcomes": outcomes}})
        answer = space.cluster.kubectl(
            "--namespace", space.namespace, "apply", "-f", "-", stdin=json.dumps(wrong), check=False
        )
        assert answer.returncode != 0
        assert "outcomes" in answer.stderr
