"""Pod templates on the real cluster: what they add runs, and a queue of Kueue is waited for."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.injection import IMAGE
from tests.support.space import Object, Space, events, function, one_task, workflow

pytestmark = pytest.mark.cluster

READS = """
from pathlib import Path


def main_handler(event, context):
    return [Path("/secret/word").read_text(), Path("/shared/made").read_text()]
"""
ECHO = "def main_handler(event, context):\n    return event\n"
QUEUE = {"kueue.x-k8s.io/queue-name": "team"}


def container(name: str, source: str, **fields: Object) -> Object:
    """A container of the runtime's image that runs this Python."""
    return {"name": name, "image": IMAGE, "command": ["python3", "-u", "-c", source], **fields}


def template() -> Object:
    """A Secret as a volume, a folder that an init container fills, and a sidecar."""
    shared = {"name": "shared", "mountPath": "/shared"}
    secret = {"name": "secret", "mountPath": "/secret", "readOnly": True}
    makes = "open('/shared/made', 'w').write('made before')"
    runs_on = "import threading; print('sidecar was here'); threading.Event().wait()"
    return {
        "metadata": {"labels": {"team": "a"}},
        "spec": {
            "volumes": [
                {"name": "secret", "secret": {"secretName": "shop"}},
                {"name": "shared", "emptyDir": {}},
            ],
            "containers": [{"name": "task", "volumeMounts": [secret, shared]}],
            "initContainers": [
                container("proxy", runs_on, restartPolicy="Always"),
                container("make", makes, volumeMounts=[shared]),
            ],
            "terminationGracePeriodSeconds": 1,
        },
    }


def test_volumes_init_containers_and_sidecars(space: Space) -> None:
    """The task finds what was made for it, and its Job ends although its sidecar would not."""
    space.kubectl("create", "secret", "generic", "shop", "--from-literal=word=open sesame")
    space.apply(function("f", READS, podTemplate=template()), workflow("f", one_task("f")))
    status = space.run("f-1", "f")
    assert status["phase"] == "Succeeded", status
    assert status["output"] == ["open sesame", "made before"]

    def complete() -> bool:
        (job,) = space.jobs("f-1")
        conditions = job.get("status", {}).get("conditions", [])
        return any(it["type"] == "Complete" and it["status"] == "True" for it in conditions)

    space.until("the end of the Job", complete)
    (pod,) = space.all("pods", "--selector=asw.dev/workflow=f,team=a")
    assert pod["status"]["phase"] == "Succeeded"
    name = pod["metadata"]["name"]
    assert "sidecar was here" in space.logs_of(name, "--container=proxy")
    assert len(events(status, "LambdaFunctionScheduled")) == 1


def test_an_init_container_that_fails_fails_the_task(space: Space) -> None:
    """It is not lost and started again: it would fail as before."""
    fails = {"spec": {"initContainers": [container("migrate", "raise SystemExit(3)")]}}
    space.apply(function("f", ECHO, podTemplate=fails), workflow("f", one_task("f")))
    status = space.run("f-1", "f")
    assert (status["phase"], status["error"]) == ("Failed", "Asw.StartFailed")
    assert "container migrate ended with exit code 3" in status["cause"]
    assert len(space.jobs("f-1")) == 1


START_TIMEOUT = 15
"""Seconds: longer than a pod takes to start on a busy machine."""


def test_a_queue_of_kueue_is_waited_for(space: Space) -> None:
    """The Job is suspended until Kueue, whom the test plays, has room for it."""
    labels = {"metadata": {"labels": QUEUE}}
    space.apply(
        function("f", ECHO, podTemplate=labels, startTimeoutSeconds=START_TIMEOUT),
        workflow("f", one_task("f")),
        {
            "apiVersion": "asw.dev/v1alpha1",
            "kind": "Execution",
            "metadata": {"name": "f-1"},
            "spec": {"workflowRef": {"name": "f"}, "input": 7},
        },
    )

    def waits() -> bool:
        said = json.dumps(space.get("execution", "f-1"))
        return "it waits for Kueue, in queue team" in said

    space.until("the word of Kueue in the Execution", waits)
    (job,) = space.jobs("f-1")
    assert job["spec"]["suspend"] is True
    assert job["metadata"]["labels"].items() >= QUEUE.items()
    assert not space.all("pods", "--selector=asw.dev/execution=f-1")
    created_at = datetime.fromisoformat(job["metadata"]["creationTimestamp"])
    over = created_at + timedelta(seconds=START_TIMEOUT + 2)
    space.until("the start timeout", lambda: datetime.now(UTC) > over)
    patch = '{"spec": {"suspend": false}}'
    space.kubectl("patch", "job", job["metadata"]["name"], "--type=merge", f"--patch={patch}")
    status = space.finished("f-1")["status"]
    assert (status["phase"], status["output"]) == ("Succeeded", 7)
    assert len(space.jobs("f-1")) == 1
