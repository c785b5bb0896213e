"""Which finished Jobs go."""

from datetime import timedelta

from asw.engine.task_ids import TaskId
from asw.kubernetes import retention
from asw.kubernetes.cache import SeenTask
from asw.kubernetes.retention import superfluous_jobs
from asw.kubernetes.sightings import JobSighting
from tests.support.kube_objects import NOW

LATER = NOW + timedelta(hours=1)


def tasks(uid, count, is_finished=True):
    return {
        TaskId(uid, n): SeenTask(
            seen_at=0.0,
            job=JobSighting(
                owner_uid=uid,
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
            ),
        )
        for n in range(1, count + 1)
    }


def test_newest_of_an_execution_stay():
    """The last twenty are there for kubectl logs."""
    found = superfluous_jobs(tasks("a", 23), LATER)
    assert sorted(task_id.ordinal for task_id in found) == [1, 2, 3]


def test_running_jobs_stay():
    """What has not finished is nothing to be swept."""
    assert superfluous_jobs(tasks("a", 30, is_finished=False), LATER) == []


def test_every_job_stays_a_minute():
    """Its name must be taken when a late request to create it arrives."""
    assert superfluous_jobs(tasks("a", 23), NOW + timedelta(seconds=62)) == [
        TaskId("a", 2),
        TaskId("a", 1),
    ]


def test_jobs_of_all_executions_are_bounded():
    """Thousands of executions with a Job each do not choke the Job controller."""
    many = {}
    for n in range(retention.KEPT_IN_ALL + 5):
        many |= tasks(f"e{n}", 1)
    assert len(superfluous_jobs(many, LATER)) == 5
