"""What is measured: bare Jobs, and Executions of a few shapes."""

from typing import Any

from asw.asl.values import to_text

NAMESPACE = "asw-bench"
LARGE_INPUT = "large-input"

SUM = """\
def main_handler(event, context):
    sum = 0
    for i in event["values"]:
        sum += i
    return sum
"""

TASK = {"Type": "Task", "Resource": "asw:function:sum"}


def chain(length: int) -> dict[str, Any]:
    """One Task after the other; each gets the first input anew."""
    states = {
        f"t{n}": {**TASK, "ResultPath": "$.sum", "Next": f"t{n + 1}"} for n in range(1, length)
    }
    last = {**TASK, "ResultPath": "$.sum", "End": True}
    return {"StartAt": "t1", "States": {**states, f"t{length}": last}}


def parallel(width: int) -> dict[str, Any]:
    """So many Tasks at once."""
    branches = [
        {"StartAt": f"t{n}", "States": {f"t{n}": {**TASK, "End": True}}} for n in range(width)
    ]
    return {
        "StartAt": "all",
        "States": {"all": {"Type": "Parallel", "Branches": branches, "End": True}},
    }


OUTCOMES = ("succeeded", "failed", "timedOut", "aborted")
ALL_STAY = {outcome: {"ttlSeconds": 86_400} for outcome in OUTCOMES}
"""Retention of what is counted at the end, more than a hundred of it."""
DEFINITIONS = {"one": chain(1), "chain": chain(5), "parallel": parallel(10)}


def setup_manifests() -> list[dict[str, Any]]:
    """The Function, the Workflows and the large input."""
    function = {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Function",
        "metadata": {"name": "sum"},
        "spec": {
            "runtime": "python3",
            "handler": "index.main_handler",
            "code": {"inline": {"index.py": SUM}},
        },
    }
    workflows = [
        {
            "apiVersion": "asw.dev/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": name},
            "spec": {"definitionText": to_text(definition), "retention": ALL_STAY},
        }
        for name, definition in DEFINITIONS.items()
    ]
    filling = "x" * (200 * 1024)
    large = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": LARGE_INPUT},
        "immutable": True,
        "data": {"input": to_text({"values": [1, 2, 3, 4, 5], "filling": filling})},
    }
    return [function, *workflows, large]


def execution(name: str, workflow: str, *, is_large: bool = False) -> dict[str, Any]:
    """One run of a Workflow with the quick start's input, or with one of 200 KiB."""
    given: dict[str, Any] = {"input": {"values": [1, 2, 3, 4, 5]}}
    if is_large:
        given = {"inputFrom": {"configMapRef": {"name": LARGE_INPUT, "key": "input"}}}
    return {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Execution",
        "metadata": {"name": name},
        "spec": {"workflowRef": {"name": workflow}, **given},
    }


def bare_job(name: str, image: str) -> dict[str, Any]:
    """A Job of the same image, as restricted as ours, that does nothing."""
    container = {
        "name": "task",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", "pass"],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }
