"""``asw why``, ``asw export`` and ``asw replay`` on the cluster, where pods really fail."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from asw.cli.main import main
from tests.support.space import Space, execution, function, one_task, workflow

pytestmark = pytest.mark.cluster

HANDLER = "def main_handler(event, context):\n    "
Asw = Callable[..., str]


@pytest.fixture
def asw(space: Space) -> Asw:
    """The command in the namespace of the test; gives what it prints."""

    def typed(*arguments: str) -> str:
        result = CliRunner().invoke(
            main, [*arguments, "-n", space.namespace], catch_exceptions=False
        )
        assert result.exit_code == 0, result.stderr
        return result.stdout

    return typed


def test_what_failing_pods_leave_is_told(space: Space, asw: Asw) -> None:
    """Killed for memory, ended by itself, an exception: error, pod, last lines and remedy."""
    sources = {
        "memory": (HANDLER + "print('growing')\n    return len(bytearray(10**9))", "64Mi"),
        "exit": (HANDLER + "print('bye', flush=True)\n    import os; os._exit(3)", "256Mi"),
        "boom": (HANDLER + "print('so far')\n    raise ValueError('no good')", "256Mi"),
    }
    for name, (source, memory) in sources.items():
        limits = {"limits": {"memory": memory}}
        space.apply(
            function(name, source, resources=limits),
            workflow(name, one_task(name)),
            execution(f"{name}-1", name, {}),
        )
    said = {}
    for name in sources:
        space.finished(f"{name}-1")
        said[name] = asw("why", f"{name}-1")
    assert "failed: Asw.OutOfMemory" in said["memory"]
    assert "raise spec.resources.limits.memory of the Function (memory)" in said["memory"]
    assert "| growing" in said["memory"]
    assert "failed: Asw.TaskCrashed" in said["exit"]
    assert "exit code 3" in said["exit"]
    assert "| bye" in said["exit"]
    assert "failed: ValueError" in said["boom"]
    assert "cause: no good" in said["boom"]
    for name, text in said.items():
        assert f"pod {name}-1-" in text
        assert f"asw redrive {name}-1 -n {space.namespace}" in text


def test_a_pod_that_cannot_start_is_told_while_it_waits(space: Space, asw: Asw) -> None:
    """The image that cannot be had is named before the task fails of it."""
    space.apply(
        function("image", "", runtime="image", image="registry.invalid/no/such:1"),
        workflow("image", one_task("image")),
        execution("image-1", "image", {}),
    )

    def is_told() -> bool:
        return "ErrImagePull" in asw("why", "image-1") or "ImagePullBackOff" in asw(
            "why", "image-1"
        )

    space.until("the trouble with the image", is_told)
    said = asw("why", "image-1")
    assert "its task is not running: " in said
    assert "registry.invalid/no/such:1" in said
    assert "fix spec.image or spec.imagePullSecrets of the Function" in said


def test_an_execution_without_workflow_and_a_suspended_one_say_so(space: Space, asw: Asw) -> None:
    """The operator's conditions, and who set the field."""
    waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    space.apply(
        execution("lost-1", "nowhere", {}),
        workflow("waits", waits),
        execution("waits-1", "waits", {}),
    )
    missing = "WorkflowNotFound: "
    space.until("the condition", lambda: missing in asw("why", "lost-1"))
    space.until("the timer", lambda: "W: waits until " in asw("why", "waits-1"))
    space.patch("waits-1", suspend=True)
    space.until("who suspended it", lambda: "It is suspended, by " in asw("why", "waits-1"))


def test_a_history_of_the_cluster_is_made_anew(space: Space, asw: Asw, tmp_path: Path) -> None:
    """Replay needs nothing but the exported file."""
    retry = [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    space.apply(
        function("boom", HANDLER + "raise ValueError('no good')"),
        workflow("boom", one_task("boom", Retry=retry)),
        execution("boom-1", "boom", {"n": 1}),
    )
    space.finished("boom-1")
    path = tmp_path / "boom.asw.gz"
    asw("export", "boom-1", "-o", str(path))
    moment = json.loads(asw("replay", str(path), "-o", "json"))
    assert moment["check"]["proven"] is True
    assert moment["retries"] == [1]
    assert json.loads(asw("why", str(path), "-o", "json"))["verdict"] == "failed"
