"""Facts from Pods and Jobs: what decides, and who is to blame."""

from datetime import timedelta

import pytest

from asw.engine.facts import TaskFailed, TaskStarted, TaskSucceeded, TaskVanished
from asw.platforms.kubernetes.tasks.observations import (
    TaskObservation,
    job_observation,
    pod_observation,
)
from asw.platforms.kubernetes.tasks.outcomes import facts_of
from asw.platforms.kubernetes.tasks.settings import Spans
from asw.platforms.kubernetes.tasks.task_snapshots import found_tasks
from tests.support.kube_objects import (
    NOW,
    a_function,
    a_job,
    a_plan,
    a_pod,
    an_image,
    running,
    terminated,
    waiting,
)

DISRUPTED = {"type": "DisruptionTarget", "status": "True", "message": "drained"}
UNSCHEDULABLE = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": "0/1 nodes: insufficient cpu",
}
ROOT = "container has runAsNonRoot and image has non-numeric user (app)"


def facts(pod=None, *, job=None, after=0, is_fresh=True, **how):
    observation = TaskObservation(
        job=job_observation(job or a_job()),
        pod=None if pod is None else pod_observation(pod),
        is_fresh=is_fresh,
        **how,
    )
    return facts_of(observation, Spans(), NOW + timedelta(seconds=after))


def end(pod=None, **how):
    return next((it for it in facts(pod, **how) if not isinstance(it, TaskStarted)), None)


def test_nothing_shows_at_first():
    """A Job without a pod says nothing yet."""
    assert facts() == ()


def test_running_container_has_started():
    """A container that runs makes the start known, at the kubelet's time."""
    (fact,) = facts(a_pod(running()))
    assert isinstance(fact, TaskStarted)
    assert fact.at == NOW + timedelta(seconds=1)


def test_outcome_in_the_message_counts():
    """The outcome that the container left is the task's."""
    found = end(a_pod(terminated(message='{"output": 1.0}')))
    assert isinstance(found, TaskSucceeded)
    assert repr(found.output) == "1.0"
    assert found.started_at == NOW + timedelta(seconds=1)


def test_container_that_never_ran_has_not_started():
    """The zero of its clock, which containerd gives where it started nothing, is no start."""
    never = terminated(128, "exec: no such file", "StartError")
    never["terminated"]["startedAt"] = "1970-01-01T00:00:00Z"
    (found,) = facts(a_pod(never))
    assert (found.error, found.started_at) == ("Asw.StartFailed", None)


def test_null_is_an_outcome():
    """A task may return null."""
    found = end(a_pod(terminated(message='{"output": null}')))
    assert isinstance(found, TaskSucceeded)
    assert found.output is None


def test_error_in_the_message_counts_whatever_the_exit_code():
    """An error that the task names is its own, also when it exits with 1."""
    found = end(a_pod(terminated(1, '{"error": "ValueError", "cause": "no"}')))
    assert (found.error, found.cause) == ("ValueError", "no")


IMAGE = a_job(a_plan(an_image()))

LATE = "failed to sync secret cache: timed out waiting for the condition"
FAILURES = {
    "output, but the process failed": (
        a_pod(terminated(3, '{"output": 1}')),
        {},
        "Asw.TaskCrashed",
        "exit code 3",
    ),
    "message cut by the kubelet": (
        a_pod(terminated(0, '{"output": "' + "x" * 4084)),
        {},
        "Asw.ResultTruncated",
        "ASW_RESULT_URL",
    ),
    "message that is no JSON": (a_pod(terminated(0, "done")), {}, "Asw.InvalidResult", "logs"),
    "message that is no outcome": (
        a_pod(terminated(0, "[1]")),
        {},
        "Asw.InvalidResult",
        "JSON object",
    ),
    "killed for memory": (
        a_pod(terminated(137, reason="OOMKilled")),
        {},
        "Asw.OutOfMemory",
        "resources.limits.memory",
    ),
    "killed by a signal": (a_pod(terminated(139)), {}, "Asw.TaskCrashed", "signal 11"),
    "crashed without a word": (a_pod(terminated(1)), {}, "Asw.TaskCrashed", "kubectl logs -n shop"),
    "what it said is shown": (a_pod(terminated(1, "boom")), {}, "Asw.TaskCrashed", "boom"),
    "our runtime ended silently": (a_pod(terminated(0)), {}, "Asw.TaskCrashed", "no outcome"),
    "image name makes no sense": (
        a_pod(waiting("InvalidImageName", "bad")),
        {},
        "Asw.ImagePullFailed",
        "bad; check spec.image",
    ),
    "image cannot be pulled": (
        a_pod(waiting("ImagePullBackOff", "no such image")),
        {"after": 60},
        "Asw.ImagePullFailed",
        "no such image; check spec.image",
    ),
    "secret is missing": (
        a_pod(waiting("CreateContainerConfigError", 'secret "x" not found')),
        {"after": 20},
        "Asw.StartFailed",
        'secret "x" not found',
    ),
    "image wants to be root": (
        a_pod(waiting("CreateContainerConfigError", ROOT)),
        {"after": 20},
        "Asw.StartFailed",
        "spec.securityContext",
    ),
    "image writes where it may not": (
        a_pod(terminated(128, "mkdir /x: read-only file system", "StartError")),
        {},
        "Asw.StartFailed",
        "readOnlyRootFilesystem",
    ),
    "program may not be run": (
        a_pod(terminated(126, "exec: permission denied", "ContainerCannotRun")),
        {},
        "Asw.StartFailed",
        "user 65532",
    ),
    "container is never created": (
        a_pod(waiting("ContainerCreating", "no such volume")),
        {"after": 600},
        "Asw.StartFailed",
        "not started within 600 s: ContainerCreating: no such volume",
    ),
    "deadline of the Job while its container runs": (
        a_pod(running()),
        {
            "job": a_job(a_plan(a_function(timeoutSeconds=1)), failing="DeadlineExceeded"),
            "after": 9,
        },
        "Sandbox.Timedout",
        "longer than 1 s",
    ),
    "program is not there": (
        a_pod(terminated(128, "exec: not found", "StartError")),
        {},
        "Asw.StartFailed",
        "exec: not found",
    ),
    "no node takes it": (
        a_pod(conditions=[UNSCHEDULABLE]),
        {"after": 600},
        "Asw.Unschedulable",
        "insufficient cpu; see resources, nodeSelector and tolerations",
    ),
    "no room in a quota": (
        None,
        {"after": 600, "trouble": "pods forbidden: exceeded quota: q"},
        "Asw.QuotaExceeded",
        "exceeded quota: q; raise the ResourceQuota",
    ),
    "no pod at all": (None, {"after": 600, "trouble": "no such account"}, "Asw.StartFailed", "acc"),
    "nobody knows why there is no pod": (None, {"after": 615}, "Asw.StartFailed", "made none"),
    "deadline of the Job": (
        None,
        {"job": a_job(failed="DeadlineExceeded")},
        "Asw.DeadlineExceeded",
        "activeDeadlineSeconds",
    ),
    "deadline of a Job whose pod is being ended": (
        a_pod(terminated(143), deleted_at="2026-01-01T12:00:30Z"),
        {"job": a_job(failing="DeadlineExceeded")},
        "Asw.DeadlineExceeded",
        "activeDeadlineSeconds",
    ),
    "deadline of the Job, past the Function's timeout": (
        a_pod(terminated(143), deleted_at="2026-01-01T12:00:30Z"),
        {"job": a_job(a_plan(a_function(timeoutSeconds=1)), failed="DeadlineExceeded")},
        "Sandbox.Timedout",
        "longer than 1 s",
    ),
    "killed without a reason": (a_pod(terminated(137)), {}, "Asw.TaskCrashed", "out of memory"),
    "image of an injected container": (
        a_pod(
            waiting("PodInitializing"),
            initContainerStatuses=[{"name": "mesh", "state": waiting("ImagePullBackOff", "m:1")}],
        ),
        {"after": 60},
        "Asw.ImagePullFailed",
        "container mesh, which is not the Function's: ImagePullBackOff: m:1; see pod",
    ),
    "an init container that failed": (
        a_pod(
            waiting("PodInitializing"),
            phase="Failed",
            initContainerStatuses=[{"name": "migrate", "state": terminated(3)}],
        ),
        {"job": a_job(failed="BackoffLimitExceeded")},
        "Asw.StartFailed",
        "container migrate ended with exit code 3 before the task began; see: kubectl logs",
    ),
    "an image that is not there when the time to start is over": (
        a_pod(waiting("ErrImagePull", "no such image")),
        {"job": a_job(a_plan(a_function(startTimeoutSeconds=30))), "after": 30},
        "Asw.ImagePullFailed",
        "no such image; check spec.image",
    ),
    "a start timeout of the Function's own": (
        a_pod(waiting("ContainerCreating")),
        {"job": a_job(a_plan(a_function(startTimeoutSeconds=30))), "after": 30},
        "Asw.StartFailed",
        "not started within 30 s",
    ),
}


@pytest.mark.parametrize(("pod", "how", "error", "cause"), FAILURES.values(), ids=FAILURES.keys())
def test_task_failed(pod, how, error, cause):
    """The fault of the task, its limits or its manifest has a name and says what to do."""
    found = end(pod, **how)
    assert isinstance(found, TaskFailed)
    assert found.error == error
    assert cause in found.cause


PATIENCE = {
    "pull": (a_pod(waiting("ErrImagePull")), 59),
    "config": (a_pod(waiting("CreateContainerConfigError")), 19),
    "creating": (a_pod(waiting("ContainerCreating")), 599),
    "kubelet is late": (a_pod(waiting("CreateContainerConfigError", LATE)), 599),
    "unschedulable": (a_pod(conditions=[UNSCHEDULABLE]), 599),
    "deleted": (a_pod(running(), deleted_at="2026-01-01T12:00:00Z"), 299),
}


@pytest.mark.parametrize(("pod", "after"), PATIENCE.values(), ids=PATIENCE.keys())
def test_patience(pod, after):
    """What may pass by itself gets its time."""
    assert end(pod, after=after) is None


def a_queued_job(*, suspend=False, **condition):
    """A Job in a queue of Kueue, with what the Job controller said of it last."""
    labels = {"kueue.x-k8s.io/queue-name": "team"}
    made = a_job(a_plan(a_function(podTemplate={"metadata": {"labels": labels}})))
    made["spec"]["suspend"] = suspend
    if condition:
        condition = {"type": "Suspended", "lastTransitionTime": "2026-01-01T13:00:00Z", **condition}
        made["status"]["conditions"] = [condition]
    return made


HOUR = 3600


@pytest.mark.parametrize(
    "job",
    [a_queued_job(suspend=True), a_queued_job(suspend=True, status="True"),
     a_queued_job(status="True")],
    ids=["new", "suspended", "resumed, which the Job controller has not seen"],
)  # fmt: skip
def test_a_suspended_job_has_all_the_time(job):
    """Waiting for Kueue is not starting: only it knows when there is room."""
    assert end(job=job, after=48 * HOUR) is None


def test_a_resumed_job_starts_anew():
    """The wait for its pod counts from there."""
    job = a_queued_job(status="False")
    assert end(job=job, after=HOUR + 599) is None
    assert end(job=job, after=HOUR + 616).error == "Asw.StartFailed"


def unscheduled(**status):
    return {**a_pod(conditions=[UNSCHEDULABLE], **status), "spec": {}}


def test_a_pod_waits_while_an_autoscaler_is_at_work():
    """A node that is on its way is waited for, until nothing was heard of it for long."""
    said_at = NOW + timedelta(minutes=9)
    assert end(unscheduled(), after=20 * 60, scaling_at=said_at) is None
    found = end(unscheduled(), after=9 * 60 + 15 * 60, scaling_at=said_at)
    assert found.error == "Asw.Unschedulable"
    assert end(unscheduled(), after=600).error == "Asw.Unschedulable"


def test_a_pod_with_a_nominated_node_waits():
    """The scheduler makes room for it there."""
    assert end(unscheduled(nominatedNodeName="n2"), after=HOUR) is None


def test_once_on_a_node_the_autoscaler_does_not_matter():
    """What takes long now is something else."""
    pod = a_pod(waiting("ContainerCreating"))
    said_at = NOW + timedelta(minutes=9)
    assert end(pod, after=601, scaling_at=said_at).error == "Asw.StartFailed"


def disrupted(reason, message="said so"):
    return [{**DISRUPTED, "reason": reason, "message": message}]


def deleted(job):
    metadata = {**job["metadata"], "deletionTimestamp": "2026-01-01T12:00:00Z"}
    return {**job, "metadata": metadata}


DELETED = {"deleted_at": "2026-01-01T12:00:00Z"}

VANISHED = {
    "evicted by its node": (
        a_pod(phase="Failed", reason="Evicted", message="The node was low on resource: memory. "),
        {},
        "Asw.TaskEvicted",
        "on node n1 (The node was low on resource: memory)",
    ),
    "drained": (
        a_pod(terminated(143), conditions=disrupted("EvictionByEvictionAPI"), **DELETED),
        {},
        "Asw.TaskEvicted",
        "PodDisruptionBudget",
    ),
    "drained, by an API that gives no reason": (
        a_pod(terminated(143), conditions=[DISRUPTED]),
        {},
        "Asw.TaskEvicted",
        "drained",
    ),
    "drained and gone before its end showed": (
        a_pod(running(), conditions=disrupted("EvictionByEvictionAPI"), **DELETED),
        {"is_pod_gone": True},
        "Asw.TaskEvicted",
        "said so",
    ),
    "preempted": (
        a_pod(terminated(137), conditions=disrupted("PreemptionByScheduler"), **DELETED),
        {},
        "Asw.TaskPreempted",
        "priorityClassName",
    ),
    "preempted by its node": (
        a_pod(phase="Failed", reason="Preempting"),
        {},
        "Asw.TaskPreempted",
        "needed the room",
    ),
    "tainted node": (
        a_pod(running(), conditions=disrupted("DeletionByTaintManager"), **DELETED),
        {"is_pod_gone": True},
        "Asw.NodeLost",
        "on node n1",
    ),
    "node that was removed": (
        a_pod(phase="Failed", conditions=disrupted("DeletionByPodGC")),
        {},
        "Asw.NodeLost",
        "no longer exists",
    ),
    "node that was shut down": (
        a_pod(terminated(143), phase="Failed", reason="Terminated", message="imminent shutdown"),
        {},
        "Asw.NodeLost",
        "shut down",
    ),
    "ended by the kubelet": (
        a_pod(terminated(137), phase="Failed", conditions=disrupted("TerminationByKubelet")),
        {},
        "Asw.TaskEvicted",
        "its node ended it",
    ),
    "node lost": (a_pod(running(), **DELETED), {"after": 300}, "Asw.NodeLost", "not answer"),
    "node that was full by then": (
        a_pod(phase="Failed", reason="OutOfephemeral-storage", message="no room"),
        {},
        "Asw.NodeRefused",
        "OutOfephemeral-storage",
    ),
    "deleted": (a_pod(terminated(137), **DELETED), {}, "Asw.TaskDeleted", "somebody deleted"),
    "deleted unseen": (a_pod(running()), {"is_pod_gone": True}, "Asw.TaskDeleted", "somebody"),
    "an image's last word is its own exit code": (
        a_pod(terminated(143, '{"error": "Terminated"}'), **DELETED),
        {},
        "Asw.TaskDeleted",
        "somebody deleted",
    ),
    "Job deleted before it had a pod": (
        None,
        {"job": deleted(a_job())},
        "Asw.TaskDeleted",
        "somebody deleted its Job",
    ),
    "pod gone": (
        None,
        {"job": a_job(failed="BackoffLimitExceeded")},
        "Asw.TaskLost",
        "its pod is gone",
    ),
    "failed for a reason of its own": (
        a_pod(phase="Failed", reason="Odd", message="news to us"),
        {"job": a_job(failed="BackoffLimitExceeded")},
        "Asw.TaskLost",
        "Odd: news to us",
    ),
}


@pytest.mark.parametrize(("pod", "how", "error", "reason"), VANISHED.values(), ids=VANISHED.keys())
def test_task_vanished(pod, how, error, reason):
    """The fault of machinery is no failure of the task, and has a kind and a remedy."""
    found = end(pod, **how)
    assert isinstance(found, TaskVanished)
    assert found.error == error
    assert reason in found.reason


def test_a_pod_that_is_being_removed_may_still_deliver():
    """A task that is told to end has its grace period, though its Job counts it as failed."""
    pod = a_pod(running(), conditions=disrupted("EvictionByEvictionAPI"), **DELETED)
    assert end(pod, job=a_job(failed="BackoffLimitExceeded"), after=30) is None


def test_a_job_that_is_about_to_fail_waits_for_its_pod():
    """The Job may be heard of before its pod: what the pod says counts."""
    assert end(job=a_job(failing="BackoffLimitExceeded")) is None


def test_error_of_a_task_that_is_being_removed_is_its_own():
    """An error that the code named before it was told to end is no loss."""
    pod = a_pod(terminated(1, '{"error": "ValueError"}'), **DELETED)
    assert isinstance(end(pod), TaskFailed)


def test_outcome_outlives_the_drain():
    """A task that left its outcome before its node was drained has ended well."""
    pod = a_pod(terminated(message='{"output": 1}'), conditions=[DISRUPTED])
    assert isinstance(end(pod), TaskSucceeded)


def test_silent_image_returns_null():
    """The contract for any image: exit 0 and no outcome is output null."""
    found = end(a_pod(terminated(0)), job=IMAGE)
    assert isinstance(found, TaskSucceeded)
    assert found.output is None


def test_silent_image_that_fails_has_crashed():
    """The contract for any image: another exit code and no outcome is a crash."""
    assert end(a_pod(terminated(2)), job=IMAGE).error == "Asw.TaskCrashed"


def test_timeout_of_the_function_is_enforced():
    """An image that runs past its Function's timeout fails, as our runtimes do by themselves."""
    timed = a_job(a_plan(a_function(timeoutSeconds=5)))
    assert end(a_pod(running()), job=timed, after=15) is None
    assert end(a_pod(running()), job=timed, after=16).error == "Sandbox.Timedout"


@pytest.mark.parametrize("text", ["soon", "1.5", "-5", "999999999999", "9" * 5000])
def test_a_job_that_only_looks_like_ours_breaks_nothing(text):
    """Whoever may create Jobs can write what we never do: it has no timeout, and no more effect."""
    job = a_job(a_plan(a_function(timeoutSeconds=5)))
    (container,) = job["spec"]["template"]["spec"]["containers"]
    (variable,) = (it for it in container["env"] if it["name"] == "ASW_TIMEOUT_SECONDS")
    variable["value"] = text
    job["metadata"]["annotations"]["asw.dev/attempt"] = text
    assert end(a_pod(running()), job=job, after=3600) is None
    (found,) = found_tasks([job], [], {}, NOW)
    assert found.job == job["metadata"]["name"]


def test_other_containers_do_not_count():
    """A sidecar that somebody injected does not end the task."""
    pod = a_pod()
    pod["status"]["containerStatuses"] = [{"name": "proxy", "state": terminated(1)}]
    assert facts(pod) == ()


def test_job_of_another_owner_is_no_sighting():
    """A Job whose controller is not the Execution that its label names is not taken."""
    job = a_job()
    job["metadata"]["ownerReferences"][0]["uid"] = "somebody"
    assert job_observation(job) is None


@pytest.mark.parametrize("label", ["", "x", "²"])
def test_job_without_our_ordinal_is_no_sighting(label):
    """A label that is no ordinal names no task."""
    job = a_job()
    job["metadata"]["labels"]["asw.dev/task"] = label
    assert job_observation(job) is None


def test_a_private_outcome_that_was_not_pushed_is_none():
    """Its pod shows none, so that an end without a word is no success with output null."""
    made = a_job(a_plan(an_image(), is_private=True))
    found = end(a_pod(terminated(0)), job=made)
    assert isinstance(found, TaskFailed)
    assert found.error == "Asw.ResultLost"
    assert "payloads are private" in found.cause


UNDELIVERED = {
    "an outcome": (a_pod(terminated(1, '{"error": "Asw.ResultLost", "cause": "9 KB"}')), {}),
    "an event": (a_pod(terminated(1, '{"error": "Asw.EventLost", "cause": "none"}')), {}),
    "a private outcome": (a_pod(terminated(75)), {"job": a_job(a_plan(is_private=True))}),
}


@pytest.mark.parametrize(("pod", "how"), UNDELIVERED.values(), ids=UNDELIVERED.keys())
def test_a_result_server_that_was_not_reached_is_a_loss(pod, how):
    """The function is not to blame, and another try may get through: it is free."""
    found = end(pod, **how)
    assert isinstance(found, TaskVanished)
    assert found.error in ("Asw.ResultLost", "Asw.EventLost")
    assert found.reason
