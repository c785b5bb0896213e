"""The operator is killed again and again; nothing is lost, doubled or left behind."""

import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from asw.api.instants import parse_instant
from tests.support.host_operator import host_operator
from tests.support.job_watch import watched_jobs
from tests.support.space import (
    INCREMENT,
    Object,
    Space,
    call,
    events,
    execution,
    function,
    one_task,
    workflow,
)

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

EXECUTIONS = 20
LENGTH = 5
KILLS = 10
_PATIENCE = 40
"""Seconds after which a Job without a pod fails: the start timeout, and what asking takes."""


def _chain() -> Object:
    names = [f"t{n}" for n in range(1, LENGTH + 1)]
    states = {name: call("inc", Next=after) for name, after in pairwise(names)}
    return {"StartAt": names[0], "States": {**states, names[-1]: call("inc")}}


def test_ten_kills(space: Space, tmp_path: Path) -> None:
    """Ten SIGKILLs while 20 chains of five run: all succeed, each Job once, history whole."""
    names = [f"run-{n}" for n in range(EXECUTIONS)]
    log = tmp_path / "operator.log"
    with watched_jobs(space) as jobs, host_operator(space.cluster, log) as operator:
        space.apply(function("inc", INCREMENT), workflow("chain", _chain()))
        space.apply(*(execution(name, "chain", 0) for name in names))
        for _ in range(KILLS):
            time.sleep(2)  # lets it get somewhere; what is promised does not depend on how far
            assert operator.is_running, log.read_text()[-3000:]
            operator.kill()
            operator.start()
        ends = {name: space.finished(name)["status"] for name in names}
    assert {status["phase"] for status in ends.values()} == {"Succeeded"}
    assert {status["output"] for status in ends.values()} == {LENGTH}
    for name, status in ends.items():
        ids = [event["id"] for event in events(status)]
        assert ids == list(range(1, len(ids) + 1)), name
        assert [event["type"] for event in events(status)] == _expected_types()
    assert len(jobs.uids) == EXECUTIONS * LENGTH
    assert all(len(uids) == 1 for uids in jobs.uids.values())


def test_a_restart_leaves_a_task_alone_that_has_run_for_long(space: Space, tmp_path: Path) -> None:
    """A task older than the start timeout is no task without a pod: that is looked for first."""
    log = tmp_path / "operator.log"
    source = "import time\ndef main_handler(event, context):\n    time.sleep(75)\n    return 1\n"
    space.apply(function("long", source), workflow("long", one_task("long")))
    with host_operator(space.cluster, log, ASW_START_TIMEOUT_SECONDS="20") as operator:
        space.apply(execution("long-1", "long"))
        space.until("its pod", lambda: _has_run_for(space, _PATIENCE))
        operator.kill()
        operator.start()
        status = space.finished("long-1")["status"]
    assert (status["phase"], status.get("error")) == ("Succeeded", None)
    assert len(events(status, "LambdaFunctionScheduled")) == 1


def _has_run_for(space: Space, seconds: float) -> bool:
    started = [pod["status"].get("startTime") for pod in space.all("pods")]
    return any(
        it is not None and (datetime.now(UTC) - parse_instant(it)).total_seconds() > seconds
        for it in started
    )


def _expected_types() -> list[str]:
    one = [
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
    ]
    return ["ExecutionStarted", *one * LENGTH, "ExecutionSucceeded"]
