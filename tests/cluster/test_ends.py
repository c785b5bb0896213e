"""How people and their tools see an end on a cluster: wait, get, describe, delete, wrong inputs."""

import json
from collections.abc import Iterator

import pytest

from tests.support.installation import SYSTEM
from tests.support.space import Space, call, condition, execution, function, one_task, workflow

pytestmark = pytest.mark.cluster

BINDING = f"asw-{SYSTEM}-executions"
SLOW = "import time\ndef main_handler(event, context):\n    time.sleep(300)\n"
ECHO = "def main_handler(event, context):\n    return event\n"


def running(space: Space, count: int = 1) -> None:
    """Wait until so many tasks run."""

    def started() -> bool:
        pods = space.all("pods", "--selector=asw.dev/kind=task")
        return len([pod for pod in pods if pod["status"].get("phase") == "Running"]) >= count

    space.until("the start of the tasks", started)


def test_every_end_is_complete(space: Space) -> None:
    """Kubectl wait returns after each of the four ends, and for children of distributed Maps."""
    fail = {"StartAt": "a", "States": {"a": {"Type": "Fail", "Error": "Sad"}}}
    wait = {"StartAt": "a", "States": {"a": {"Type": "Wait", "Seconds": 300, "End": True}}}
    each = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **fail}
    state = {"Type": "Map", "ItemProcessor": each, "ItemsPath": "$", "End": True}
    space.apply(
        workflow("good", {"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}),
        workflow("fail", fail),
        workflow("late", {**wait, "TimeoutSeconds": 1}),
        workflow("wait", wait),
        workflow("many", {"StartAt": "m", "States": {"m": state}}),
        *(execution(f"{name}-1", name, [1, 2]) for name in ("good", "fail", "late", "many")),
        execution("wait-1", "wait"),
    )
    space.until("the run", lambda: space.get("execution", "wait-1").get("status", {}).get("states"))
    assert condition(space.get("execution", "wait-1"), "Complete")["status"] == "False"
    space.patch("wait-1", stop={})
    space.kubectl("wait", "executions", "--all", "--for=condition=Complete", "--timeout=300s")
    space.finished("many-1")
    ends = {
        (item["status"]["phase"], condition(item, "Complete")["reason"])
        for item in space.all("executions")
    }
    assert ends == {(it, it) for it in ("Succeeded", "Failed", "TimedOut", "Aborted")}
    children = space.all("executions", "--selector=asw.dev/parent-uid")
    assert {condition(item, "Complete")["status"] for item in children} == {"True"}


def test_a_row_has_room_for_what_it_shows(space: Space) -> None:
    """Kubectl get has one short line an Execution, whatever it gave and wherever it is."""
    states = {
        f"{'State' * 10}{number}": {"Type": "Wait", "Seconds": 300, "End": True}
        for number in range(9)
    }
    branches = [{"StartAt": name, "States": {name: state}} for name, state in states.items()]
    both = {"Type": "Parallel", "Branches": branches, "End": True}
    space.apply(
        workflow("large", {"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}),
        workflow("wide", {"StartAt": "a", "States": {"a": both}}),
        execution("large-1", "large", {"text": "x" * 3000}),
        execution("wide-1", "wide"),
    )
    space.finished("large-1")
    space.until("its states", lambda: space.get("execution", "wide-1")["status"].get("states"))
    lines = space.kubectl("get", "executions").splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) < 130
    assert '{"text":"xxx' in lines[1]


def test_describe_prints_the_record_as_one_line(space: Space) -> None:
    """So that one grep takes it away, as the page says, and nothing that people read with it."""
    space.apply(function("echo", ECHO), workflow("echo", one_task("echo")))
    space.run("echo-1", "echo", {"a": [1, None]})
    lines = space.kubectl("describe", "execution", "echo-1").splitlines()
    (record,) = [line for line in lines if line.startswith("  Record:")]
    item = space.get("execution", "echo-1")
    assert record.split(None, 1)[1] == item["status"]["record"]
    assert '"frames"' not in "".join(line for line in lines if line is not record)


def test_foreground_deletion_waits_for_the_pods(space: Space) -> None:
    """When the Execution is gone its tasks are, and those of its children: none works on."""
    each = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    each |= one_task("slow")
    state = {"Type": "Map", "ItemProcessor": each, "ItemsPath": "$", "End": True}
    space.apply(
        function("slow", SLOW),
        workflow("one", one_task("slow")),
        workflow("many", {"StartAt": "m", "States": {"m": state}}),
        execution("one-1", "one"),
        execution("many-1", "many", [1, 2]),
    )
    running(space, 3)
    words = ("delete", "execution", "one-1", "many-1", "--cascade=foreground", "--timeout=300s")
    space.kubectl(*words)
    assert space.all("pods", "--selector=asw.dev/kind=task") == []
    assert space.all("jobs") == []
    assert space.all("executions") == []


@pytest.fixture
def no_policy(space: Space) -> Iterator[Space]:
    """A namespace where the API server asks no policy about Executions."""
    words = ("get", "validatingadmissionpolicybinding", BINDING, "--output=json")
    item = json.loads(space.kubectl(*words))
    kept = ("name", "labels", "annotations")
    item["metadata"] = {key: item["metadata"][key] for key in kept if key in item["metadata"]}
    space.kubectl("delete", "validatingadmissionpolicybinding", BINDING)
    yield space
    space.kubectl("create", "--filename=-", stdin=json.dumps(item))
    both = json.dumps(execution("both-2", "echo", 1, input=2))
    dry_run = ("create", "--dry-run=server", "--filename=-")

    def is_in_force() -> bool:
        return "set only one" in space.kubectl(*dry_run, stdin=both, check=False)

    space.until("the policy", is_in_force)


@pytest.mark.alone
def test_two_inputs_without_a_policy(no_policy: Space) -> None:
    """They are told by a condition, and nothing runs, whoever let the object in."""
    space = no_policy
    space.apply(function("echo", ECHO), workflow("echo", one_task("echo")))
    given = execution("both-1", "echo", 1, input=2)

    def is_taken() -> bool:
        said = space.kubectl("create", "--filename=-", stdin=json.dumps(given), check=False)
        return "created" in said

    space.until("the end of the policy", is_taken)
    item = space.finished("both-1")
    assert (item["status"]["phase"], item["status"]["error"]) == ("Failed", "Asw.InvalidInput")
    assert "set only one of spec.input" in condition(item, "Succeeded")["message"]
    assert condition(item, "Complete")["status"] == "True"
    assert space.jobs("both-1") == []


@pytest.mark.alone
def test_an_input_that_is_edited_in_mid_run_without_a_policy(no_policy: Space) -> None:
    """The run ends by name: it does not go on with another input than it had."""
    space = no_policy
    given = {"text": "x" * 200}
    states = {"a": call("slow", Next="b"), "b": {"Type": "Succeed"}}
    space.apply(function("slow", SLOW), workflow("w", {"StartAt": "a", "States": states}))
    item = execution("w-1", "w")
    del item["spec"]["inputText"]
    item["spec"]["input"] = given
    space.apply(item)
    running(space)
    edit = json.dumps({"spec": {"input": {"text": "y" * 200}}})
    words = ("patch", "execution", "w-1", "--type=merge", f"--patch={edit}")

    def is_taken() -> bool:
        return "patched" in space.kubectl(*words, check=False)

    space.until("the end of the policy", is_taken)
    status = space.finished("w-1")["status"]
    assert (status["phase"], status["error"]) == ("Failed", "Asw.RecordLost")
    assert "input in spec" in status["cause"]
