"""Warm functions on the real cluster: real pods that stay, and what happens when they do not."""

from typing import Any

import pytest

from tests.support.space import Space, execution, function, one_task, workflow

pytestmark = pytest.mark.cluster

TASK = {"Type": "Task", "Resource": "asw:function:count"}
LENGTH = 5
CHAIN = {
    "StartAt": "S0",
    "States": {
        f"S{number}": {
            **TASK,
            **({"Next": f"S{number + 1}"} if number < LENGTH - 1 else {"End": True}),
        }
        for number in range(LENGTH)
    },
}
COUNTING = """
import os
calls = 0
def main_handler(event, context):
    global calls
    calls += 1
    print("call", calls)
    return {"calls": calls, "host": os.uname().nodename}
"""

COUNTING_NODEJS = """
let calls = 0;
exports.main_handler = async () => {
  calls += 1;
  console.log('call', calls);
  return { calls, host: require('node:os').hostname() };
};
"""
PYTHON3 = {"runtime": "python3", "code": {"inline": {"index.py": COUNTING}}}
NODEJS = {"runtime": "nodejs", "code": {"inline": {"index.js": COUNTING_NODEJS}}}

SLOW = "import time\ndef main_handler(event, context):\n    time.sleep(0.3)\n    return {}\n"


def ready(space: Space, name: str) -> int:
    """How many pods of the function ask for calls."""
    found: int = space.get("function", name).get("status", {}).get("warm", {}).get("ready", 0)
    return found


@pytest.mark.parametrize("spec", [PYTHON3, NODEJS], ids=["python3", "nodejs"])
def test_a_chain_of_calls_runs_in_one_pod(space: Space, spec: dict[str, Any]) -> None:
    """Globals survive from call to call; there is no Job once a pod is up."""
    space.apply(
        function("count", "", **spec, mode="Warm", warm={"min": 1, "max": 1}),
        workflow("chain", CHAIN),
    )
    space.until("a warm pod", lambda: ready(space, "count") == 1)
    status = space.run("chain-1", "chain")
    assert status["phase"] == "Succeeded"
    assert status["output"]["calls"] == LENGTH
    assert status["output"]["host"].startswith("count-")
    assert space.jobs("chain-1") == []


def test_a_nodejs_pod_that_is_killed_is_survived(space: Space) -> None:
    """Its call, which it takes with it, is made again in the pod that takes its place."""
    code = (
        "exports.main_handler = async (event) => {\n"
        "  const host = require('node:os').hostname();\n"
        "  if (host !== event.hangs) return { host };\n"
        "  console.log('hangs');\n"
        "  await new Promise((resolve) => setTimeout(resolve, 3_600_000));\n};"
    )
    warm = {"min": 1, "max": 1, "coldStart": "Wait", "queueTimeoutSeconds": 300}
    spec = {"runtime": "nodejs", "code": {"inline": {"index.js": code}}}
    space.apply(
        function("count", "", **spec, mode="Warm", warm=warm), workflow("one", one_task("count"))
    )
    space.until("a warm pod", lambda: ready(space, "count") == 1)
    victim = space.run("one-0", "one", {})["output"]["host"]
    space.apply(execution("one-1", "one", {"hangs": victim}))
    space.until("the call in the pod", lambda: "hangs" in space.logs_of(victim))
    space.kubectl("delete", "pod", victim, "--grace-period=1")
    status = space.finished("one-1")["status"]
    assert status["phase"] == "Succeeded", status
    assert status["output"]["host"] != victim
    assert space.jobs("one-0") == space.jobs("one-1") == []


def test_the_first_call_of_a_quiet_function_is_a_job(space: Space) -> None:
    """Nobody waits for a Deployment; a pod comes once calls follow each other."""
    space.apply(function("count", COUNTING, mode="Warm"), workflow("one", one_task("count")))
    status = space.run("one-1", "one")
    assert status["phase"] == "Succeeded"
    assert len(space.jobs("one-1")) == 1


def test_pods_that_cannot_start_are_told(space: Space) -> None:
    """Kubernetes' own words stand in the Function's condition."""
    warm = {"min": 1, "max": 1}
    space.apply(
        function("count", COUNTING, mode="Warm", warm=warm, image="docker.io/asw/none:1"),
    )

    def is_told() -> bool:
        status = space.get("function", "count").get("status", {})
        told = {it["type"]: it for it in status.get("conditions", ())}.get("WarmPods", {})
        return told.get("reason") == "PodsDoNotStart" and "Pull" in told["message"]

    space.until("the reason in the condition", is_told)


def test_a_call_that_a_pod_takes_to_its_death_is_made_again(space: Space) -> None:
    """Pods and the operator are killed while executions run: all of them succeed all the same."""
    space.apply(
        function("count", SLOW, mode="Warm", warm={"min": 2, "max": 2, "coldStart": "Wait"}),
        workflow("chain", CHAIN),
    )
    space.until("warm pods", lambda: ready(space, "count") == 2)
    names = [f"chain-{number}" for number in range(8)]
    space.apply(*(execution(name, "chain", {}) for name in names))
    for round_ in range(4):
        pods = space.all("pods", "--selector=asw.dev/kind=pool")
        if pods:
            victim = pods[round_ % len(pods)]["metadata"]["name"]
            space.kubectl("delete", "pod", victim, "--force", "--grace-period=0", check=False)
        space.until("a warm pod", lambda: ready(space, "count") >= 1)
    for name in names:
        status = space.finished(name)["status"]
        assert status["phase"] == "Succeeded", (name, status.get("error"), status.get("cause"))
    space.until("all pods again", lambda: ready(space, "count") == 2)
