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
            t("its last words on stderr are the cause; mend the script"),
        )
    if (error or "").startswith("Runtime."):
        return Meaning(
            t("the runtime could not load or run the code"), t("mend the code of the Function")
        )
    return None


_MEANINGS: Final[Mapping[str, Callable[[], Meaning]]] = {
    "Runtime.MarshalError": lambda: Meaning(
        t("what the function returned is no JSON"),
        t("let the Function return objects, arrays, texts, numbers, true, false or null alone"),
    ),
    "Runtime.ImportModuleError": lambda: Meaning(
        t("the code, or something that it imports, is not there"),
        t("mend spec.handler or the code of the Function, or use an image that has the module"),
    ),
    "Runtime.HandlerNotFound": lambda: Meaning(
        t("the code has no function of the name that spec.handler gives"),
        t("mend spec.handler of the Function"),
    ),
    errors.FUNCTION_NOT_FOUND: lambda: Meaning(
        t("there is no Function of that name in the namespace"),
        t("apply the Function, or mend the Resource of the state"),
    ),
    errors.FUNCTION_TIMED_OUT: lambda: Meaning(
        t("the function ran longer than spec.timeoutSeconds of its Function"),
        t("raise spec.timeoutSeconds of the Function, or let it do less"),
    ),
    errors.START_FAILED: lambda: Meaning(
        t("the task could not be started: a permission, the container, a field of the pod"),
        t("mend what the cause names"),
    ),
    errors.NOT_ALLOWED: lambda: Meaning(
        t("the Function, or the template of the tasks, asks for more than is allowed here"),
        t("leave out what the cause names, or have functionPolicy of the operator changed"),
    ),
    errors.IMAGE_PULL_FAILED: lambda: Meaning(
        t("the image of the task cannot be had"),
        t("mend spec.image or spec.imagePullSecrets of the Function; look at the registry"),
    ),
    errors.QUOTA_EXCEEDED: lambda: Meaning(
        t("a ResourceQuota of the namespace left no room for the task for too long"),
        t("raise the quota, or, where other tasks take it up, set spec.maxActiveTasks"),
    ),
    errors.UNSCHEDULABLE: lambda: Meaning(
        t("no node took the pod of the task for too long"),
        t("mend requests, nodeSelector or tolerations, add nodes, or set spec.maxActiveTasks"),
    ),
    errors.OUT_OF_MEMORY: lambda: Meaning(
        t("the container was killed for using more memory than its limit"),
        t("raise spec.resources.limits.memory of the Function"),
    ),
    errors.TASK_CRASHED: lambda: Meaning(
        t("the process ended without an outcome: an exit code, a signal, os._exit"),
        t("its log tells most; mend the code or the image"),
    ),
    errors.DEADLINE_EXCEEDED: lambda: Meaning(
        t("Kubernetes ended the Job at its activeDeadlineSeconds, while the operator was away"),
        t("look at the operator: is it running?"),
    ),
    errors.RESULT_LOST: lambda: Meaning(
        t("a large outcome could not be delivered to the operator in time"),
        t("look at the operator and at network policies"),
    ),
    errors.EVENT_LOST: lambda: Meaning(
        t("the task could not fetch its large event from the operator"),
        t("look at the operator and at network policies"),
    ),
    errors.RESULT_TRUNCATED: lambda: Meaning(
        t("an outcome of more than 4 KiB was only written to the result file, and cut there"),
        t("let the image push its outcome to ASW_RESULT_URL"),
    ),
    errors.INVALID_RESULT: lambda: Meaning(
        t("what the container left is no outcome"),
        t("let the image write JSON as docs/reference/task-contract.md says"),
    ),
    errors.RECORD_LOST: lambda: Meaning(
        t("an object that holds a part of the run was deleted or changed"),
        t("start anew, and leave objects labelled asw.dev/kind alone"),
    ),
    errors.STEP_KILLED_OPERATOR: lambda: Meaning(
        t("the operator ran out of memory, or got stuck, in work on this run, twice in a row"),
        t("make smaller what the step works on, or give the operator more memory"),
    ),
    errors.RECORD_TOO_LARGE: lambda: Meaning(
        t("what is to be kept of the run is larger than the API server takes"),
        t("keep less in flight: smaller payloads, a smaller MaxConcurrency, a distributed Map"),
    ),
    errors.TASK_EVICTED: lambda: Meaning(
        t("its pod was evicted, and no free retry is left"),
        t("set spec.resources.requests of the Function; a PodDisruptionBudget for drains"),
    ),
    errors.TASK_PREEMPTED: lambda: Meaning(
        t("its pod gave way to one of higher priority, and no free retry is left"),
        t("set spec.taskTemplate.priorityClassName of the Workflow, or add nodes"),
    ),
    errors.NODE_LOST: lambda: Meaning(
        t("its node went away, and no free retry is left"),
        t("look at the node that the cause names"),
    ),
    errors.NODE_REFUSED: lambda: Meaning(
        t("the node that was chosen had no room, and no free retry is left"),
        t("add nodes"),
    ),
    errors.TASK_DELETED: lambda: Meaning(
        t("somebody deleted its pod or Job, and no free retry is left"),
        t("end a run with asw stop, and leave its pods alone"),
    ),
    errors.TASK_LOST: lambda: Meaning(
        t("it is gone and nobody knows why, and no free retry is left"),
        t("look at the nodes"),
    ),
    errors.WORKFLOW_NOT_FOUND: lambda: Meaning(
        t("the Workflow did not appear in time"), t("apply the Workflow, then start anew")
    ),
    errors.INVALID_DEFINITION: lambda: Meaning(
        t("the definition of the Workflow has problems"),
        t("asw validate names them all; mend the Workflow, then start anew"),
    ),
    errors.INVALID_INPUT: lambda: Meaning(
        t("the input is not JSON, too large, or its source is missing"),
        t("mend the input, then start anew"),
    ),
    errors.CONCURRENCY_FORBIDDEN: lambda: Meaning(
        t("spec.concurrency.policy of the Workflow is Forbid, and others had not ended"),
        t("start anew once they are over"),
    ),
    errors.EXECUTION_ALREADY_EXISTS: lambda: Meaning(
        t("another execution of the Workflow has the same name and had not ended"),
        t("start it under another name, or once that one is over"),
    ),
    errors.REPLACED: lambda: Meaning(
        t("spec.concurrency.policy of the Workflow is Replace, and a newer execution came"),
    ),
    errors.REVISION_LOST: lambda: Meaning(t("the pinned definition was removed"), t("start anew")),
    errors.HEARTBEAT_TIMEOUT: lambda: Meaning(
        t("HeartbeatSeconds passed without a sign of life"),
        t(
            "let the task report heartbeats as docs/reference/task-contract.md says, or raise "
            "HeartbeatSeconds"
        ),
    ),
    errors.TIMEOUT: lambda: Meaning(
        t("TimeoutSeconds or HeartbeatSeconds passed"),
        t("raise TimeoutSeconds of the state, or add a Retry for States.Timeout"),
    ),
    errors.DATA_LIMIT_EXCEEDED: lambda: Meaning(
        t("a value of more than 262,144 bytes, AWS's limit"),
        t("pass a reference instead of the data, or cut it with ResultSelector"),
    ),
    errors.RUNTIME: lambda: Meaning(
        t("the data flow of the state went wrong; no Retry and no Catch takes that"),
        t("mend the path or the expression"),
    ),
    errors.QUERY_EVALUATION_ERROR: lambda: Meaning(
        t("a JSONata expression of the state failed"), t("mend the expression")
    ),
    errors.INTRINSIC_FAILURE: lambda: Meaning(
        t("an intrinsic function of the state failed"), t("mend its arguments")
    ),
    errors.RESULT_PATH_MATCH_FAILURE: lambda: Meaning(
        t("ResultPath names no place in the state's input"), t("mend ResultPath")
    ),
    errors.PARAMETER_PATH_FAILURE: lambda: Meaning(
        t("Parameters of the state name a path that is not there"), t("mend Parameters")
    ),
    errors.EXCEED_TOLERATED_FAILURE_THRESHOLD: lambda: Meaning(
        t("more items of the Map failed than it tolerates"),
        t("mend what failed first, or raise ToleratedFailureCount or ToleratedFailurePercentage"),
    ),
    errors.ITEM_READER_FAILED: lambda: Meaning(
        t("the items of the Map could not be read"),
        t("look at Bucket, Key and the format of what the ItemReader reads"),
    ),
    errors.RESULT_WRITER_FAILED: lambda: Meaning(
        t("the results of the Map could not be written"),
        t("look at Bucket and Prefix of the ResultWriter"),
    ),
}
