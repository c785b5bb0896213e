"""The Job of one start of a task: StartTask and the Function's pod to a manifest. Pure.

The task contract (docs/reference/task-contract.md) says what the container finds; here is added
what belongs to one task. No retry and no pod failure policy: the engine counts attempts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from asw.api.function import DEFAULT_TAIL_BYTES, Function
from asw.api.names import (
    ANNOTATION_ATTEMPT,
    ANNOTATION_FRAME,
    ANNOTATION_LOG_TAIL,
    ANNOTATION_ON_LOST,
    ANNOTATION_SEAL,
    ANNOTATION_START_TIMEOUT,
    ANNOTATION_STATE,
    CODE_LIMIT_BYTES,
    EVENT_LIMIT_BYTES,
    LABEL_CHILD_UID,
    LABEL_FUNCTION,
    LABEL_QUEUE,
    LABEL_SLOT,
    LABEL_TASK,
    LABEL_TOKEN_KEY,
    LABEL_WORKFLOW,
    QUEUE_DOMAIN,
    job_name,
    label_value,
    slot_of,
    tokens_name,
)
from asw.api.objects import OnLost
from asw.asl.values import to_text
from asw.engine.commands import StartTask
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.client.objects import Owner, execution_labels
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.keys.tokens import batch_of
from asw.platforms.kubernetes.tasks.pods import (
    RESULT_FILE,
    SHOWN_FIRST,
    Env,
    FunctionPod,
    literal,
    pod_template,
    start_timeout_of,
)
from asw.platforms.kubernetes.tasks.propagation import NOTHING, Propagated
from asw.platforms.kubernetes.tasks.settings import TaskSettings
from asw.reconciler.platform import ExecutionKey
from asw.telemetry.trace_ids import traceparent

PAYLOADS, PRIVATE = "ASW_PAYLOADS", "Private"
"""Set if the task must not write its result file, because the pod's status shows that."""
DEADLINE_GRACE_SECONDS = 60
TTL_SECONDS = 7 * 24 * 3600
"""Kubernetes' own clean-up, if the operator never returns; it must outlast an outage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPlan:
    """All that the Job of one start depends on; ``workflow`` is its Workflow's object name."""

    key: ExecutionKey
    workflow: str
    task: StartTask
    pod: FunctionPod
    ring: KeyRing
    token_key: str
    is_private: bool = False
    """Whether the pod must not contain payloads, because many can read its spec and status."""
    on_lost: OnLost = "Retry"
    propagated: Propagated = NOTHING
    """Labels and annotations of the Execution that its Jobs and pods carry."""

    @property
    def start_timeout(self) -> timedelta:
        """How long the pod may take to start."""
        return start_timeout_of(self.function, self.pod.template, self.settings)

    @property
    def function(self) -> Function:
        """The Function that the task calls."""
        return self.pod.function

    @property
    def settings(self) -> TaskSettings:
        """What all tasks have in common."""
        return self.pod.settings

    @property
    def owner(self) -> Owner:
        """The Execution, as the owner of the Job; for an express child, the one around it."""
        return Owner.of(self.key.root)


def undeliverable(task: StartTask, settings: TaskSettings, *, is_private: bool) -> str | None:
    """Why no pod can be given the event; None if one can.

    Linux passes 128 KiB per variable; larger and private events need the result server.
    """
    if settings.result_server is not None:
        return None
    if is_private:
        return (
            "spec.payloads of the Workflow is Private, and without the result server an event "
            "would stand in the pod's spec: switch the result server on"
        )
    size = len(to_text(task.payload).encode())
    if size <= CODE_LIMIT_BYTES:
        return None
    return (
        f"the event has {size} bytes, more than the {CODE_LIMIT_BYTES} that a pod can be given: "
        "switch the result server on"
    )


def job(plan: TaskPlan) -> dict[str, Any]:
    """The manifest."""
    labels = {**plan.propagated.labels, **_labels(plan)}
    annotations = {**plan.propagated.annotations, **_annotations(plan.task)}
    template = pod_template(plan.pod, _environment(plan), labels, annotations)
    metadata = template["metadata"]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": task_job_name(plan.key, plan.task.task_id),
            "labels": metadata["labels"],
            "annotations": {**_without(metadata["annotations"], SHOWN_FIRST), **_of_job(plan)},
            "ownerReferences": [plan.owner.reference(is_waited_for=True)],
        },
        "spec": {
            "backoffLimit": 0,
            "completions": 1,
            "parallelism": 1,
            "ttlSecondsAfterFinished": TTL_SECONDS,
            # Kueue resumes what waits in a queue. A pod with its labels would wait once more.
            **({"suspend": True} if LABEL_QUEUE in metadata["labels"] else {}),
            "template": {
                "metadata": {field: _without_queue(of_pod) for field, of_pod in metadata.items()},
                "spec": {**template["spec"], "restartPolicy": "Never", **_deadline(plan)},
            },
        },
    }


def _without(values: Mapping[str, str], others: Iterable[str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if key not in others}


def _without_queue(values: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if not key.startswith(QUEUE_DOMAIN)}


def _of_job(plan: TaskPlan) -> dict[str, str]:
    """Annotations of the Job alone."""
    name = task_job_name(plan.key, plan.task.task_id)
    claim = job_claim(plan.key.namespace, name, plan.owner.uid, plan.task.task_id)
    timeout = plan.start_timeout
    made: dict[str, str] = {} if plan.on_lost == "Retry" else {ANNOTATION_ON_LOST: plan.on_lost}
    if timeout != plan.settings.spans.start_timeout:
        made[ANNOTATION_START_TIMEOUT] = str(int(timeout.total_seconds()))
    if (logs := plan.function.spec.logs) is not None and logs.tail_bytes != DEFAULT_TAIL_BYTES:
        made[ANNOTATION_LOG_TAIL] = str(logs.tail_bytes)
    return {**made, ANNOTATION_SEAL: plan.ring.keys.seal(claim)}


def task_job_name(key: ExecutionKey, task_id: TaskId) -> str:
    """Name of the Job of a task of the execution."""
    return job_name(key.root.name, task_id.execution_uid, task_id.ordinal)


def job_claim(namespace: str, name: str, owner_uid: str, task_id: TaskId) -> str:
    """What the seal of a Job confirms: namespace, name, and the start of this execution."""
    return f"job/{namespace}/{name}/{owner_uid}/{task_id}"


def _labels(plan: TaskPlan) -> dict[str, str]:
    child = {} if plan.key.owner is None else {LABEL_CHILD_UID: plan.key.uid}
    return {
        **execution_labels(plan.owner, "task"),
        **child,
        LABEL_SLOT: slot_of(plan.key.namespace, plan.workflow),
        LABEL_TASK: str(plan.task.task_id.ordinal),
        LABEL_TOKEN_KEY: plan.token_key,
        LABEL_FUNCTION: label_value(plan.function.metadata.name),
        **({LABEL_WORKFLOW: label_value(plan.workflow)} if plan.workflow else {}),
    }


def _annotations(task: StartTask) -> dict[str, str]:
    return {
        ANNOTATION_STATE: task.state,
        ANNOTATION_ATTEMPT: str(task.attempt),
        ANNOTATION_FRAME: str(task.frame),
    }


def _deadline(plan: TaskPlan) -> dict[str, int]:
    """A backstop of the pod: the engine's timer and the runtime are authoritative.

    It counts from when a node has taken the pod. A Job's would count while an autoscaler adds one.
    """
    spans = [
        plan.function.spec.timeout_seconds,
        None if plan.task.timeout is None else int(plan.task.timeout.total_seconds()),
    ]
    seconds = min((span for span in spans if span is not None), default=None)
    if seconds is None:
        return {}
    waits = plan.settings.result_wait + plan.start_timeout
    whole = seconds + int(waits.total_seconds()) + DEADLINE_GRACE_SECONDS
    return {"activeDeadlineSeconds": whole}


def _environment(plan: TaskPlan) -> Env:
    told = _event(plan) | _identity(plan) | _delivery(plan) | _trace(plan)
    return [*literal(told), _token_variable(plan)]


def _event(plan: TaskPlan) -> dict[str, str]:
    text = to_text(plan.task.payload)
    server = plan.settings.result_server
    limit = 0 if plan.is_private else EVENT_LIMIT_BYTES
    if server is None or len(text.encode()) <= limit:
        return {"ASW_EVENT": text}
    return {"ASW_EVENT_URL": task_url(server.url, plan, "event")}


def _identity(plan: TaskPlan) -> dict[str, str]:
    return {
        "ASW_TASK_ID": str(plan.task.task_id),
        **({PAYLOADS: PRIVATE} if plan.is_private else {"ASW_RESULT_FILE": RESULT_FILE}),
        "ASW_FUNCTION_NAME": plan.function.public_name,
        "ASW_FUNCTION_VERSION": plan.task.function.qualifier or "$LATEST",
        "ASW_NAMESPACE": plan.key.namespace,
        "ASW_EXECUTION": plan.key.root.name,
        "ASW_STATE": plan.task.state,
    }


def _trace(plan: TaskPlan) -> dict[str, str]:
    """OpenTelemetry "Environment Variables as Context Propagation Carriers": a W3C header."""
    ratio, task = plan.settings.trace_ratio, plan.task
    if not ratio:
        return {}
    uid = task.task_id.execution_uid
    return {"TRACEPARENT": traceparent(uid, task.redrive_count, task.ordinal, ratio)}


def _delivery(plan: TaskPlan) -> dict[str, str]:
    server = plan.settings.result_server
    if server is None:
        return {}
    return {
        "ASW_RESULT_URL": task_url(server.url, plan, "outcome"),
        "ASW_HEARTBEAT_URL": task_url(server.url, plan, "heartbeat"),
        "ASW_CA": server.ca,
        "ASW_SERVER_NAME": server.name,
        "ASW_RESULT_WAIT": str(int(plan.settings.result_wait.total_seconds())),
    }


def task_url(base: str, plan: TaskPlan, what: str) -> str:
    """The address of one task's outcome, heartbeat or event at the result server."""
    return f"{base}/v1/tasks/{plan.task.task_id}/{what}"


def _token_variable(plan: TaskPlan) -> dict[str, Any]:
    uid, ordinal = plan.task.task_id
    source = {"name": tokens_name(uid, batch_of(ordinal), plan.token_key), "key": str(ordinal)}
    return {"name": "ASW_TASK_TOKEN", "valueFrom": {"secretKeyRef": source}}
