"""stop, suspend, redrive and deletions on a cluster, by the commands that the docs show."""

import json
import re
import subprocess

import pytest

from tests.support.cluster import ROOT
from tests.support.space import (
    Object,
    Space,
    call,
    condition,
    events,
    execution,
    function,
    one_task,
    workflow,
)

pytestmark = pytest.mark.cluster

PAGE = ROOT / "docs" / "reference" / "executions.md"
RUN = "order-1"
SLOW = "import time\ndef main_handler(event, context):\n    time.sleep(event)\n    return event\n"
HELD = (
    "import os, time\ndef main_handler(event, context):\n"
    "    while not os.path.exists('/dev/shm/go'):\n        time.sleep(0.1)\n    return event\n"
)
"""Runs until the test lets it go."""
ECHO = "def main_handler(event, context):\n    return event\n"
FIRST = "def main_handler(event, context):\n    return 'first'\n"


def documented(part: str) -> str:
    """The command of the page that has this in it."""
    blocks = re.findall(r"```bash\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (found,) = [line for block in blocks for line in block.splitlines() if part in line]
    return str(found)


def do(space: Space, part: str, before: str = "") -> str:
    """Run the command as its reader does, in the test's own namespace; what it prints."""
    kubectl = (
        f"{space.cluster.kubectl_binary} --kubeconfig={space.cluster.kubeconfig}"
        f" --namespace={space.namespace}"
    )
    script = f'kubectl() {{ {kubectl} "$@"; }}\n{before}\n{documented(part)}'
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def running(space: Space, count: int = 1) -> None:
    """Wait until so many tasks run."""

    def started() -> bool:
        pods = space.all("pods", f"--selector=asw.dev/execution={RUN}")
        return sum(pod["status"].get("phase") == "Running" for pod in pods) >= count

    space.until("the start of the tasks", started)


def let_go(space: Space) -> None:
    """End the tasks that are held."""
    for pod in space.all("pods", f"--selector=asw.dev/execution={RUN}"):
        if pod["status"].get("phase") == "Running":
            name = pod["metadata"]["name"]
            space.kubectl("exec", name, "--", "python3", "-c", "open('/dev/shm/go', 'w')")


def status_of(space: Space) -> Object:
    """The status of the Execution."""
    status: Object = space.get("execution", RUN).get("status", {})
    return status


def started_states(space: Space) -> list[str]:
    """The state of each Job, in the order of their ids: finished ones are kept for a while."""
    return [job["metadata"]["annotations"]["asw.dev/state"] for job in space.jobs(RUN)]


def redriven(space: Space, number: int) -> None:
    """Wait until the redrive is carried out."""
    space.until("the redrive", lambda: status_of(space).get("redriveCount") == number)


def test_stop(space: Space) -> None:
    """The page's command aborts with its texts, as AWS records it, and no Job is left running."""
    space.apply(function("slow", SLOW), workflow("orders", one_task("slow")))
    space.apply(execution(RUN, "orders", 300))
    running(space)
    do(space, '"stop":{"error"')
    status = space.finished(RUN)["status"]
    assert (status["phase"], status["error"]) == ("Aborted", "Cancelled")
    last = events(status)[-1]
    assert (last["type"], last["error"], last["cause"]) == (
        "ExecutionAborted",
        "Cancelled",
        "ordered twice",
    )
    assert not events(status, "TaskStateAborted")
    space.until("the end of the Job", lambda: not space.jobs(RUN))
    space.patch(RUN, suspend=True)
    space.until("rest", lambda: space.get("execution", RUN)["metadata"]["generation"] == 3)
    assert status_of(space)["history"] == status["history"]


def test_stop_of_what_never_began(space: Space) -> None:
    """An Execution that waits for its Workflow is aborted, and says what a redrive would say."""
    space.apply(execution(RUN, "orders", 1))
    space.until("the reason", lambda: status_of(space).get("phase") == "Pending")
    do(space, '"stop":{"error"')
    status = space.finished(RUN)["status"]
    assert [line["type"] for line in events(status)] == ["ExecutionStarted", "ExecutionAborted"]
    do(space, '"redrive":{"number":1}')
    space.until("the refusal", lambda: "before it began" in do(space, '@.type=="Redriven"'))
    refused = space.get("execution", RUN)
    assert condition(refused, "Redriven")["reason"] == "RedriveRefused"
    before, after = condition({"status": status}, "Succeeded"), condition(refused, "Succeeded")
    assert {**after, "observedGeneration": before["observedGeneration"]} == before
    assert refused["status"]["history"] == status["history"]


def test_suspend(space: Space) -> None:
    """The running task ends, no Job follows; let go, the next one starts."""
    states = {"Long": call("slow", Next="Then"), "Then": call("first")}
    space.apply(function("slow", HELD), function("first", FIRST))
    space.apply(workflow("orders", {"StartAt": "Long", "States": states}))
    space.apply(execution(RUN, "orders", 15))
    running(space)
    do(space, '"suspend":true')
    space.until(
        "the reason",
        lambda: condition(space.get("execution", RUN), "Ready").get("reason") == "Suspended",
    )
    let_go(space)
    space.until("the end of the task", lambda: status_of(space)["currentStates"] == ["Then"])
    assert started_states(space) == ["Long"]
    assert status_of(space)["phase"] == "Running"
    do(space, '"suspend":false')
    assert space.finished(RUN)["status"]["output"] == "first"
    assert started_states(space) == ["Long", "Then"]


def test_suspended_from_its_creation(space: Space) -> None:
    """It stays Pending, with that reason, until it is let go."""
    space.apply(function("first", FIRST), workflow("orders", one_task("first")))
    space.apply(execution(RUN, "orders", 1, suspend=True))
    space.until(
        "the reason",
        lambda: condition(space.get("execution", RUN), "Succeeded").get("reason") == "Suspended",
    )
    assert status_of(space)["phase"] == "Pending"
    assert space.jobs(RUN) == []
    do(space, '"suspend":false')
    assert space.finished(RUN)["status"]["output"] == "first"


def test_redrive_of_a_parallel_and_a_map(space: Space) -> None:
    """Only the failed branch and iteration run again: nothing that finished has another Job."""
    shaky = {"StartAt": "Each", "States": {"Each": call("each")}}
    states = {
        "First": call("first", ResultPath="$.first", Next="Both"),
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Good", "States": {"Good": call("first")}},
                {
                    "StartAt": "All",
                    "States": {
                        "All": {
                            "Type": "Map",
                            "MaxConcurrency": 1,
                            "ItemsPath": "$.items",
                            "ItemProcessor": shaky,
                            "End": True,
                        }
                    },
                },
            ],
            "End": True,
        },
    }
    each = "def main_handler(event, context):\n    return 1 / event\n"
    space.apply(
        function("first", FIRST),
        function("each", each),
        workflow("orders", {"StartAt": "First", "States": states}),
    )
    space.apply(execution(RUN, "orders", {"items": [1, 2, 0, 4]}))
    failed = space.finished(RUN)["status"]
    assert (failed["phase"], failed["error"]) == ("Failed", "ZeroDivisionError")
    before = started_states(space)
    assert before.count("Each") == 3
    mended = "def main_handler(event, context):\n    return event\n"
    space.mend(function("each", mended))
    do(space, '"redrive":{"number":1}')
    redriven(space, 1)
    status = space.finished(RUN)["status"]
    assert (status["phase"], status["redriveCount"]) == ("Succeeded", 1)
    assert status["output"] == ["first", [1.0, 0.5, 0, 4]]
    assert "error" not in status
    after = started_states(space)
    assert after.count("First") == before.count("First") == 1
    assert after.count("Good") == before.count("Good") == 1
    assert after.count("Each") == 5
    assert len(events(status, "ExecutionRedriven")) == 1


def test_redrive_by_a_mended_revision(space: Space) -> None:
    """The revision that the page's command finds takes over; one that lacks a state is refused."""
    states = {"First": call("first", Next="Then"), "Then": call("missing")}
    space.apply(
        function("first", FIRST), workflow("orders", {"StartAt": "First", "States": states})
    )
    space.apply(execution(RUN, "orders", 1))
    assert space.finished(RUN)["status"]["error"] == "Lambda.ResourceNotFoundException"
    old = status_of(space)["revision"]

    def edited(definition: Object) -> None:
        before = space.get("workflow", "orders")["status"]["revision"]
        space.apply(workflow("orders", definition))
        space.until(
            "the revision",
            lambda: space.get("workflow", "orders")["status"]["revision"] != before,
        )

    edited({"StartAt": "Then", "States": {"Then": call("first")}})
    lacking = space.get("workflow", "orders")["status"]["revision"]
    space.patch(RUN, redrive={"number": 1, "revision": lacking})
    space.until("the refusal", lambda: "no state 'First'" in do(space, '@.type=="Redriven"'))
    edited({"StartAt": "First", "States": {**states, "Then": call("first")}})
    do(space, '"redrive":{"number":2,', before=documented("revision=$("))
    redriven(space, 2)
    status = space.finished(RUN)["status"]
    assert (status["phase"], status["output"]) == ("Succeeded", "first")
    assert status["revision"] not in (old, lacking)
    assert condition({"status": status}, "Redriven") == {}
    assert started_states(space) == ["First", "Then"]


def test_redrive_of_a_stopped_one(space: Space) -> None:
    """The interrupted Task runs again under a new id, though a stop had been asked for."""
    space.apply(function("slow", SLOW), workflow("orders", one_task("slow")))
    space.apply(execution(RUN, "orders", 300))
    running(space)
    do(space, '"stop":{"error"')
    space.finished(RUN)
    space.mend(function("slow", ECHO))
    do(space, '"redrive":{"number":1}')
    redriven(space, 1)
    status = space.finished(RUN)["status"]
    assert (status["phase"], status["output"]) == ("Succeeded", 300)
    assert [job["metadata"]["labels"]["asw.dev/task"] for job in space.jobs(RUN)] == ["2"]


def test_deleting_an_execution_leaves_nothing(space: Space) -> None:
    """Jobs, pods, tokens, pages and history go with it, in mid-run."""
    large = {"text": "x" * 20_000}
    make = f"def main_handler(event, context):\n    return {json.dumps(large)}\n"
    states = {"Make": call("make", Next="Both"), "Both": {"Type": "Parallel", "End": True}}
    endless = "import time\ndef main_handler(event, context):\n    time.sleep(300)\n"
    branch = {"StartAt": "Long", "States": {"Long": call("endless")}}
    states["Both"]["Branches"] = [branch]
    space.apply(
        function("make", make),
        function("endless", endless),
        workflow("orders", {"StartAt": "Make", "States": states}),
    )
    space.apply(execution(RUN, "orders", 1))
    space.until("the long task", lambda: status_of(space).get("currentStates") == ["Long"])
    running(space)
    uid = space.get("execution", RUN)["metadata"]["uid"]
    mine = f"--selector=asw.dev/execution-uid={uid}"
    kinds = ("jobs", "pods", "secrets", "configmaps")
    assert all(space.all(kind, mine) for kind in kinds)
    do(space, "kubectl delete execution")
    space.until("the end of all", lambda: not any(space.all(kind, mine) for kind in kinds))
    assert space.all("executions") == []


def test_deleting_definitions_in_mid_run(space: Space) -> None:
    """The run goes on by its revision, task template included; a deleted Function is catchable."""
    catch = [{"ErrorEquals": ["Lambda.ResourceNotFoundException"], "Next": "Last"}]
    states = {
        "Long": call("slow", Next="Then"),
        "Then": call("first", Next="Gone"),
        "Gone": call("slow", Catch=catch, Next="Last"),
        "Last": call("first"),
    }
    template = {"nodeSelector": {"kubernetes.io/os": "linux"}}
    space.apply(
        function("slow", HELD),
        function("first", FIRST),
        workflow("orders", {"StartAt": "Long", "States": states}, taskTemplate=template),
    )
    space.apply(execution(RUN, "orders", 15))
    running(space)
    space.kubectl("delete", "workflow", "orders")
    space.kubectl("delete", "function", "slow")
    let_go(space)
    status = space.finished(RUN)["status"]
    assert (status["phase"], status["output"]) == ("Succeeded", "first")
    assert len(events(status, "LambdaFunctionFailed")) == 1
    jobs = space.jobs(RUN)
    assert [job["metadata"]["annotations"]["asw.dev/state"] for job in jobs] == [
        "Long",
        "Then",
        "Last",
    ]
    pods = [job["spec"]["template"]["spec"] for job in jobs]
    assert [pod["nodeSelector"] for pod in pods] == [template["nodeSelector"]] * 3


def test_a_manifest_replaces_what_was_stopped(space: Space) -> None:
    """What Git has takes the place of a run that was stopped, and tools see that it is over."""
    manifest = execution(RUN, "orders", 300)
    space.apply(function("slow", SLOW), workflow("orders", one_task("slow")), manifest)
    running(space)
    do(space, '"stop":{"error"')
    stopped = space.finished(RUN)["status"]
    space.kubectl("replace", "--filename=-", stdin=json.dumps(manifest))
    replaced = space.get("execution", RUN)
    assert "stop" not in replaced["spec"]
    generation = replaced["metadata"]["generation"]
    space.until("a look at it", lambda: status_of(space)["observedGeneration"] == generation)
    space.kubectl("wait", f"execution/{RUN}", "--for=condition=Succeeded=False", "--timeout=300s")
    status = status_of(space)
    assert (status["phase"], status["error"]) == ("Aborted", "Cancelled")
    assert status["history"] == stopped["history"]
    space.until("the end of the Job", lambda: not space.jobs(RUN))
