"""Builders of Kubernetes objects as the API server serves them; a test shows only what matters."""

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from asw.api.function import Function
from asw.api.packages import PackageIndex
from asw.api.workflow import TaskTemplate
from asw.asl.resources import FunctionInvocation
from asw.engine.commands import StartTask
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.keys.callback_ring import CallbackRing
from asw.platforms.kubernetes.keys.callback_tokens import CallbackKeys
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.keys.tokens import SigningKey, TokenKeys
from asw.platforms.kubernetes.storage.stored_names import Naming, ReferencedNames
from asw.platforms.kubernetes.tasks.code import CodeSource
from asw.platforms.kubernetes.tasks.jobs import TaskPlan, job, job_claim
from asw.platforms.kubernetes.tasks.pods import FunctionPod
from asw.platforms.kubernetes.tasks.settings import ResultServer, TaskSettings
from asw.reconciler.platform import ExecutionKey

Object = dict[str, Any]

UID = "0b2bd0a4-7c0c-4a1f-9e6e-5d1c8a5a0001"
KEY = ExecutionKey("shop", "order-1", UID)
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
CREATED = "2026-01-01T12:00:00Z"
KEYS = TokenKeys(SigningKey("k", b"secret"))


async def stored_keys() -> TokenKeys:
    """The keys, as a Secret would hold them."""
    return KEYS


def a_ring() -> KeyRing:
    """The keys as an operator holds them."""
    return KeyRing(KEYS, stored_keys)


CALLBACK_KEYS = CallbackKeys(SigningKey("k9", b"callback"))


async def stored_callback_keys() -> CallbackKeys:
    """The keys of callbacks, as a Secret would hold them."""
    return CALLBACK_KEYS


def a_callback_ring(now: Callable[[], datetime]) -> CallbackRing:
    """The keys of callbacks as a process holds them."""
    return CallbackRing(CALLBACK_KEYS, stored_callback_keys, now=now)


SETTINGS = TaskSettings(
    images={"python3": "python3:1", "shell": "shell:1", "nodejs": "nodejs:1"},
    result_server=ResultServer(url="https://10.0.0.1:8443", name="results.asw", ca="PEM"),
    package_index=PackageIndex(
        url="https://packages.example/simple", npm_url="https://packages.example/npm"
    ),
    architecture="amd64",
)
LOCK = f"greeting==1.2 --hash=sha256:{'0' * 64}\n"
"""A lock of one package."""


def a_naming(version: str = "7", known: ReferencedNames | None = None) -> Naming:
    """How a save that names this version calls what it needs."""
    return Naming(UID, version, known or ReferencedNames())


def a_task(ordinal: int = 1, payload: Any = None, **fields: Any) -> StartTask:
    """The start of a task of the Function ``sum``."""
    given = {"state": "Add", "frame": 1, "attempt": 0, **fields}
    return StartTask(
        task_id=TaskId(UID, ordinal),
        invocation=FunctionInvocation(name="sum"),
        payload=payload,
        **given,
    )


def function_object(name: str = "sum", **spec: Any) -> Object:
    """A Function; python3 with one file, unless told otherwise."""
    default = {"runtime": "python3", "code": {"inline": {"index.py": "pass"}}}
    metadata = {"name": name, "namespace": "shop", "uid": f"fn-{name}", "generation": 1}
    return {"metadata": metadata, "spec": spec if "runtime" in spec else {**default, **spec}}


def a_function(**spec: Any) -> Function:
    """The same, parsed."""
    return Function.parse(function_object(**spec))


def an_image(**spec: Any) -> Function:
    """A Function that brings its own image."""
    return a_function(runtime="image", image="tool:1", **spec)


def a_function_pod(function: Function | None = None, **fields: Any) -> FunctionPod:
    """All that the pods of a Function depend on."""
    chosen = function or a_function()
    code = None if chosen.spec.runtime == "image" else CodeSource("code-1")
    given = {"code": code, "template": TaskTemplate(), "settings": SETTINGS, **fields}
    return FunctionPod(function=chosen, **given)


def a_plan(
    function: Function | None = None, task: StartTask | None = None, **fields: Any
) -> TaskPlan:
    """All that the Job of a task depends on."""
    of_pod = {name: fields.pop(name) for name in _OF_POD & fields.keys()}
    given = {"ring": a_ring(), "token_key": "k", **fields}
    pod = a_function_pod(function, **of_pod)
    return TaskPlan(key=KEY, workflow="orders", task=task or a_task(), pod=pod, **given)


_OF_POD = frozenset(field.name for field in dataclasses.fields(FunctionPod))


def a_job(
    plan: TaskPlan | None = None,
    *,
    uid: str = "job-1",
    failed: str = "",
    failing: str = "",
    done: bool = False,
) -> Object:
    """A Job as a watch shows it; one that is ``failing`` waits for the end of its pod."""
    made = job(plan or a_plan())
    conditions = []
    if failing:
        conditions.append(_condition("FailureTarget", reason=failing))
    if failed:
        conditions.append(_condition("Failed", reason=failed))
    if done:
        conditions.append(_condition("Complete"))
    metadata = {
        **made["metadata"],
        "namespace": KEY.namespace,
        "uid": uid,
        "creationTimestamp": CREATED,
    }
    return {**made, "metadata": metadata, "status": {"conditions": conditions}}


def sealed(item: Object) -> Object:
    """The Job with the seal that the operator would give to one that says so."""
    metadata, labels = item["metadata"], item["metadata"]["labels"]
    owner = labels["asw.dev/execution-uid"]
    task_id = TaskId(labels.get("asw.dev/child-uid", owner), int(labels["asw.dev/task"]))
    claim = job_claim(metadata["namespace"], metadata["name"], owner, task_id)
    annotations = {**metadata["annotations"], "asw.dev/seal": KEYS.seal(claim)}
    return {**item, "metadata": {**metadata, "annotations": annotations}}


def a_pod(state: Object | None = None, *, uid: str = "pod-1", **fields: Any) -> Object:
    """A Pod of that Job; ``state`` is its container's, ``fields`` go to the status."""
    made = a_job()
    owner = {"kind": "Job", "name": made["metadata"]["name"], "uid": "job-1", "controller": True}
    metadata = {
        "name": f"{made['metadata']['name']}-abcde",
        "namespace": KEY.namespace,
        "uid": uid,
        "labels": made["metadata"]["labels"],
        "ownerReferences": [owner],
        "creationTimestamp": CREATED,
    }
    if "deleted_at" in fields:
        metadata["deletionTimestamp"] = fields.pop("deleted_at")
    status = {"phase": "Pending", **fields}
    if state is not None:
        status["containerStatuses"] = [{"name": "task", "state": state}]
    return {"metadata": metadata, "spec": {"nodeName": "n1"}, "status": status}


def running() -> Object:
    """A container that runs."""
    return {"running": {"startedAt": "2026-01-01T12:00:01Z"}}


def waiting(reason: str, message: str = "") -> Object:
    """A container that does not run yet."""
    return {"waiting": {"reason": reason, "message": message}}


def terminated(exit_code: int = 0, message: str = "", reason: str = "") -> Object:
    """A container that ended."""
    return {
        "terminated": {
            "exitCode": exit_code,
            "message": message,
            "reason": reason,
            "startedAt": "2026-01-01T12:00:01Z",
            "finishedAt": "2026-01-01T12:00:02Z",
        }
    }


def execution_object(**spec: Any) -> Object:
    """An Execution of the Workflow ``orders`` that nobody looked at yet."""
    return {
        "metadata": {
            "name": KEY.name,
            "namespace": KEY.namespace,
            "uid": UID,
            "generation": 1,
            "creationTimestamp": CREATED,
        },
        "spec": {"workflowRef": {"name": "orders"}, **spec},
        "status": {"observedGeneration": -1},
    }


def workflow_object(**spec: Any) -> Object:
    """The Workflow ``orders``: one Task that calls ``sum``, unless told otherwise."""
    definition = {
        "StartAt": "Add",
        "States": {"Add": {"Type": "Task", "Resource": "asw:function:sum", "End": True}},
    }
    metadata = {"name": "orders", "namespace": "shop", "uid": "wf-1", "generation": 1}
    return {"metadata": metadata, "spec": {"definition": definition, **spec}}


def _condition(kind: str, reason: str = "") -> Object:
    at = "2026-01-01T12:00:03Z"
    return {"type": kind, "status": "True", "reason": reason, "lastTransitionTime": at}


def events_of(status: Object) -> list[Object]:
    """The newest events of a stored status."""
    return [json.loads(line) for line in status.get("history", ())]
