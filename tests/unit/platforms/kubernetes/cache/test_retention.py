"""Which finished Jobs and Executions go."""

from datetime import timedelta

import pytest

from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache import retention
from asw.platforms.kubernetes.cache.retention import is_tracked, superfluous_jobs
from asw.platforms.kubernetes.cache.seen import SeenTask
from asw.platforms.kubernetes.tasks.observations import JobObservation
from asw.platforms.kubernetes.tasks.places import TaskKey
from tests.support.kube_objects import NOW

LATER = NOW + timedelta(hours=1)


def tasks(uid, count, is_finished=True):
    return {
        TaskKey("shop", TaskId(uid, n)): SeenTask(
            seen_at=0.0,
            job=JobObservation(
                owner_uid=uid,
                owner_name=uid,
                namespace="shop",
                name=f"{uid}-{n}",
                uid=f"{uid}-{n}",
                task_id=TaskId(uid, n),
                created_at=NOW,
                is_deleted=False,
                finished_at=NOW + timedelta(seconds=n) if is_finished else None,
                failure=None,
                runs_image=False,
                timeout=None,
                is_private=False,
                seal="",
            ),
        )
        for n in range(1, count + 1)
    }


def test_newest_of_an_execution_stay():
    """The last twenty are there for kubectl logs."""
    found = superfluous_jobs(tasks("a", 23), LATER)
    assert sorted(task_id.ordinal for _, task_id in found) == [1, 2, 3]


def test_running_jobs_stay():
    """What has not finished is nothing to be swept."""
    assert superfluous_jobs(tasks("a", 30, is_finished=False), LATER) == []


def test_every_job_stays_a_minute():
    """Its name must be taken when a late request to create it arrives."""
    assert superfluous_jobs(tasks("a", 23), NOW + timedelta(seconds=62)) == [
        ("shop", TaskId("a", 2)),
        ("shop", TaskId("a", 1)),
    ]


def test_jobs_of_all_executions_are_bounded():
    """Thousands of executions with a Job each do not choke the Job controller."""
    many = {}
    for n in range(retention.KEPT_IN_ALL + 5):
        many |= tasks(f"e{n}", 1)
    assert len(superfluous_jobs(many, LATER)) == 5


def test_jobs_go_when_their_time_is_over():
    """With jobSeconds of an execution, its newest ones go too; those of others stay."""
    both = tasks("a", 3) | tasks("b", 3)
    spans = {("shop", "a"): timedelta(seconds=100)}
    found = superfluous_jobs(both, NOW + timedelta(seconds=102), lambda *it: spans.get(it))
    assert sorted(found) == [("shop", TaskId("a", 1)), ("shop", TaskId("a", 2))]


def test_job_seconds_of_nothing_is_a_minute():
    """The minute that guards its name is kept whatever is asked for."""
    found = superfluous_jobs(tasks("a", 3), NOW + timedelta(seconds=62), lambda *_: timedelta(0))
    assert sorted(found) == [("shop", TaskId("a", 1)), ("shop", TaskId("a", 2))]


HELM = {"app.kubernetes.io/managed-by": "Helm"}
RELEASE = {"meta.helm.sh/release-name": "shop"}


@pytest.mark.parametrize(
    ("labels", "annotations", "expected"),
    [
        (HELM, RELEASE, True),
        (HELM, {}, False),
        ({}, RELEASE, False),
        ({"kustomize.toolkit.fluxcd.io/name": "a"}, {}, True),
        ({"helm.toolkit.fluxcd.io/namespace": "a"}, {}, True),
        ({}, {"argocd.argoproj.io/tracking-id": "a"}, True),
        ({"argocd.argoproj.io/instance": "a"}, {}, True),
        ({"app.kubernetes.io/instance": "a"}, {}, True),
        ({"app.kubernetes.io/name": "a"}, {"kubectl.kubernetes.io/x": "a"}, False),
        (None, None, False),
    ],
    ids=str,
)
def test_marks_of_tools(labels, annotations, expected):
    """Helm needs both of its marks; one of Flux's or Argo CD's is enough."""
    assert is_tracked({"labels": labels, "annotations": annotations}) is expected
