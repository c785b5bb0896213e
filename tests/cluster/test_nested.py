"""Tasks that start executions of other Workflows, on a real cluster."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.host_operator import host_operator
from tests.support.space import INCREMENT, Object, Space, call, execution, function, workflow

pytestmark = pytest.mark.cluster

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine"
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Oops", "Cause": "bad"}}}


def a_start(pattern: str, name: str = "", **fields: Any) -> Object:
    """A Workflow ``order`` whose Task starts an execution of ``bill`` with its own input."""
    asked = {"StateMachineArn": f"{ARN}:bill", "Input.$": "$"} | ({"Name": name} if name else {})
    state = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:startExecution{pattern}",
        "Parameters": asked,
        "End": True,
        **fields,
    }
    return workflow("order", {"StartAt": "Start", "States": {"Start": state}})


def bill(definition: Any) -> Object:
    """The Workflow of the child."""
    return workflow("bill", definition)


def counting() -> list[Object]:
    """A Workflow ``bill`` that adds one in a task."""
    return [function("inc", INCREMENT), bill({"StartAt": "Add", "States": {"Add": call("inc")}})]


def started(space: Space, name: str = "run") -> list[Object]:
    """The Executions that Tasks of this one started."""
    uid = space.get("execution", name)["metadata"]["uid"]
    return space.all("executions", f"--selector=asw.dev/started-by={uid}")


def phase(item: Object) -> str:
    """How an Execution stands."""
    return str(item.get("status", {}).get("phase", ""))


def running_child(space: Space) -> Object:
    """The only child of ``run``, once it runs."""
    return space.until(  # type: ignore[no-any-return]
        "the child", lambda: next((it for it in started(space) if phase(it) == "Running"), None)
    )


def test_the_output_as_text_and_as_json(space: Space) -> None:
    """With .sync it is a text, with .sync:2 JSON; the child is an Execution that owns nothing."""
    space.apply(*counting(), a_start(".sync:2"))
    output = space.run("run", "order", 41)["output"]
    assert (output["Output"], output["Input"], output["Status"]) == (42, 41, "SUCCEEDED")
    space.mend(a_start(".sync"))
    assert space.run("again", "order", 1)["output"]["Output"] == "2"
    (child,) = started(space)
    assert child["metadata"]["name"] == output["Name"]
    assert "ownerReferences" not in child["metadata"]
    space.kubectl("delete", "execution", "run")
    assert phase(space.get("execution", output["Name"])) == "Succeeded"


def test_a_start_alone(space: Space) -> None:
    """Without .sync the Task ends with the start, and the child goes on."""
    space.apply(bill(WAIT), a_start(""))
    status = space.run("run", "order", {})
    assert (status["phase"], set(status["output"])) == ("Succeeded", {"ExecutionArn", "StartDate"})
    assert phase(running_child(space)) == "Running"


def test_a_failed_child(space: Space) -> None:
    """AWS: States.TaskFailed, and a cause that describes the child."""
    space.apply(bill(FAIL), a_start(".sync:2"))
    status = space.run("run", "order", {})
    told = json.loads(status["cause"])
    assert (status["phase"], status["error"]) == ("Failed", "States.TaskFailed")
    assert (told["Error"], told["Cause"], told["Status"]) == ("Oops", "bad", "FAILED")


def test_a_stop_stops_the_child(space: Space) -> None:
    """Whoever stops the parent has stopped what it waits for."""
    space.apply(bill(WAIT), a_start(".sync"))
    space.apply(execution("run", "order", {}))
    name = running_child(space)["metadata"]["name"]
    space.patch("run", stop={"error": "Enough"})
    assert phase(space.finished("run")) == "Aborted"
    assert phase(space.finished(name)) == "Aborted"


def test_a_deleted_child_fails_its_task(space: Space) -> None:
    """The parent does not wait for ever for what is gone."""
    space.apply(bill(WAIT), a_start(".sync"))
    space.apply(execution("run", "order", {}))
    space.kubectl("delete", "execution", running_child(space)["metadata"]["name"])
    status = space.finished("run")["status"]
    assert (status["phase"], json.loads(status["cause"])["Status"]) == ("Failed", "ABORTED")


def test_a_name_is_given_once(space: Space) -> None:
    """AWS's error for a name that another execution of the Workflow has; no object is touched."""
    space.apply(*counting(), a_start(".sync:2", "Bill_7", OutputPath="$.Name"))
    assert space.run("run", "order", 1)["output"] == "Bill_7"
    (child,) = started(space)
    assert child["spec"]["name"] == "Bill_7"
    status = space.run("again", "order", 1)
    assert status["error"] == "StepFunctions.ExecutionAlreadyExistsException"
    assert started(space, "again") == []


def test_nobody_else_says_that_a_task_started_it(space: Space) -> None:
    """The chart's policy refuses it before it exists."""
    claimed = {"name": "x", "uid": "y", "ordinal": 1, "state": "Start", "awaited": True}
    item = execution("forged", "bill", {}, startedBy=claimed)
    said = space.kubectl("create", "--filename=-", stdin=json.dumps(item), check=False)
    assert "spec.startedBy is set by the operator alone" in said


@pytest.mark.alone
def test_kills_start_no_second_child(space: Space, tmp_path: Path) -> None:
    """Five SIGKILLs while ten parents start a child each: each has one, and all succeed."""
    names = [f"run-{n}" for n in range(10)]
    log = tmp_path / "operator.log"
    with host_operator(space.cluster, log) as operator:
        space.apply(*counting(), a_start(".sync:2", OutputPath="$.Output"))
        space.apply(*(execution(name, "order", 1) for name in names))
        for _ in range(5):
            operator.kill()
            operator.start()
            time.sleep(2)  # lets it get somewhere; what is promised does not depend on how far
        ends = [space.finished(name)["status"] for name in names]
    assert [(it["phase"], it["output"]) for it in ends] == [("Succeeded", 2)] * 10
    children = space.all("executions", "--selector=asw.dev/started-by")
    tasks = {
        (it["spec"]["startedBy"]["uid"], it["spec"]["startedBy"]["ordinal"]) for it in children
    }
    assert len(tasks) == len(children) == 10
