"""The suite's harness over a real cluster with the chart installed: kubectl and nothing else."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from asw.api.phases import STATUS_OF
from asw.asl.model import Dialect
from asw.asl.values import Json, JsonObject, from_text
from asw.reconciler.platform import ExecutionKey
from tests.support import alone
from tests.support.harness import Finished, HistoryLine
from tests.support.installation import SYSTEM, installed_cluster
from tests.support.job_watch import SeenJobs, watched_jobs
from tests.support.kube_objects import events_of
from tests.support.space import Object, Space, condition, execution, function, workflow

PAYLOADS = ("input", "output", "parameters")


@contextmanager
def open_harness(folder: Path) -> Iterator["ClusterHarness"]:
    """A namespace of its own; it needs no folder."""
    cluster = installed_cluster()
    namespace = f"asw-suite-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", namespace)
    space = Space(cluster, namespace)
    try:
        with watched_jobs(space) as jobs:
            yield ClusterHarness(space, jobs)
    finally:
        cluster.kubectl("delete", "namespace", namespace, "--wait=false")


class ClusterHarness:
    """See PlatformHarness."""

    def __init__(self, space: Space, jobs: SeenJobs) -> None:
        self._space = space
        self._jobs = jobs

    def create_workflow(self, name: str, definition: JsonObject, dialect: Dialect = "ASL") -> None:
        """See PlatformHarness."""
        self._space.apply(workflow(name, definition, dialect=dialect))

    def create_function(self, name: str, source: str) -> None:
        """See PlatformHarness."""
        self._space.apply(function(name, source))

    def create_execution(self, workflow: str, value: Json) -> ExecutionKey:
        """See PlatformHarness."""
        name = f"run-{uuid.uuid4().hex[:8]}"
        self._space.apply(execution(name, workflow, value))
        uid = self._space.get("execution", name)["metadata"]["uid"]
        return ExecutionKey(self._space.namespace, name, uid)

    def stop(self, key: ExecutionKey, error: str, cause: str) -> None:
        """See PlatformHarness."""
        self._space.patch(key.name, stop={"error": error, "cause": cause})

    def suspend(self, key: ExecutionKey, *, is_suspended: bool) -> None:
        """See PlatformHarness."""
        self._space.patch(key.name, suspend=is_suspended)

    def redrive(self, key: ExecutionKey, number: int) -> None:
        """See PlatformHarness."""
        self._space.patch(key.name, redrive={"number": number}, stop=None)
        self._space.until("the redrive", lambda: self._status(key).get("redriveCount") == number)

    def wait_for_states(self, key: ExecutionKey, states: Sequence[str]) -> None:
        """See PlatformHarness."""
        self._space.until(
            f"states {states}",
            lambda: sorted(self._status(key).get("currentStates", [])) == sorted(states),
        )

    def wait_for_reason(self, key: ExecutionKey) -> str:
        """See PlatformHarness."""

        def reason() -> str | None:
            found = condition(self._space.get("execution", key.name), "Succeeded")
            return found["reason"] if found.get("reason") not in (None, "Running") else None

        return str(self._space.until("the reason", reason))

    def wait_finished(self, key: ExecutionKey) -> Finished:
        """See PlatformHarness."""
        status = self._space.finished(key.name)["status"]
        history = tuple(self._line(event) for event in events_of(status))
        output = next(
            (line.details["output"] for line in history if line.type == "ExecutionSucceeded"), None
        )
        return Finished(
            status=STATUS_OF[status["phase"]],
            output=output,
            error=status.get("error"),
            cause=status.get("cause"),
            history=history,
        )

    def restart(self) -> None:
        """See PlatformHarness."""
        alone.require("restarts the operator")
        delete = ("delete", "pods", "--all", "--grace-period=0", "--force")
        self._space.cluster.kubectl("--namespace", SYSTEM, *delete)
        self._space.cluster.kubectl("--namespace", SYSTEM, "rollout", "status", "deployment/asw")

    def started_tasks(self, key: ExecutionKey) -> Mapping[int, str]:
        """See PlatformHarness."""
        self._jobs.catch_up()
        return self._jobs.states.get(key.name, {})

    def wait_until_idle(self, key: ExecutionKey) -> None:
        """See PlatformHarness."""
        self._space.until(
            "the end of all tasks", lambda: all(map(_is_over, self._space.jobs(key.name)))
        )

    def _line(self, event: Object) -> HistoryLine:
        details = {}
        for field, value in event.items():
            name = field.removesuffix("Ref")
            if name in PAYLOADS:
                details[name] = from_text(self._space.payload(event, name))
            elif field not in ("id", "previousEventId", "timestamp", "type"):
                details[field] = value
        return HistoryLine(type=event["type"], details=details)

    def _status(self, key: ExecutionKey) -> Object:
        status: Object = self._space.get("execution", key.name).get("status", {})
        return status


def _is_over(job: Object) -> bool:
    conditions = job["status"].get("conditions", [])
    return any(it["type"] in ("Complete", "Failed") and it["status"] == "True" for it in conditions)
