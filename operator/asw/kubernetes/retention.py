"""Which finished Jobs are kept: for ``kubectl logs``, and to guard their names. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from asw.engine.task_ids import TaskId
from asw.kubernetes.cache import SeenTask

KEPT_AT_LEAST = timedelta(seconds=60)
"""A late request to create a Job must find its name taken."""
KEPT_PER_EXECUTION = 20
KEPT_IN_ALL = 2000
"""Some thousand finished Jobs make a Job controller slow (kubernetes#95492)."""


def superfluous_jobs(tasks: Mapping[TaskId, SeenTask], now: datetime) -> list[TaskId]:
    """Finished Jobs beyond the newest of each execution, and of all."""
    by_execution: dict[str, list[tuple[datetime, TaskId]]] = defaultdict(list)
    for task_id, seen in tasks.items():
        if seen.job is not None and seen.job.finished_at is not None:
            by_execution[seen.job.owner_uid].append((seen.job.finished_at, task_id))
    for entries in by_execution.values():
        entries.sort(reverse=True)
    beyond = [it for entries in by_execution.values() for it in entries[KEPT_PER_EXECUTION:]]
    kept = [it for entries in by_execution.values() for it in entries[:KEPT_PER_EXECUTION]]
    beyond += sorted(kept, reverse=True)[KEPT_IN_ALL:]
    return [task_id for at, task_id in beyond if now - at >= KEPT_AT_LEAST]
