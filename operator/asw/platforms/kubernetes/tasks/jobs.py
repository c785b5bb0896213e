"""The Job of one start of a task: StartTask, Function and settings to a manifest. Pure.

The task contract (docs/reference/task-contract.md) says what the container finds. No volume unless
the Function asks for one (a mount costs the kubelet 0.3 s), no retry and no pod failure policy
(the engine counts attempts), no service account token. Literal values of the environment have
every ``$`` doubled: the kubelet expands ``$(NAME)`` in them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import BaseModel

from asw.api.function import Function
from asw.api.names import (
    ANNOTATION_ATTEMPT,
    ANNOTATION_FRAME,
    ANNOTATION_ON_LOST,
    ANNOTATION_SEAL,
    ANNOTATION_STATE,
    EVENT_LIMIT_BYTES,
    LABEL_CHILD_UID,
    LABEL_FUNCTION,
    LABEL_SLOT,
    LABEL_TASK,
    LABEL_TOKEN_KEY,
    job_name,
    label_value,
    slot_of,
    tokens_name,
)
from asw.api.objects import OnLost
from asw.api.pods import Resources
from asw.api.workflow import TaskTemplate
from asw.asl.resources import FunctionInvocation
from asw.asl.values import to_text
from asw.engine.commands import StartTask
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.client.objects import Owner, execution_labels
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.keys.tokens import batch_of
from asw.platforms.kubernetes.tasks.code import CodeSource
from asw.platforms.kubernetes.tasks.settings import TaskSettings
from asw.reconciler.platform import ExecutionKey

CONTAINER = "task"
SHOWN_FIRST = {"kubectl.kubernetes.io/default-container": CONTAINER}
"""The container whose log kubectl shows, even if somebody injected containers before it."""
RESULT_FILE = "/dev/termination-log"
PAYLOADS, PRIVATE = "ASW_PAYLOADS", "Private"
"""Set if the task must not write its result file, because the pod's status shows that."""
CODE_DIR = "/opt/asw/code"
USER = 65532
DEADLINE_GRACE_SECONDS = 60
TTL_SECONDS = 7 * 24 * 3600
"""Kubernetes' own clean-up, if the operator never returns; it must outlast an outage."""

Env = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPlan:
    """All that the Job of one start depends on; ``workflow`` is its Workflow's object name."""

    key: ExecutionKey
    workflow: str
    task: StartTask
    function: Function
    code: CodeSource | None
    template: TaskTemplate
    settings: TaskSettings
    ring: KeyRing
    token_key: str
    is_private: bool = False
    """Whether the pod must not contain payloads, because many can read its spec and status."""
    on_lost: OnLost = "Retry"
    limited: frozenset[str] = frozenset()
    """Compute resources that LimitRanges of the namespace speak of."""

    @property
    def owner(self) -> Owner:
        """The Execution, as the owner of the Job; for an express child, the one around it."""
        return Owner.of(self.key.root)


def job(plan: TaskPlan) -> dict[str, Any]:
    """The manifest."""
    labels = _labels(plan)
    annotations = _annotations(plan.task)
    name = task_job_name(plan.key, plan.task.task_id)
    claim = job_claim(plan.key.namespace, name, plan.owner.uid, plan.task.task_id)
    spec: dict[str, Any] = {
        "backoffLimit": 0,
        "completions": 1,
        "parallelism": 1,
        "ttlSecondsAfterFinished": TTL_SECONDS,
        "template": {
            "metadata": {"labels": labels, "annotations": {**annotations, **SHOWN_FIRST}},
            "spec": _pod_spec(plan),
        },
    }
    if (deadline := _deadline_seconds(plan)) is not None:
        spec["activeDeadlineSeconds"] = deadline
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "labels": labels,
            "annotations": {
                **annotations,
                **({} if plan.on_lost == "Retry" else {ANNOTATION_ON_LOST: plan.on_lost}),
                ANNOTATION_SEAL: plan.ring.keys.seal(claim),
            },
            "ownerReferences": [plan.owner.reference(is_waited_for=True)],
        },
        "spec": spec,
    }


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
    }


def _annotations(task: StartTask) -> dict[str, str]:
    return {
        ANNOTATION_STATE: task.state,
        ANNOTATION_ATTEMPT: str(task.attempt),
        ANNOTATION_FRAME: str(task.frame),
    }


def _deadline_seconds(plan: TaskPlan) -> int | None:
    """A backstop: the engine's timer and the runtime are authoritative."""
    spans = [
        plan.function.spec.timeout_seconds,
        None if plan.task.timeout is None else int(plan.task.timeout.total_seconds()),
    ]
    seconds = min((span for span in spans if span is not None), default=None)
    if seconds is None:
        return None
    settings = plan.settings
    waits = settings.result_wait + settings.spans.start_timeout
    return seconds + int(waits.total_seconds()) + DEADLINE_GRACE_SECONDS


def _pod_spec(plan: TaskPlan) -> dict[str, Any]:
    function, template = plan.function.spec, plan.template
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "containers": [_container(plan)],
        "serviceAccountName": function.service_account_name,
        "nodeSelector": {**template.node_selector, **function.node_selector},
        "tolerations": _plain([*template.tolerations, *function.tolerations]),
        "imagePullSecrets": _plain([*template.image_pull_secrets, *function.image_pull_secrets]),
        "priorityClassName": template.priority_class_name,
        "volumes": _volumes(plan),
    }
    return {name: value for name, value in spec.items() if value not in (None, {}, [])}


def _container(plan: TaskPlan) -> dict[str, Any]:
    function = plan.function.spec
    is_image = function.runtime == "image"
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": function.image if is_image else plan.settings.images[function.runtime],
        "imagePullPolicy": function.image_pull_policy
        or (None if is_image else plan.settings.pull_policy),
        "command": _literals(function.command),
        "args": _literals(function.args),
        "env": _environment(plan),
        "resources": _plain(_resources(plan)),
        "securityContext": _security_context(plan),
        "terminationMessagePath": RESULT_FILE,
        "terminationMessagePolicy": "File",
        "volumeMounts": _mounts(plan),
    }
    return {name: value for name, value in container.items() if value not in (None, {}, [])}


def _resources(plan: TaskPlan) -> Resources:
    """What the Function or else the Workflow says; what both leave open is as in the settings.

    A resource that is spoken of anywhere is left as it is there: a default request beside a limit
    of the user's, or against a LimitRange, could make a pod that nobody takes. And a Function with
    scratch space says itself how much it stores.
    """
    function = plan.function.spec
    own = function.resources or plan.template.resources or Resources()
    named = own.requests.keys() | own.limits.keys() | plan.limited
    if function.scratch_size is not None:
        named |= {"ephemeral-storage"}

    def filled(amounts: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
        left = {name: amount for name, amount in defaults.items() if name not in named}
        return {**left, **amounts}

    defaults = plan.settings.resources
    whole = {
        "requests": filled(own.requests, defaults.requests),
        "limits": filled(own.limits, defaults.limits),
    }
    return Resources(**{name: amounts for name, amounts in whole.items() if amounts})


def _security_context(plan: TaskPlan) -> dict[str, Any]:
    function = plan.function.spec
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": function.runtime != "image",
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
        **(function.security_context or {}),
    }


def _environment(plan: TaskPlan) -> Env:
    """Users' variables come first, so ours win: in Kubernetes the last of a name counts."""
    return [
        *_user_variables(plan.function),
        *_literal(_home(plan) | _event(plan) | _identity(plan) | _delivery(plan) | _limits(plan)),
        _token_variable(plan),
        *_code_variables(plan),
    ]


def _user_variables(function: Function) -> Env:
    made: Env = []
    for variable in function.spec.env:
        if variable.value_from is not None:
            made.append({"name": variable.name, "valueFrom": _plain(variable.value_from)})
        else:
            made.extend(_literal({variable.name: variable.value or ""}))
    return made


def _home(plan: TaskPlan) -> dict[str, str]:
    return {"HOME": "/tmp"} if plan.function.spec.runtime == "image" else {}  # noqa: S108


def _event(plan: TaskPlan) -> dict[str, str]:
    text = to_text(plan.task.payload)
    server = plan.settings.result_server
    limit = 0 if plan.is_private else EVENT_LIMIT_BYTES
    if server is None or len(text.encode()) <= limit:
        return {"ASW_EVENT": text}
    return {"ASW_EVENT_URL": task_url(server.url, plan, "event")}


def _identity(plan: TaskPlan) -> dict[str, str]:
    invocation: FunctionInvocation = plan.task.invocation
    return {
        "ASW_TASK_ID": str(plan.task.task_id),
        **({PAYLOADS: PRIVATE} if plan.is_private else {"ASW_RESULT_FILE": RESULT_FILE}),
        "ASW_FUNCTION_NAME": plan.function.public_name,
        "ASW_FUNCTION_VERSION": invocation.qualifier or "$LATEST",
        "ASW_NAMESPACE": plan.key.namespace,
        "ASW_EXECUTION": plan.key.root.name,
        "ASW_STATE": plan.task.state,
    }


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


def _limits(plan: TaskPlan) -> dict[str, str]:
    made: dict[str, str] = {}
    function = plan.function.spec
    if function.timeout_seconds is not None:
        made["ASW_TIMEOUT_SECONDS"] = str(function.timeout_seconds)
    if (memory := _resources(plan).limits.get("memory")) is not None:
        made["ASW_MEMORY_MB"] = str(mebibytes(memory))
    return made


def _token_variable(plan: TaskPlan) -> dict[str, Any]:
    uid, ordinal = plan.task.task_id
    source = {"name": tokens_name(uid, batch_of(ordinal), plan.token_key), "key": str(ordinal)}
    return {"name": "ASW_TASK_TOKEN", "valueFrom": {"secretKeyRef": source}}


def _code_variables(plan: TaskPlan) -> Env:
    if plan.code is None:
        return []
    handler = _literal({"ASW_HANDLER": plan.function.handler or ""})
    if plan.code.is_mounted:
        return [*handler, *_literal({"ASW_CODE_DIR": CODE_DIR})]
    source = {"name": plan.code.config_map, "key": "code"}
    return [*handler, {"name": "ASW_CODE", "valueFrom": {"configMapKeyRef": source}}]


def _volumes(plan: TaskPlan) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    if plan.code is not None and plan.code.is_mounted:
        made.append({"name": "code", "configMap": {"name": plan.code.config_map}})
    if plan.function.spec.scratch_size is not None:
        made.append({"name": "scratch", "emptyDir": {"sizeLimit": plan.function.spec.scratch_size}})
    return made


def _mounts(plan: TaskPlan) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    if plan.code is not None and plan.code.is_mounted:
        made.append({"name": "code", "mountPath": CODE_DIR, "readOnly": True})
    if plan.function.spec.scratch_size is not None:
        made.append({"name": "scratch", "mountPath": "/tmp"})  # noqa: S108
    return made


def _literal(values: Mapping[str, str]) -> Env:
    return [{"name": name, "value": escaped(value)} for name, value in values.items()]


def _literals(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)


def escaped(value: str) -> str:
    """The value escaped for the kubelet, so that the container gets it unchanged."""
    return value.replace("$", "$$")


def _plain(value: Any) -> Any:
    """Models in the spelling of Kubernetes, without what was not set."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


_FACTORS: Mapping[str, int | Decimal] = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
    "m": Decimal("0.001"), "u": Decimal("0.000001"), "n": Decimal("0.000000001"),
}  # fmt: skip


def quantity(text: str) -> Decimal:
    """The number that a Kubernetes quantity spells. Raises ValueError."""
    unit = text.lstrip("+-.0123456789")
    try:
        if unit in _FACTORS:
            return Decimal(text.removesuffix(unit)) * _FACTORS[unit]
        return Decimal(text)  # an exponent: 1e9
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is not a quantity") from error


def mebibytes(text: str) -> int:
    """A Kubernetes quantity of memory in MiB, rounded down."""
    return int(quantity(text) // 2**20)
