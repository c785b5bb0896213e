"""Plain containers that a webhook injects beside a task, on the real cluster."""

import pytest

from tests.support.injection import injected, sidecar
from tests.support.space import Object, Space, call, events, function, one_task, workflow

pytestmark = pytest.mark.cluster

SAYS = "def main_handler(event, context):\n    print('task was here')\n    return event + 1\n"
SLOW = """
import time
def main_handler(event, context):
    time.sleep(45)
    print("task was here")
    return event + 1
"""
"""Runs for longer than an image may fail to be pulled (imagePullGraceSeconds)."""
FAILS = (
    "def main_handler(event, context):\n    print('task was here')\n    raise ValueError('no')\n"
)
MANNERED = """
import signal, sys, threading
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("proxy was here")
threading.Event().wait()
"""
"""Runs until it is told to end."""
DEAF = """
import signal, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("proxy was here")
threading.Event().wait()
"""
"""Has to be killed."""
HURRIED = "print('proxy was here'); raise SystemExit(3)"
"""Fails while the task runs, and its pod with it."""


def task_job(space: Space, name: str) -> Object:
    """The Job of the execution's only task, once it is over."""

    def over() -> Object | None:
        (job,) = space.jobs(name)
        conditions = job.get("status", {}).get("conditions", [])
        ends = {it["type"] for it in conditions if it["status"] == "True"}
        return job if ends & {"Complete", "Failed"} else None

    found: Object = space.until("the end of the Job", over)
    return found


def logs(space: Space, job: Object, *options: str) -> str:
    """What kubectl shows of the Job's log."""
    return space.logs_of(f"job/{job['metadata']['name']}", *options)


@pytest.mark.parametrize("source", [MANNERED, DEAF, HURRIED], ids=["mannered", "deaf", "hurried"])
def test_logs_outlive_a_sidecar(space: Space, source: str) -> None:
    """The task's result is taken whatever its sidecar does, the pod ends, and both logs stay."""
    space.apply(function("f", SAYS), workflow("f", one_task("f")))
    with injected(space, sidecar(source)):
        status = space.run("f-1", "f", 1)
        assert status["output"] == 2
        job = task_job(space, "f-1")
    (pod,) = space.all("pods", "--selector=asw.dev/execution=f-1")
    assert pod["status"]["phase"] in ("Succeeded", "Failed")
    assert [it["name"] for it in pod["spec"]["containers"]] == ["proxy", "task"]
    assert "task was here" in logs(space, job)
    assert "proxy was here" in logs(space, job, "--container=proxy")
    assert len(events(status, "LambdaFunctionScheduled")) == 1


def test_a_failure_is_the_tasks_own(space: Space) -> None:
    """Beside a sidecar that runs on, a task that fails has failed, by the name of its error."""
    space.apply(function("f", FAILS))
    catch = [{"ErrorEquals": ["ValueError"], "Next": "caught"}]
    states = {"task": call("f", Catch=catch, Next="caught"), "caught": {"Type": "Succeed"}}
    space.apply(workflow("f", {"StartAt": "task", "States": states}))
    with injected(space, sidecar(MANNERED)):
        status = space.run("f-1", "f", 1)
        assert status["phase"] == "Succeeded"
        assert status["output"]["Error"] == "ValueError"
        assert "task was here" in logs(space, task_job(space, "f-1"))


def test_a_silent_image_succeeds_beside_a_sidecar(space: Space) -> None:
    """What exits with 0 and says nothing has succeeded, also when its pod was ended later."""
    proxy = sidecar(MANNERED)
    image = {"runtime": "image", "image": proxy["image"], "command": ["python3", "-c", "print(1)"]}
    space.apply(function("f", "", **image), workflow("f", one_task("f")))
    with injected(space, proxy):
        status = space.run("f-1", "f", 1)
        assert (status["phase"], status["output"]) == ("Succeeded", None)
        assert "1" in logs(space, task_job(space, "f-1"))


def test_a_sidecar_without_an_image_fails_no_task(space: Space) -> None:
    """The task runs to its end, and its pod is ended though one container never started."""
    space.apply(function("f", SLOW), workflow("f", one_task("f")))
    with injected(space, {"name": "proxy", "image": "registry.invalid/nobody/nothing:1"}):
        assert space.run("f-1", "f", 1)["output"] == 2
        assert "task was here" in logs(space, task_job(space, "f-1"))
