"""``asw invoke`` on a real cluster: runs like a Task, says what is wrong, and leaves nothing."""

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.support.playground import ROOT, run_asw
from tests.support.space import Space, function

pytestmark = pytest.mark.cluster

TALKS = """
import os
def main_handler(event, context):
    print("asked for", event["name"])
    return {"state": os.environ["ASW_STATE"], "user": os.getuid(), "name": event["name"]}
"""
SLEEPS = """
import time
def main_handler(event, context):
    print("sleeping", flush=True)
    time.sleep(600)
"""
KINDS = "executions,workflows,jobs"


def asw(space: Space, *words: str) -> "subprocess.CompletedProcess[str]":
    """The command in the test's namespace."""
    return run_asw(ROOT, *words, "-n", space.namespace)


def said(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """The lines on standard error, without those about what kept a busy cluster."""
    return [line for line in done.stderr.splitlines() if not line.startswith("waiting: ")]


def leaves_nothing(space: Space) -> None:
    """No object of the invocation stays, pods included once the cluster has removed them.

    The revision of its Workflow has no owner: the operator's sweep removes it, every half hour.
    """
    assert space.kubectl("get", "executions,workflows", "--output=name") == ""
    space.until("the removal", lambda: space.kubectl("get", f"{KINDS},pods", "--output=name") == "")


def test_it_returns_prints_and_leaves_nothing(space: Space) -> None:
    """Output, log and exit code; the pod is a Task's."""
    space.apply(function("talks", TALKS))
    done = asw(space, "invoke", "talks", "--input", '{"name": "Ada"}', "--log")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"state": "Invoke", "user": 65532, "name": "Ada"}
    assert said(done) == ["asked for Ada"]
    leaves_nothing(space)


def test_a_failure_has_the_functions_own_traceback(space: Space) -> None:
    """Name, cause, and lines of the source; exit code 1."""
    space.apply(function("talks", TALKS))
    done = asw(space, "invoke", "talks")
    assert (done.returncode, done.stdout) == (1, "")
    assert said(done)[:2] == ["talks failed", "KeyError: 'name'"]
    assert "index.py" in done.stderr
    leaves_nothing(space)


def test_what_keeps_it_waiting_is_said(space: Space) -> None:
    """An image that cannot be pulled, and a quota: in the cluster's words."""
    space.apply(function("box", "", runtime="image", image="registry.invalid/none:1"))
    done = asw(space, "invoke", "box", "--timeout", "60s")
    assert done.returncode in (1, 5)  # by then the operator may have given up
    assert "registry.invalid/none:1" in done.stderr
    leaves_nothing(space)
    space.apply(function("talks", TALKS, startTimeoutSeconds=3600))
    quota = {"hard": {"pods": "0"}}
    space.apply(
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": quota}
    )
    done = asw(space, "invoke", "talks", "--input", '{"name": "Ada"}', "--timeout", "60s")
    assert done.returncode == 5
    assert "exceeded quota: q" in done.stderr
    leaves_nothing(space)


def test_a_missing_function_is_a_question(space: Space) -> None:
    """Nothing is created for it."""
    space.apply(function("talks", TALKS))
    done = asw(space, "invoke", "tlaks")
    assert (done.returncode, done.stdout) == (4, "")
    assert "did you mean talks?" in done.stderr
    leaves_nothing(space)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_and_removes_it(space: Space, sign: int) -> None:
    """Ctrl-C while it runs: the pod ends, and nothing stays."""
    space.apply(function("sleeps", SLEEPS))
    words = ["invoke", "sleeps", "--log", "-n", space.namespace]
    process = subprocess.Popen(
        [sys.executable, "-m", "asw", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT / "operator")},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "sleeping\n" in iter(process.stderr.readline, "")
    process.send_signal(sign)
    process.communicate(timeout=300)
    assert process.returncode == 130
    leaves_nothing(space)


def test_a_killed_command_leaves_it_to_retention(space: Space) -> None:
    """SIGKILL removes nothing; the Execution owns the rest, and goes soon after its end."""
    space.apply(
        function("talks", TALKS.replace("    print", "    import time; time.sleep(30)\n    print"))
    )
    words = ["invoke", "talks", "--input", '{"name": 1}', "-n", space.namespace]
    process = subprocess.Popen(
        [sys.executable, "-m", "asw", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT / "operator")},
    )
    space.until("its Job", lambda: space.kubectl("get", "jobs", "--output=name"))
    process.kill()
    process.wait()
    (name,) = [item["metadata"]["name"] for item in space.all("executions")]
    assert space.finished(name)["status"]["phase"] == "Succeeded"
    space.until("retention", lambda: space.kubectl("get", f"{KINDS},pods", "--output=name") == "")
