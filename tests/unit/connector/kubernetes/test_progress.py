"""How far a rollout is, and which pods will not come up."""

import pytest

from asw.connector.kubernetes.progress import (
    Troubles,
    mark_of,
    new_replica_set,
    progress_of,
    selector_of,
    trouble_of,
)
from tests.support.scripted_cluster import a_deployment, a_pod, a_replica_set


def a_workload(spec=None, status=None, **metadata):
    """A workload whose controller has seen it."""
    return {
        "metadata": {"name": "w", "generation": 3, **metadata},
        "spec": {"replicas": 2, **(spec or {})},
        "status": {"observedGeneration": 3, **(status or {})},
    }


ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}
PARTED = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}
FULL = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
QUOTA = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}
LATE = {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "late"}


@pytest.mark.parametrize(
    ("kind", "item", "state", "told"),
    [
        ("Deployment", a_workload(status=FULL), "done", ""),
        ("Deployment", a_workload(status={**FULL, "observedGeneration": 2}), "going", "not seen"),
        ("Deployment", a_workload(status={"updatedReplicas": 1}), "going", "1 of 2 pods are of"),
        ("Deployment", a_workload(status={**FULL, "replicas": 3}), "going", "1 pods of an old"),
        ("Deployment", a_workload(status={**FULL, "availableReplicas": 0}), "going", "0 of 2"),
        ("Deployment", a_workload(status={"conditions": [QUOTA]}), "going", "exceeded quota"),
        ("Deployment", a_workload(status={"conditions": [LATE]}), "failed", "late"),
        ("Deployment", a_workload({"paused": True}), "failed", "paused"),
        ("Deployment", a_workload(deletionTimestamp="now"), "failed", "deleted"),
        (
            "DaemonSet",
            a_workload(status={"desiredNumberScheduled": 2, "updatedNumberScheduled": 1}),
            "going",
            "1 of 2 pods are of the new revision",
        ),
        (
            "DaemonSet",
            a_workload(status={"desiredNumberScheduled": 1, "updatedNumberScheduled": 1}),
            "going",
            "0 of 1 pods are available",
        ),
        ("DaemonSet", a_workload(), "done", ""),
        ("DaemonSet", a_workload(ON_DELETE), "failed", "not RollingUpdate"),
        ("StatefulSet", a_workload(ON_DELETE), "failed", "not RollingUpdate"),
        ("StatefulSet", a_workload(status={"readyReplicas": 1}), "going", "1 of 2 pods are ready"),
        (
            "StatefulSet",
            a_workload(status={"readyReplicas": 2, "updateRevision": "b", "currentRevision": "a"}),
            "going",
            "0 of 2 pods are of the new revision",
        ),
        ("StatefulSet", a_workload(status={"readyReplicas": 2}), "done", ""),
        (
            "StatefulSet",
            a_workload(PARTED, {"readyReplicas": 2, "updatedReplicas": 1}),
            "done",
            "",
        ),
    ],
)
def test_how_far_it_is(kind, item, state, told):
    """As kubectl rollout status says, with what is missing."""
    progress = progress_of(kind, item)
    assert progress.state == state
    assert told in progress.told


@pytest.mark.parametrize(
    ("pod", "why", "is_final"),
    [
        (a_pod("ContainerCreating"), None, None),
        (a_pod("CrashLoopBackOff", restarts=2), None, None),
        (a_pod("ImagePullBackOff", "back-off"), "ImagePullBackOff: back-off", False),
        (a_pod("InvalidImageName", "bad"), "InvalidImageName: bad", True),
        (a_pod("CreateContainerConfigError"), "CreateContainerConfigError", False),
        (
            a_pod("CrashLoopBackOff", restarts=3, exit_code=7),
            "CrashLoopBackOff: it was restarted 3 times; exit code 7, Error",
            True,
        ),
        ({"metadata": {"name": "new"}}, None, None),
    ],
)
def test_what_keeps_a_pod_from_running(pod, why, is_final):
    """What passes by itself is no trouble, and some troubles are final at once."""
    trouble = trouble_of(pod)
    assert (trouble and trouble.why) == why
    assert (trouble and trouble.is_final) == is_final


def test_a_trouble_that_passes_is_forgotten():
    """A registry that fails now and then is given its time each time anew."""
    troubles, pulling = Troubles(15), [a_pod("ErrImagePull")]
    assert troubles.hopeless(pulling, 0) is None
    assert troubles.hopeless([a_pod("ImagePullBackOff")], 14) is None
    assert troubles.hopeless([a_pod("ContainerCreating")], 14.5) is None
    assert troubles.hopeless(pulling, 16) is None
    assert troubles.hopeless(pulling, 31) is not None


def test_pods_of_the_newest_revision():
    """Each kind of workload marks them by a label of its own."""
    item = a_deployment(1, ready=0)
    newest = new_replica_set(item, [a_replica_set(1), a_replica_set(2)])
    assert mark_of("Deployment", item, newest) == ("pod-template-hash", "hash-2")
    assert mark_of("Deployment", item, new_replica_set(item, [a_replica_set(1)])) is None
    stateful = a_workload(status={"updateRevision": "w-7"})
    assert mark_of("StatefulSet", stateful, None) == ("controller-revision-hash", "w-7")
    annotations = {"deprecated.daemonset.template.generation": "4"}
    daemon = a_workload(annotations=annotations)
    assert mark_of("DaemonSet", daemon, None) == ("pod-template-generation", "4")
    assert mark_of("DaemonSet", a_workload(), None) is None


def test_a_selector_of_every_form():
    """Labels and expressions become one text for the server."""
    selector = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["a", "b"]},
            {"key": "zone", "operator": "NotIn", "values": ["c"]},
            {"key": "x", "operator": "Exists"},
            {"key": "y", "operator": "DoesNotExist"},
        ],
    }
    found = selector_of(a_workload({"selector": selector}))
    assert found == "app=web,tier in (a,b),zone notin (c),x,!y"
