"""Two replicas on a real cluster: stopped, killed and paused while chains of tasks and Waits run.

What is asserted is read from the API server: who holds the Lease, what the statuses say, which
Jobs there ever were. How fast it goes is measured elsewhere (bench/failover.py).
"""

import json
from itertools import chain
from pathlib import Path

import pytest

from tests.support.host_operator import HostOperator, host_replicas
from tests.support.installation import SYSTEM
from tests.support.job_watch import watched_jobs
from tests.support.space import (
    INCREMENT,
    Object,
    Space,
    call,
    events,
    execution,
    function,
    workflow,
)

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

EXECUTIONS = 6
LENGTH = 9
PAUSE_SECONDS = 8


def _definition() -> Object:
    """Task, Wait, Task, Wait and so on: nearly always something is due somewhere."""
    states: Object = {}
    for number in range(1, LENGTH + 1):
        states[f"t{number}"] = call("inc", Next=f"w{number}")
        after = {"Next": f"t{number + 1}"} if number < LENGTH else {"End": True}
        states[f"w{number}"] = {"Type": "Wait", "Seconds": PAUSE_SECONDS, **after}
    return {"StartAt": "t1", "States": states}


class _Replicas:
    """Both, by who holds the Lease."""

    def __init__(self, space: Space, *operators: HostOperator) -> None:
        self._space = space
        self._operators = {operator.identity: operator for operator in operators}

    def lease(self) -> Object:
        """The Lease as it is now, empty where there is none."""
        words = ("--namespace", SYSTEM, "get", "lease", f"asw-{self._space.namespace}")
        text = self._space.kubectl(*words, "--ignore-not-found", "--output=json")
        found: Object = json.loads(text)["spec"] if text else {}
        return found

    def holder(self, *, other_than: HostOperator | None = None) -> HostOperator:
        """Who holds the Lease, once that is another one."""

        def found() -> HostOperator | None:
            operator = self._operators.get(self.lease().get("holderIdentity", ""))
            return None if operator is other_than else operator

        held: HostOperator = self._space.until("another holder", found)
        return held

    def wait_ready(self) -> None:
        """Until both are warm."""
        self._space.until("two replicas", lambda: all(it.is_ready() for it in self._all()))

    def _all(self) -> list[HostOperator]:
        return list(self._operators.values())


def _progress(space: Space) -> int:
    """Events in all histories."""
    return sum(len(it.get("status", {}).get("history", ())) for it in space.all("executions"))


def _wait_for_progress(space: Space) -> None:
    """Until somebody wrote more."""
    before = _progress(space)
    space.until("progress", lambda: _progress(space) > before)


def _writes(metrics: dict[str, float]) -> float:
    return sum(value for name, value in metrics.items() if name.startswith("asw_api_writes_total"))


def test_no_way_to_lose_the_holder_loses_or_doubles(space: Space, tmp_path: Path) -> None:
    """Stopped, killed, paused and continued: the other goes on, and the old one does nothing."""
    names = [f"run-{number}" for number in range(EXECUTIONS)]
    space.apply(function("inc", INCREMENT), workflow("chain", _definition()))
    with (
        watched_jobs(space) as jobs,
        host_replicas(space.cluster, tmp_path, space.namespace) as (first, second),
    ):
        replicas = _Replicas(space, first, second)
        holder = replicas.holder()
        replicas.wait_ready()
        space.apply(*(execution(name, "chain", 0) for name in names))
        _wait_for_progress(space)

        holder.stop()
        heir = replicas.holder(other_than=holder)
        _wait_for_progress(space)
        holder.start()
        replicas.wait_ready()

        heir.kill()
        third = replicas.holder(other_than=heir)
        _wait_for_progress(space)
        heir.start()
        replicas.wait_ready()

        third.pause()
        fourth = replicas.holder(other_than=third)
        _wait_for_progress(space)
        third.go_on()
        woken = space.until("an answer of the paused one", third.metrics)
        ends = {name: space.finished(name)["status"] for name in names}
        assert woken["asw_lease_held"] == 0
        assert _writes(third.metrics()) == _writes(woken)
        assert replicas.holder() is fourth
        assert replicas.lease()["leaseTransitions"] == 3
    for name, status in ends.items():
        assert (status["phase"], status["output"]) == ("Succeeded", LENGTH)
        history = _whole_history(space, status)
        assert [event["id"] for event in history] == list(range(1, len(history) + 1)), name
        assert [event["type"] for event in history] == _expected_types(), name
    assert len(jobs.uids) == EXECUTIONS * LENGTH
    assert all(len(uids) == 1 for uids in jobs.uids.values())


def _whole_history(space: Space, status: Object) -> list[Object]:
    """The events in the status and, before them, those in its chunks."""
    chunks = [space.get("configmap", it["name"])["data"] for it in status.get("historyChunks", ())]
    return [*chain.from_iterable(json.loads(it["value"]) for it in chunks), *events(status)]


def _expected_types() -> list[str]:
    one = [
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "WaitStateEntered",
        "WaitStateExited",
    ]
    return ["ExecutionStarted", *one * LENGTH, "ExecutionSucceeded"]
