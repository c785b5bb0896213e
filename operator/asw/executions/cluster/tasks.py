"""The tasks of an execution of a cluster: its Jobs and Pods, and what ails them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from asw.executions.cluster.access import Access
from asw.executions.cluster.logs import task_selector
from asw.executions.port import TaskSnapshot
from asw.executions.run import Run
from asw.platforms.kubernetes.client.objects import controller_uid
from asw.platforms.kubernetes.client.resources import EVENTS, JOBS, PODS
from asw.platforms.kubernetes.tasks.task_snapshots import FoundTask, found_tasks


async def tasks_of(access: Access, run: Run) -> Sequence[TaskSnapshot]:
    """See ``Runs.tasks``."""
    labels = task_selector(run)
    jobs = await access.list(JOBS, run.namespace, labels=labels)
    pods = await access.list(PODS, run.namespace, labels=labels)
    is_over = {job["metadata"]["uid"] for job in jobs if job.get("status", {}).get("conditions")}
    podless = {job["metadata"]["uid"] for job in jobs} - is_over
    podless -= {controller_uid(pod) for pod in pods}
    troubles = await _troubles(access, run, podless)
    found = found_tasks(jobs, pods, troubles, datetime.now(UTC))
    return [_task_snapshot(task) for task in found]


async def _troubles(access: Access, run: Run, podless: Iterable[str]) -> dict[str, str]:
    """What Kubernetes warns of about Jobs that have no pod: by the Job's uid."""
    found = {}
    for uid in podless:
        fields = f"involvedObject.uid={uid},type=Warning"
        events = await access.list(EVENTS, run.namespace, fields=fields)
        if events:
            found[uid] = str(events[-1].get("message", ""))
    return found


def _task_snapshot(task: FoundTask) -> TaskSnapshot:
    return TaskSnapshot(
        state=task.state,
        number=task.ordinal,
        attempt=task.attempt,
        function=task.function,
        job=task.job,
        pod=None if task.pod is None else task.pod.name,
        node=(task.pod.node or None) if task.pod is not None else None,
        trouble=task.trouble,
    )
