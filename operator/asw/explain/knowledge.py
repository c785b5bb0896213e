"""What error names mean and what to do about them: docs/reference/errors.md in short. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from asw.asl import errors
from asw.messages import t


@dataclass(frozen=True, slots=True)
class Meaning:
    """What happened, in a sentence, and what to do."""

    what: str
    do: str = ""


def meaning_of(error: str | None) -> Meaning | None:
    """What is known of the name; None for those of functions and definitions."""
    found = _MEANINGS.get(errors.normalize(error or ""))
    if found is not None:
        return found()
    if (error or "").startswith("Shell.ExitStatus."):
        status = (error or "").rpartition(".")[2]
        return Meaning(
            t("the shell script ended with {status}", status=status),
            t("its last words on stderr are the cause; fix the script"),
        )
    if (error or "").startswith("Runtime."):
        return Meaning(
            t("the runtime could not load or run the code"), t("fix the code of the Function")
        )
    return None


_MEANINGS: Final[Mapping[str, Callable[[], Meaning]]] = {
    "Runtime.MarshalError": lambda: Meaning(
        t("what the function returned is not JSON"),
        t("return only objects, arrays, strings, numbers, true, false or null from the Function"),
    ),
    "Runtime.ImportModuleError": lambda: Meaning(
        t("the code, or something that it imports, is missing"),
        t("fix spec.handler or the code of the Function, or use an image that has the module"),
    ),
    "Runtime.HandlerNotFound": lambda: Meaning(
        t("the code has no function with the name in spec.handler"),
        t("fix spec.handler of the Function"),
    ),
    errors.FUNCTION_NOT_FOUND: lambda: Meaning(
        t("the namespace has no Function of that name"),
        t("apply the Function, or fix the Resource of the state"),
    ),
    errors.FUNCTION_TIMED_OUT: lambda: Meaning(
        t("the function ran longer than spec.timeoutSeconds of its Function"),
        t("raise spec.timeoutSeconds of the Function, or make it do less"),
    ),
    errors.START_FAILED: lambda: Meaning(
        t("the task could not be started: a permission, the container, a field of the pod"),
        t("fix what the cause names"),
    ),
    errors.NOT_ALLOWED: lambda: Meaning(
        t("the Function, or the template of the tasks, asks for more than is allowed here"),
        t("remove what the cause names, or have the operator's functionPolicy changed"),
    ),
    errors.IMAGE_PULL_FAILED: lambda: Meaning(
        t("the image of the task cannot be pulled"),
        t("fix spec.image or spec.imagePullSecrets of the Function; check the registry"),
    ),
    errors.MACHINE_NOT_FOUND: lambda: Meaning(
        t("no Workflow has the name that StateMachineArn ends with"),
        t("add its manifest to the path, or asw apply it; or fix StateMachineArn"),
    ),
    errors.NAME_TAKEN: lambda: Meaning(
        t("another execution of the Workflow has the name that the Task gives"),
        t("leave out Name, or make it of something that differs, such as $$.Execution.Name"),
    ),
    errors.NO_CONNECTION: lambda: Meaning(
        t("the task calls a service that has no Connection here"),
        t("name one in spec.connections of the Workflow, and create it; or test with mocks"),
    ),
    errors.ROLLOUT_FAILED: lambda: Meaning(
        t("pods of the new revision do not come up"),
        t("fix what the cause names; kubectl rollout undo brings the old revision back"),
    ),
    errors.WAITED_TOO_LONG: lambda: Meaning(
        t("what the Task waits for on the cluster did not happen in time"),
        t("see what the cause found instead, or raise TimeoutSeconds in the Parameters"),
    ),
    errors.QUOTA_EXCEEDED: lambda: Meaning(
        t("a ResourceQuota of the namespace left no room for the task for too long"),
        t("raise the quota; if other tasks use it up, set spec.maxActiveTasks"),
    ),
    errors.UNSCHEDULABLE: lambda: Meaning(
        t("no node took the pod of the task for too long"),
        t("fix requests, nodeSelector or tolerations, add nodes, or set spec.maxActiveTasks"),
    ),
    errors.OUT_OF_MEMORY: lambda: Meaning(
        t("the container was killed for using more memory than its limit"),
        t("raise spec.resources.limits.memory of the Function"),
    ),
    errors.TASK_CRASHED: lambda: Meaning(
        t("the process ended without an outcome: an exit code, a signal, os._exit"),
        t("its log says most; fix the code or the image"),
    ),
    errors.DEADLINE_EXCEEDED: lambda: Meaning(
        t("Kubernetes ended the task at its activeDeadlineSeconds, while the operator was away"),
        t("check the operator: is it running?"),
    ),
    errors.RESULT_LOST: lambda: Meaning(
        t("a large outcome could not be delivered to the operator in time"),
        t("check the operator and network policies"),
    ),
    errors.EVENT_LOST: lambda: Meaning(
        t("the task could not fetch its large event from the operator"),
        t("check the operator and network policies"),
    ),
    errors.RESULT_TRUNCATED: lambda: Meaning(
        t("an outcome of more than 4 KiB was only written to the result file, and cut there"),
        t("have the image push its outcome to ASW_RESULT_URL"),
    ),
    errors.INVALID_RESULT: lambda: Meaning(
        t("what the container left is not an outcome"),
        t("have the image write JSON as docs/reference/task-contract.md says"),
    ),
    errors.RECORD_LOST: lambda: Meaning(
        t("an object that holds a part of the run was deleted or changed"),
        t("start it again, and leave objects labelled asw.dev/kind alone"),
    ),
    errors.STEP_KILLED_OPERATOR: lambda: Meaning(
        t("twice in a row, the operator ran out of memory or got stuck while working on this run"),
        t("make the data of the step smaller, or give the operator more memory"),
    ),
    errors.RECORD_TOO_LARGE: lambda: Meaning(
        t("the state of the run is larger than the API server accepts"),
        t("keep less in flight: smaller payloads, a smaller MaxConcurrency, a distributed Map"),
    ),
    errors.TASK_EVICTED: lambda: Meaning(
        t("its pod was evicted, and no free retry is left"),
        t("set spec.resources.requests of the Function; use a PodDisruptionBudget for drains"),
    ),
    errors.TASK_PREEMPTED: lambda: Meaning(
        t("its pod gave way to one of higher priority, and no free retry is left"),
        t("set spec.taskTemplate.priorityClassName of the Workflow, or add nodes"),
    ),
    errors.NODE_LOST: lambda: Meaning(
        t("its node went away, and no free retry is left"),
        t("check the node that the cause names"),
    ),
    errors.NODE_REFUSED: lambda: Meaning(
        t("the chosen node had no room, and no free retry is left"),
        t("add nodes"),
    ),
    errors.TASK_DELETED: lambda: Meaning(
        t("somebody deleted its pod or Job, and no free retry is left"),
        t("end a run with asw stop, and leave its pods alone"),
    ),
    errors.TASK_LOST: lambda: Meaning(
        t("it is gone and nobody knows why, and no free retry is left"),
        t("check the nodes"),
    ),
    errors.WORKFLOW_NOT_FOUND: lambda: Meaning(
        t("the Workflow did not appear in time"), t("apply the Workflow, then start it again")
    ),
    errors.INVALID_DEFINITION: lambda: Meaning(
        t("the definition of the Workflow has problems"),
        t("asw validate names them all; fix the Workflow, then start it again"),
    ),
    errors.INVALID_INPUT: lambda: Meaning(
        t("the input is not JSON, too large, or its source is missing"),
        t("fix the input, then start it again"),
    ),
    errors.CONCURRENCY_FORBIDDEN: lambda: Meaning(
        t("spec.concurrency.policy of the Workflow is Forbid, and others had not ended"),
        t("start it again once they have ended"),
    ),
    errors.EXECUTION_ALREADY_EXISTS: lambda: Meaning(
        t("another execution of the Workflow has the same name and had not ended"),
        t("start it under another name, or once that one has ended"),
    ),
    errors.REPLACED: lambda: Meaning(
        t(
            "spec.concurrency.policy of the Workflow is Replace, and a newer execution "
            "took its place"
        ),
    ),
    errors.REVISION_LOST: lambda: Meaning(
        t("the pinned definition was removed"), t("start it again")
    ),
    errors.HEARTBEAT_TIMEOUT: lambda: Meaning(
        t("HeartbeatSeconds passed without a heartbeat"),
        t(
            "have the task send heartbeats as docs/reference/task-contract.md says, or "
            "raise HeartbeatSeconds"
        ),
    ),
    errors.TIMEOUT: lambda: Meaning(
        t("TimeoutSeconds or HeartbeatSeconds passed"),
        t("raise TimeoutSeconds of the state, or add a Retry for States.Timeout"),
    ),
    errors.DATA_LIMIT_EXCEEDED: lambda: Meaning(
        t("a value has more than 262,144 bytes, AWS's limit"),
        t("pass a reference instead of the data, or cut it with ResultSelector"),
    ),
    errors.RUNTIME: lambda: Meaning(
        t("the data flow of the state failed; no Retry or Catch takes that"),
        t("fix the path or the expression"),
    ),
    errors.QUERY_EVALUATION_ERROR: lambda: Meaning(
        t("a JSONata expression of the state failed"), t("fix the expression")
    ),
    errors.INTRINSIC_FAILURE: lambda: Meaning(
        t("an intrinsic function of the state failed"), t("fix its arguments")
    ),
    errors.RESULT_PATH_MATCH_FAILURE: lambda: Meaning(
        t("ResultPath does not name a place in the state's input"), t("fix ResultPath")
    ),
    errors.PARAMETER_PATH_FAILURE: lambda: Meaning(
        t("Parameters of the state name a path that does not exist"), t("fix Parameters")
    ),
    errors.EXCEED_TOLERATED_FAILURE_THRESHOLD: lambda: Meaning(
        t("more items of the Map failed than it tolerates"),
        t("fix what failed first, or raise ToleratedFailureCount or ToleratedFailurePercentage"),
    ),
    errors.ITEM_READER_FAILED: lambda: Meaning(
        t("the items of the Map could not be read"),
        t("check Bucket, Key and the format of what the ItemReader reads"),
    ),
    errors.RESULT_WRITER_FAILED: lambda: Meaning(
        t("the results of the Map could not be written"),
        t("check Bucket and Prefix of the ResultWriter"),
    ),
}
