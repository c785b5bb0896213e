"""Executions that Tasks start, on one machine: as a user types it, and after a kill."""

import json
import os
import signal

import pytest
import yaml

from tests.local.test_cli_run import API, a_function, a_task, asw, write
from tests.local.test_kill import MARK, begin, call, finish, let_go, lines, wait_until

CHILD = "arn:aws:states:us-east-1:123456789012:stateMachine:child"
__all__ = ["asw"]


def a_start(pattern=".sync:2", **fields):
    """A Task that starts an execution of the Workflow ``child`` with its own input."""
    resource = f"arn:aws:states:::states:startExecution{pattern}"
    request = {"StateMachineArn": CHILD, "Input.$": "$"}
    return {"Type": "Task", "Resource": resource, "Parameters": request, "End": True, **fields}


def named(name, states, start_at):
    """A manifest of a Workflow."""
    definition = {"StartAt": start_at, "States": states}
    spec = {"definition": definition}
    return {**API, "kind": "Workflow", "metadata": {"name": name}, "spec": spec}


def an_execution(name, value):
    """A manifest of an Execution of ``parent``."""
    spec = {"workflowRef": {"name": "parent"}, "input": value}
    return {**API, "kind": "Execution", "metadata": {"name": name}, "spec": spec}


def family(start, child_states, *more):
    """A parent that starts a child, an Execution of the parent, and more manifests."""
    parent = named("parent", {"Start": start}, "Start")
    child = named("child", child_states, next(iter(child_states)))
    return [parent, child, an_execution("run", {"n": 4}), *more]


def listed(asw):
    """Every execution of the folder by name, with its phase."""
    items = json.loads(asw("list", "--local", "--children", "-o", "json").stdout)["items"]
    return {it["metadata"]["name"]: it["status"]["phase"] for it in items}


def test_the_childs_output_is_the_result(asw, tmp_path):
    """With .sync:2 the parent goes on with the value that the child returned."""
    inc = a_function("inc", "def main_handler(event, context):\n    return event['n'] + 1")
    start = a_start(OutputPath="$.Output")
    result = asw("run", write(tmp_path, *family(start, {"Inc": a_task("inc")}, inc)), "--quiet")
    assert (result.exit_code, result.stdout) == (0, "5\n"), result.stderr


def test_a_failing_child_fails_the_task(asw, tmp_path):
    """The parent can catch States.TaskFailed, whose cause describes the child."""
    boom = {"Type": "Fail", "Error": "Boom", "Cause": "it broke"}
    caught = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Told"}]
    start = a_start(".sync", Catch=caught)
    manifests = family(start, {"Boom": boom})
    told = {"Type": "Pass", "Parameters": {"c.$": "States.StringToJson($.Cause)"}, "End": True}
    manifests[0]["spec"]["definition"]["States"]["Told"] = told
    result = asw("run", write(tmp_path, *manifests), "--quiet")
    cause = json.loads(result.stdout)["c"]
    assert (cause["Status"], cause["Error"], cause["Cause"]) == ("FAILED", "Boom", "it broke")


def test_a_child_that_is_not_awaited_runs_to_its_end(asw, tmp_path):
    """The parent ends at once, and the command when both have ended."""
    inc = a_function("inc", "def main_handler(event, context):\n    return event['n'] + 1")
    manifests = family(a_start(""), {"Inc": a_task("inc")}, inc)
    result = asw("run", write(tmp_path, *manifests), "--quiet")
    arn = json.loads(result.stdout)["ExecutionArn"]
    assert arn.startswith("arn:aws:states:us-east-1:123456789012:execution:child:")
    name = arn.rpartition(":")[2]
    assert listed(asw) == {"run": "Succeeded", name: "Succeeded"}


def test_a_missing_workflow_can_be_caught(asw, tmp_path):
    """A state machine that is not there has AWS's error."""
    manifests = family(a_start(), {"P": {"Type": "Pass", "End": True}})
    del manifests[1]
    result = asw("run", write(tmp_path, *manifests), "--quiet")
    assert result.exit_code == 1
    assert "StepFunctions.StateMachineDoesNotExistException" in result.stderr


def test_a_name_that_exists_can_be_caught(asw, tmp_path):
    """A name that another execution of the Workflow has is refused with AWS's error."""
    request = {"StateMachineArn": CHILD, "Name": "the-one"}
    manifests = family(a_start(Parameters=request), {"P": {"Type": "Pass", "End": True}})
    file = write(tmp_path, *manifests)
    assert asw("run", file, "--quiet").exit_code == 0
    again = asw("run", file, "--quiet")
    assert again.exit_code == 1
    assert "StepFunctions.ExecutionAlreadyExistsException" in again.stderr


@pytest.mark.parametrize("pattern", [".sync", ".sync:2", ""])
def test_a_kill_starts_no_second_child(tmp_path, pattern):
    """A parent that is resumed after a kill waits for the child that it had started."""
    data, marks = tmp_path / "data", tmp_path / "marks"
    child = call("child", marks)
    source = tmp_path / "manifests"
    source.mkdir()
    objects = family(a_start(pattern), {"Mark": child}, a_function("mark", MARK))
    (source / "all.yaml").write_text(yaml.safe_dump_all(objects))
    with begin("run", source, "--data", data) as process:
        wait_until(lambda: len(lines(marks)) >= 1)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    let_go(marks)
    done = finish("resume", "--data", data)
    assert done.returncode == 0, done.stderr
    items = json.loads(finish("list", "--children", "--data", data, "-o", "json").stdout)["items"]
    assert [it["status"]["phase"] for it in items] == ["Succeeded", "Succeeded"]


ASKING = """
import os

def main_handler(event, context):
    with open(event["file"] + ".part", "w") as file:
        file.write(event["token"])
    os.rename(event["file"] + ".part", event["file"])
"""


def asking(folder, **fields):
    """Manifests whose child hands the token of its parent's Task on, into the file ``token``."""
    given = {"token.$": "$$.Task.Token", "file": str(folder / "token")}
    request = {"StateMachineArn": CHILD, "Input": given}
    start = a_start(".waitForTaskToken", Parameters=request, **fields)
    source = folder / "manifests"
    source.mkdir()
    objects = family(start, {"Ask": a_task("ask")}, a_function("ask", ASKING))
    (source / "all.yaml").write_text(yaml.safe_dump_all(objects))
    return source


def token_in(folder):
    """The token, once the child has handed it on."""
    wait_until((folder / "token").exists)
    return (folder / "token").read_text()


def test_a_report_by_the_childs_token_ends_the_parent(tmp_path):
    """The child's end does not; a heartbeat and a success of another process count."""
    data, source = tmp_path / "data", asking(tmp_path)
    with begin("run", source, "--data", data, "--quiet") as process:
        token = token_in(tmp_path)
        assert finish("callback", "heartbeat", token, "--data", data).returncode == 0
        done = finish("callback", "success", token, "--output", '{"a": 1}', "--data", data)
        assert done.returncode == 0, done.stderr
        assert process.communicate()[0] == '{"a":1}\n'
    late = finish("callback", "success", token, "--output", "1", "--data", data)
    assert (late.returncode, "TaskTimedOut" in late.stderr) == (1, True)


def test_a_failure_by_the_childs_token_is_the_tasks(tmp_path):
    """It can be caught by the name that was reported."""
    data, source = tmp_path / "data", asking(tmp_path)
    with begin("run", source, "--data", data, "--quiet") as process:
        told = finish("callback", "failure", token_in(tmp_path), "--error", "No", "--data", data)
        assert told.returncode == 0, told.stderr
        assert "No" in process.communicate()[1]
    assert process.returncode == 1


def test_a_report_after_a_kill_counts(tmp_path):
    """A report that comes while no asw runs is the resumed parent's result; no second child."""
    data, source = tmp_path / "data", asking(tmp_path)
    with begin("run", source, "--data", data) as process:
        token = token_in(tmp_path)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    told = finish("callback", "success", token, "--output", "7", "--data", data)
    assert told.returncode == 0, told.stderr
    done = finish("resume", "--data", data)
    assert done.returncode == 0, done.stderr
    items = json.loads(finish("list", "--children", "--data", data, "-o", "json").stdout)["items"]
    assert [it["status"]["phase"] for it in items] == ["Succeeded", "Succeeded"]


def test_a_stop_stops_the_child(tmp_path):
    """Who stops the parent stops the child that it waits for."""
    data, marks = tmp_path / "data", tmp_path / "marks"
    source = tmp_path / "manifests"
    source.mkdir()
    objects = family(a_start(), {"Mark": call("child", marks)}, a_function("mark", MARK))
    (source / "all.yaml").write_text(yaml.safe_dump_all(objects))
    with begin("run", source, "--data", data) as process:
        wait_until(lambda: len(lines(marks)) >= 1)
        assert finish("stop", "run", "--yes", "--data", data).returncode == 0
        process.communicate()
    items = json.loads(finish("list", "--children", "--data", data, "-o", "json").stdout)["items"]
    assert [it["status"]["phase"] for it in items] == ["Aborted", "Aborted"]
