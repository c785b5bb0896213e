"""Error names of the language, and how failures travel.

``StatesError`` is raised only inside ``asl`` and ``engine``; ``step`` turns it into a ``Failure``,
a value. Names: ASL "Errors", AWS "Error names"; our own start with ``Asw.``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asw.asl.public_codes import types_of

if TYPE_CHECKING:
    from asw.asl.model import Dialect

ALL = "States.ALL"
TASK_FAILED = "States.TaskFailed"
TIMEOUT = "States.Timeout"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
PERMISSIONS = "States.Permissions"
RUNTIME = "States.Runtime"
DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
RESULT_PATH_MATCH_FAILURE = "States.ResultPathMatchFailure"
PARAMETER_PATH_FAILURE = "States.ParameterPathFailure"
INTRINSIC_FAILURE = "States.IntrinsicFailure"
BRANCH_FAILED = "States.BranchFailed"
NO_CHOICE_MATCHED = "States.NoChoiceMatched"
EXCEED_TOLERATED_FAILURE_THRESHOLD = "States.ExceedToleratedFailureThreshold"
ITEM_READER_FAILED = "States.ItemReaderFailed"
RESULT_WRITER_FAILED = "States.ResultWriterFailed"
QUERY_EVALUATION_ERROR = "States.QueryEvaluationError"
HTTP_SOCKET = "States.Http.Socket"

LANGUAGE_ERRORS: Final = (
    ALL,
    TASK_FAILED,
    TIMEOUT,
    HEARTBEAT_TIMEOUT,
    PERMISSIONS,
    RUNTIME,
    DATA_LIMIT_EXCEEDED,
    RESULT_PATH_MATCH_FAILURE,
    PARAMETER_PATH_FAILURE,
    INTRINSIC_FAILURE,
    BRANCH_FAILED,
    NO_CHOICE_MATCHED,
    EXCEED_TOLERATED_FAILURE_THRESHOLD,
    ITEM_READER_FAILED,
    RESULT_WRITER_FAILED,
    QUERY_EVALUATION_ERROR,
    HTTP_SOCKET,
)
"""Every error name that the language itself defines."""

INVALID_APPROVAL = "Asw.InvalidApproval"
"""What an approval should ask a person is not valid."""
REJECTED = "Asw.Rejected"
"""A person answered an approval by reject."""
FUNCTION_NOT_FOUND = "Lambda.ResourceNotFoundException"
"""AWS's name for a missing function; a Task that names one fails with it and can catch it."""
MACHINE_NOT_FOUND = "StepFunctions.StateMachineDoesNotExistException"
"""AWS's name for a Workflow that is not there, where a Task starts an execution of it."""
NAME_TAKEN = "StepFunctions.ExecutionAlreadyExistsException"
"""AWS's name for the name of an execution that another one of the Workflow has."""
INVALID_MACHINE_ARN = "StepFunctions.InvalidArnException"
"""AWS's name for a StateMachineArn that is none."""
INVALID_EXECUTION_NAME = "StepFunctions.InvalidNameException"
"""AWS's name for a Name that no execution may have."""
INVALID_EXECUTION_INPUT = "StepFunctions.InvalidExecutionInputException"
"""AWS's name for an Input that is a text and not JSON."""
TOO_MANY_REQUESTS = "Lambda.TooManyRequestsException"
"""AWS's name for a call that found no free instance of its function in time."""
FUNCTION_TIMED_OUT = "Sandbox.Timedout"
"""AWS Lambda's name for a function that ran past its own timeout."""

TASK_LOST = "Asw.TaskLost"
"""A task is gone without an outcome, for an unknown reason."""
TASK_EVICTED = "Asw.TaskEvicted"
"""A task's pod was evicted: its node ran short of a resource, or is being drained."""
TASK_PREEMPTED = "Asw.TaskPreempted"
"""A task's pod was preempted by one of higher priority."""
TASK_DELETED = "Asw.TaskDeleted"
"""Somebody deleted a task's pod or Job."""
NODE_LOST = "Asw.NodeLost"
"""A task's node was shut down or removed, or does not answer."""
NODE_REFUSED = "Asw.NodeRefused"
"""The node chosen for a task could not admit it."""
START_FAILED = "Asw.StartFailed"
"""A task could not be started: the cause names the permission, container or field."""
IMAGE_PULL_FAILED = "Asw.ImagePullFailed"
"""A task's image cannot be pulled: its name, its registry or the credentials are wrong."""
NO_CONNECTION = "Asw.NoConnection"
"""A task calls a service, and there is no Connection that says where it is."""
NOT_ALLOWED = "Asw.NotAllowed"
"""A task's Function or template asks for something that the operator's policy refuses."""
QUOTA_EXCEEDED = "Asw.QuotaExceeded"
"""A quota of the namespace left no room for a task for too long a time."""
UNSCHEDULABLE = "Asw.Unschedulable"
"""No node had room for a task for too long a time."""
DEADLINE_EXCEEDED = "Asw.DeadlineExceeded"
"""Kubernetes ended a task at the activeDeadlineSeconds of its pod or Job."""
TASK_CRASHED = "Asw.TaskCrashed"
"""The process ended without an outcome: a non-zero exit, os._exit, a signal."""
OUT_OF_MEMORY = "Asw.OutOfMemory"
"""The container was killed for exceeding its memory limit."""
RESULT_LOST = "Asw.ResultLost"
"""A large outcome could not be delivered within ``resultWait``."""
EVENT_LOST = "Asw.EventLost"
"""A task could not fetch its large event from the result server."""
RESULT_TRUNCATED = "Asw.ResultTruncated"
"""The outcome was written to the result file and cut off there (4 KiB)."""
INVALID_RESULT = "Asw.InvalidResult"
"""The task's outcome is not JSON, or not an outcome."""
RECORD_TOO_LARGE = "Asw.RecordTooLarge"
"""What the platform would have to store of the execution is too large."""
RECORD_LOST = "Asw.RecordLost"
"""Somebody removed or changed an object that holds a part of the execution's state."""
STEP_KILLED_OPERATOR = "Asw.StepKilledOperator"
"""The operator died while working on the Execution, twice in a row."""
WORKFLOW_NOT_FOUND = "Asw.WorkflowNotFound"
"""The Workflow that an Execution names did not appear in time."""
REVISION_LOST = "Asw.RevisionLost"
"""The pinned definition that an Execution runs or names does not exist."""
CALL_OUTCOME_UNKNOWN = "Asw.CallOutcomeUnknown"
"""A call of a service may have been made, and making it again could have an effect twice."""
WORKER_STOPPED = "Asw.WorkerStopped"
"""The worker of an activity was ended while it did the task."""
JOB_GONE = "Asw.JobGone"
"""A service does not know the job any more that a Task started and waits for."""
ADDRESS_REFUSED = "Asw.AddressRefused"
"""A service that a Task calls is at an address that its Connection does not name."""
ROLLOUT_FAILED = "K8s.RolloutFailed"
"""A rollout that a Task follows will not end well."""
WAITED_TOO_LONG = "K8s.Timeout"
"""What a Task waits for on a cluster did not happen in time, or its API server was too slow."""
NO_CREDENTIALS = "Asw.NoCredentials"
"""There is nothing to sign a call of a service with."""
INVALID_DEFINITION = "Asw.InvalidDefinition"
"""The Workflow that an Execution names has a definition that cannot run."""
INVALID_INPUT = "Asw.InvalidInput"
"""The Execution's input is not JSON or is over the limit, or its source is missing."""
CONCURRENCY_FORBIDDEN = "Asw.ConcurrencyForbidden"
"""The Workflow's concurrency policy is Forbid, and other Executions had not ended."""
EXECUTION_ALREADY_EXISTS = "Asw.ExecutionAlreadyExists"
"""Another Execution of the Workflow has the same public name and had not ended."""
REPLACED = "Asw.Replaced"
"""The Workflow's concurrency policy is Replace, and a newer Execution needed the slot."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error on its way through Retry and Catch: a value, with AWS's two texts.

    ``error`` is None only for a Fail state that names none. ``matched_as`` is the name that Retry
    and Catch compare, if it differs from the one shown (AWS: a missed heartbeat).
    """

    error: str | None
    cause: str | None = None
    matched_as: str | None = None


class StatesError(Exception):
    """A failure of the running state, raised where it is detected.

    ``location`` is the field of the JSONata expression that failed, as AWS writes it in history.
    """

    def __init__(self, error: str, cause: str | None = None, location: str | None = None) -> None:
        super().__init__(f"{error}: {cause}")
        self.failure = Failure(error, cause)
        self.location = location


class StatesErrorCodec:
    """For a question (``asw.asl.elsewhere``) whose evaluation may raise a StatesError."""

    __slots__ = ()

    def spell(self, error: Exception) -> Sequence[str | None] | None:
        """The StatesError as JSON; None for any other error."""
        if not isinstance(error, StatesError):
            return None
        return (error.failure.error, error.failure.cause, error.location)

    def error(self, spelled: Sequence[Any]) -> StatesError:
        """The StatesError that ``spell`` wrote."""
        error, cause, location = spelled
        return StatesError(error, cause, location)


def normalize(name: str) -> str:
    """The dotted spelling of a built-in error name, which TCSL writes without the dot."""
    return _UNDOTTED.get(name, name)


def matches(error_equals: Sequence[str], error: str | None, *, dialect: "Dialect" = "ASL") -> bool:
    """Whether a Retrier or Catcher with these names takes the error.

    States.Runtime is never taken, not even by its own name, as recorded at AWS. States.TaskFailed
    takes everything but timeouts; States.Timeout takes a missed heartbeat too. None, the error of
    a Fail state that names none, is only taken by wildcards. TCSL: Tencent's own codes are taken
    by their exact names and by their types (``asw.asl.public_codes``).
    """
    error = normalize(error or "")
    if error == RUNTIME:
        return False
    types = types_of(error) if dialect == "TCSL" else None
    if types is not None:
        taken = {error, *map(normalize, types)}
        return any(normalize(name) in taken for name in error_equals)
    return any(_takes(normalize(name), error) for name in error_equals)


def _takes(name: str, error: str) -> bool:
    match name:
        case "States.ALL":
            return True
        case "States.TaskFailed":
            return error not in _TIMEOUTS
        case "States.Timeout":
            return error in _TIMEOUTS
        case _:
            return name == error


_TIMEOUTS = frozenset({TIMEOUT, HEARTBEAT_TIMEOUT})
_UNDOTTED: Final = {name.replace(".", ""): name for name in LANGUAGE_ERRORS}
