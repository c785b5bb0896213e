"""Names visible from outside: group, labels, annotations, conditions, reasons; one line each.

Also the rules for names of objects, because names tell owner and content.
"""

import hashlib
import re
from collections.abc import Mapping

GROUP = "asw.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

NAME_PATTERN = r'^[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]+$'
"""AWS: no white space, brackets, wildcards, special or control characters in a name."""
OBJECT_NAME_PATTERN = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
"""Kubernetes: the name of an object (DNS subdomain)."""
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
OBJECT_NAMES = (
    "names of objects are lower-case letters, digits, dashes and dots, and begin and end with a "
    "letter or a digit"
)

LABEL_EXECUTION = "asw.dev/execution"
"""Object name of the Execution (cut to fit a label value), for ``kubectl logs -l``."""
LABEL_EXECUTION_UID = "asw.dev/execution-uid"
"""Uid of the Execution; on everything created for it."""
LABEL_CHILD_UID = "asw.dev/child-uid"
"""Uid of the express child that a Job runs for; on its Jobs and their Pods."""
LABEL_TASK = "asw.dev/task"
"""Ordinal of the TaskId; on Jobs and their Pods."""
LABEL_SLOT = "asw.dev/slot"
"""Slot of the Execution (``slot_of``); on Jobs, their Pods and child Executions."""
LABEL_PARENT_UID = "asw.dev/parent-uid"
"""Uid of the Execution whose distributed Map started this one; on child Executions."""
LABEL_STARTED_BY = "asw.dev/started-by"
"""Uid of the Execution one of whose Tasks started this one (``states:startExecution``)."""
LABEL_CHILD = "asw.dev/child"
"""Ordinal of a child Execution, or one that a Task started, within its parent."""
LABEL_TOKEN_KEY = "asw.dev/token-key"  # noqa: S105  a name
"""On Jobs: id of the key that signed the task's token."""
LABEL_WORKFLOW = "asw.dev/workflow"
"""Object name of the Workflow (cut to fit a label value); on its Jobs, Pods and Executions."""
LABEL_FUNCTION = "asw.dev/function"
"""Object name of the Function that a Job runs."""
LABEL_CODE_OF = "asw.dev/code-of"
"""On ConfigMaps that ``asw apply`` made of a folder: object name of the Function. They have no
LABEL_KIND, which only the operator's own objects have."""
LABEL_INVOCATION = "asw.dev/invocation"
"""On the Execution and the Workflow of asw invoke: the Function that it runs alone."""
LABEL_FUNCTION_UID = "asw.dev/function-uid"
"""Uid of the Function; on its warm pods and their Deployments."""
LABEL_CONNECTION = "asw.dev/connection"
"""Object name of the Connection whose calls a pod makes; LABEL_FUNCTION_UID has its uid."""
LABEL_POOL = "asw.dev/pool"
"""Digest of the revision of a Function that a warm pod serves."""
KIND_POOL = "pool"
"""``LABEL_KIND`` of warm pods and what keeps them."""
KIND_PACKAGES = "packages"
"""``LABEL_KIND`` of a namespace's volume of packages and of the Jobs that install into it."""
LABEL_SCHEDULE = "asw.dev/schedule"
"""Object name of the Schedule (cut to fit a label value); on the Executions that it started."""
LABEL_SCHEDULE_UID = "asw.dev/schedule-uid"
"""Uid of the Schedule; on the Executions that it started."""
LABEL_TRIGGER = "asw.dev/trigger"
"""Object name of the Trigger (cut to fit a label value); on the Executions that it started."""
LABEL_TRIGGER_UID = "asw.dev/trigger-uid"
"""Uid of the Trigger; on the Executions that it started."""
LABEL_WORKFLOW_UID = "asw.dev/workflow-uid"
"""Uid of the Workflow; on its ControllerRevisions."""
LABEL_KIND = "asw.dev/kind"
"""What an object is to us: task, tokens, page, history, code, revision."""

ANNOTATION_ROTATED = "asw.dev/rotated-at"
"""On the Secret with the operator's keys: when the signing key was made, unless with it."""
ANNOTATION_STATE = "asw.dev/state"
"""Name of the Task state that a Job runs for, as the definition spells it."""
ANNOTATION_ATTEMPT = "asw.dev/attempt"
"""Number of the attempt, from 0."""
ANNOTATION_FRAME = "asw.dev/frame"
"""Id of the frame that waits for the Job."""
ANNOTATION_ON_LOST = "asw.dev/on-lost"
"""What happens to the task if it is lost: Retry or Fail."""
ANNOTATION_START_TIMEOUT = "asw.dev/start-timeout"
"""Seconds that a Job's pod may take to start, where that is not the operator's default."""
ANNOTATION_LOG_TAIL = "asw.dev/log-tail-bytes"
"""Bytes of the end of its log that the archive keeps, where the Function says how many."""
ANNOTATION_SCHEDULED = "asw.dev/scheduled-time"
"""On Executions that a Schedule started: the instant for which it did."""
ANNOTATION_QUEUED = "asw.dev/queued"
"""On Executions that a Schedule started: it was created suspended, to wait for those before it."""
ANNOTATION_EVENT = "asw.dev/event-id"
"""On Executions that a Trigger started: the id of the event."""
ANNOTATION_DEPTH = "asw.dev/trigger-depth"
"""On Executions that a Trigger started: how many Triggers in a row led to it."""
ANNOTATION_SEAL = "asw.dev/seal"
"""Shows that the operator made the object; on Jobs of tasks, on child Executions and on those that
Tasks start."""

LABEL_QUEUE = "kueue.x-k8s.io/queue-name"
"""Kueue: the queue that decides when a Job runs."""
QUEUE_DOMAIN = "kueue.x-k8s.io/"
"""Kueue: the start of its labels and annotations."""

CONDITION_SUCCEEDED = "Succeeded"
"""Execution: True, False, or Unknown while it runs."""
CONDITION_COMPLETE = "Complete"
"""Execution: it has ended, however it ended; the reason is its phase."""
CONDITION_READY = "Ready"
"""The object works as intended; an Execution once it has succeeded."""
CONDITION_RECONCILING = "Reconciling"
"""kstatus: work is in progress."""
CONDITION_STALLED = "Stalled"
"""kstatus: there will be no progress unless somebody acts."""
CONDITION_RESOLVED = "ResolvedRefs"
"""Workflow: whether what it calls exists and is ready (the word of the Gateway API)."""
CONDITION_WARM = "WarmPods"
"""Function of mode Warm: whether as many pods as are wanted ask for calls."""
REASON_PODS_ASK = "AsWanted"
REASON_PODS_COME = "Starting"
REASON_PODS_FAIL = "PodsDoNotStart"
"""Also Connection: the message has Kubernetes' words."""
CONDITION_REDRIVEN = "Redriven"
"""Execution: False if spec.redrive was refused; otherwise missing."""

REASON_INVALID_SCHEDULE = "InvalidSchedule"
"""Schedule: its spec makes no sense in a way that the schema cannot see."""
REASON_INVALID_TRIGGER = "InvalidTrigger"
"""Trigger: its spec makes no sense in a way that the schema cannot see."""
REASON_TOO_MANY = "TooManyTriggers"
"""Trigger: its namespace has as many as may have effects."""
REASON_CANNOT_START = "CannotStart"
"""Schedule, Trigger: the last run could not be created; the message says why. It is tried again."""
REASON_RUNNING = "Running"
REASON_SUSPENDED = "Suspended"
"""Execution: nothing new is started, because spec.suspend says so."""
REASON_NO_PROCESS = "NoProcess"
"""Execution in the local store: not ended, but the process that ran it is gone."""
REASON_REDRIVE_REFUSED = "RedriveRefused"
"""Execution: spec.redrive asks for something impossible; the message says why."""
REASON_SUCCEEDED = "Succeeded"
REASON_FAILED = "Failed"
REASON_TIMED_OUT = "TimedOut"
REASON_ABORTED = "Aborted"
REASON_WORKFLOW_NOT_FOUND = "WorkflowNotFound"
"""Execution: it waits for a limited time for the Workflow that it names."""
REASON_INVALID_DEFINITION = "InvalidDefinition"
"""Workflow: its definition has problems (status.problems); Execution: that of its Workflow has."""
REASON_NULLS_LOST = "NullsLost"
"""Workflow: a tool dropped nulls that spec.nulls lists; Executions wait meanwhile."""
REASON_WAITING_FOR_SLOT = "WaitingForSlot"
"""Execution: spec.concurrency allows no more running Executions of its Workflow."""
REASON_VALID = "Valid"
"""Workflow, Function: accepted. Connection: its latest pods found all that it names."""
REASON_ACCEPTED = "Accepted"
"""Connection: nothing is known against it, and no pod of it has said anything yet."""
REASONS_READY = (REASON_VALID, REASON_ACCEPTED)
REASON_INVALID_CONNECTION = "InvalidConnection"
"""Connection: its spec makes no sense in a way that the schema cannot see."""
REASON_NO_CREDENTIALS = "NoCredentials"
"""Connection: its pods lack a key of a Secret; the message names both, as calls do."""
REASON_NOT_CONFIGURED = "NotConfigured"
"""Connection: its pods cannot use something else that it names, such as certificates."""
REASON_NO_RESULT_SERVER = "NoResultServer"
"""Connection: the operator has no result server, without which nobody makes calls."""
REASON_INVALID_FUNCTION = "InvalidFunction"
REASON_FUNCTION_NOT_FOUND = "FunctionNotFound"
"""Workflow: it calls a Function that does not exist."""
REASON_FUNCTION_NOT_READY = "FunctionNotReady"
"""Workflow: it calls a Function that is not ready."""
REASON_CONNECTION_NOT_FOUND = "ConnectionNotFound"
"""Workflow: it calls a service, and there is no Connection that it may use for that."""
REASON_ACTIVITY_NOT_FOUND = "ActivityNotFound"
"""Workflow: its Tasks are for workers of an Activity that does not exist."""
REASONS_UNRESOLVED = (
    REASON_FUNCTION_NOT_FOUND,
    REASON_FUNCTION_NOT_READY,
    REASON_CONNECTION_NOT_FOUND,
    REASON_ACTIVITY_NOT_FOUND,
)
REASON_CONFIG_MAP_NOT_FOUND = "ConfigMapNotFound"
"""Function, Connection: it names a ConfigMap or a key that does not exist."""
REASON_SERVICE_ACCOUNT_NOT_FOUND = "ServiceAccountNotFound"
"""Function, Connection: it names a service account that does not exist."""
REASON_PACKAGES_INSTALLING = "PackagesInstalling"
"""Function: its packages are being installed; tasks wait for that."""
REASON_PACKAGES_FAILED = "PackagesFailed"
"""Function: its packages could not be installed; the message has the installer's last lines."""
REASONS_PACKAGES = (REASON_PACKAGES_INSTALLING, REASON_PACKAGES_FAILED)
REASON_JOB_REFUSED = "JobRefused"
"""Function: the API server would refuse the Jobs of its tasks; the message is the server's."""
REASON_NOT_ALLOWED = "NotAllowed"
"""Workflow, Function, Connection: the operator's policy refuses what the message says."""

EVENT_LIMIT_BYTES = 16 * 1024
"""Events up to this size go into the pod's environment; larger ones are fetched by the task."""
MESSAGE_LIMIT_BYTES = 4096
"""Kubernetes: what a termination message may hold."""
CODE_LIMIT_BYTES = 100 * 1024
"""Inline code up to this size goes through the environment (Linux: 128 KiB a value)."""
CODE_MAP_LIMIT_BYTES = 1_000_000
"""Code in one ConfigMap: Kubernetes takes 1 MiB of data, keys included."""
ALL_CODE_LIMIT_BYTES = 3 * 1024 * 1024
"""The code of a Function: more is an image."""
PAYLOAD_LIMIT_BYTES = 262_144
"""AWS: bytes (UTF-8) of an input, output or result."""
PAGE_LIMIT_BYTES = 4096
"""Larger values are moved from the status to objects of their own."""


DEFAULT_CONNECTION = "default"
"""The key of ``Workflow.spec.connections`` for services that have none of their own."""


def connection_of(service: str, connections: Mapping[str, str]) -> str | None:
    """The Connection of the service, by ``spec.connections`` of a Workflow.

    ``service`` is spelt as in the Resource: ``dynamodb``, of ``aws-sdk:dynamodb`` as well.
    """
    return connections.get(service, connections.get(DEFAULT_CONNECTION))


def slot_of(namespace: str, workflow_name: str) -> str:
    """The slot of a Workflow's Executions, 00 to ff: the top 8 bits of FNV-1a-64; never changes.

    It follows from the Execution itself, so users' objects need no label for it, and everything
    that shares the limits of one Workflow shares its slot.
    """
    return f"{_fnv_1a(f'{namespace}/{workflow_name}') >> 56:02x}"


def _fnv_1a(text: str) -> int:
    """FNV-1a with 64 bits, of the text in UTF-8."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def uid12(uid: str) -> str:
    """The first 12 hex digits of a uid: enough to distinguish 100,000 executions in names."""
    return uid.replace("-", "")[:12]


def digest12(content: str | bytes) -> str:
    """The first 12 hex digits of the content's SHA-256."""
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()[:12]


def revision_name(workflow_uid: str, content: str) -> str:
    """Name of the ControllerRevision that pins a definition."""
    return f"{uid12(workflow_uid)}-{digest12(content)}"


def fence8(version: str) -> str:
    """Eight hex digits for a resourceVersion: the save that first referred to an object."""
    return hashlib.sha256(version.encode()).hexdigest()[:8]


PRIVATE_MARK = "x"
"""Precedes the letter of the kind in names of Payloads: ``-xp-`` is a private page."""


def record_page_name(execution_uid: str, fence: str, digest: str, mark: str = "") -> str:
    """Name of an object that holds one large value for the record only; ``fence`` by fence8."""
    return f"{uid12(execution_uid)}-{mark}p-{fence}-{digest[:12]}"


def event_page_name(execution_uid: str, fence: str, digest: str, mark: str = "") -> str:
    """Name of an object that holds one large value of a history event, or the output."""
    return f"{uid12(execution_uid)}-{mark}e-{fence}-{digest[:12]}"


def history_chunk_name(
    execution_uid: str, number: int, fence: str, text: str, mark: str = ""
) -> str:
    """Name of the object that holds the n-th sealed run of history events."""
    return f"{uid12(execution_uid)}-{mark}h-{number}-{fence}-{digest12(text)}"


def child_name(parent_uid: str, ordinal: int) -> str:
    """Name of the child Execution that a distributed Map started under this ordinal."""
    return f"{uid12(parent_uid)}-c-{ordinal}"


def started_names(workflow: str, name: str) -> tuple[str, str]:
    """Names for the object of an execution that a Task starts under this name; the second is sure.

    The first one is the name itself, where an object may have it; an Execution of another Workflow
    may have taken it. The second one belongs to this name of this Workflow alone.
    """
    near = re.sub(r"[^a-z0-9]+", "-", name.lower())[:50].strip("-")
    sure = f"{near}-{digest12(f'{workflow}/{name}')}".lstrip("-")
    return (name if is_object_name(name) else sure), sure


def is_object_name(name: str) -> bool:
    """Whether an object may have the name (DNS subdomain)."""
    return len(name) <= 253 and _SUBDOMAIN.fullmatch(name) is not None


def child_input_name(parent_uid: str, ordinal: int, text: str) -> str:
    """Name of the object that holds a child's input if it is too large for its spec."""
    return f"{uid12(parent_uid)}-i-{ordinal}-{digest12(text)}"


def tokens_name(execution_uid: str, batch: int, key_id: str) -> str:
    """Name of the Secret with the tokens of 32 starts, signed by a key: batch 0 holds 1 to 32."""
    return f"{uid12(execution_uid)}-t-{batch}-{key_id}"


def pool_name(function_name: str, function_uid: str, digest: str) -> str:
    """Name of the Deployment of warm pods: its pods' names get 17 characters more, 63 in all."""
    head = function_name.replace(".", "-")[:20].strip("-")
    return f"{head}-{uid12(function_uid)}-{digest}"


def pool_secret_name(function_uid: str, digest: str, key_id: str) -> str:
    """Name of the Secret with the token of a pool, signed by a key."""
    return f"{uid12(function_uid)}-w-{digest}-{key_id}"


def label_value(text: str) -> str:
    """A label value for any object name: itself up to 63 characters, else cut with a digest."""
    return text if len(text) <= 63 else f"{text[:50].rstrip('-.')}-{digest12(text)}"


def job_name(execution_name: str, execution_uid: str, ordinal: int) -> str:
    """Name of the Job of a TaskId: a readable start, uid and ordinal; at most 57 characters."""
    tail = f"-{uid12(execution_uid)}-{ordinal}"
    head = execution_name.replace(".", "-")[: 57 - len(tail)].strip("-")
    return f"{head}{tail}"
