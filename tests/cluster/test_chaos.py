"""A real API server that fails now and then, and an operator that is killed: nothing shows."""

import json
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.chaos.proxy import chaos_proxy
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
    workflow,
)

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

RATE = 0.2
KILLS = 3


def _control_flow() -> Object:
    """Waits, branches and iterations, without a task."""
    inner = {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}}
    wait = {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 4, "End": True}}}
    each = {"Type": "Map", "ItemProcessor": inner, "End": True}
    branches = [wait, {"StartAt": "Each", "States": {"Each": each}}]
    return {
        "StartAt": "First",
        "States": {
            "First": {"Type": "Wait", "Seconds": 2, "Next": "All"},
            "All": {"Type": "Parallel", "Branches": branches, "Next": "Last"},
            "Last": {"Type": "Wait", "Seconds": 2, "End": True},
        },
    }


def _tasks() -> Object:
    """Two tasks, one after the other."""
    return {"StartAt": "A", "States": {"A": call("inc", Next="B"), "B": call("inc")}}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_failing_api_server(space: Space, tmp_path: Path, seed: int) -> None:
    """Errors, lost and cut answers, broken watches and SIGKILLs: each run ends once, as ever."""
    log = tmp_path / "operator.log"
    flows = [f"flow-{n}" for n in range(12)]
    chains = [f"chain-{n}" for n in range(6)]
    kubeconfig = space.cluster.kubeconfig
    with (
        watched_jobs(space) as jobs,
        chaos_proxy(kubeconfig, tmp_path, seed=seed, rate=RATE) as (proxy, through_proxy),
        host_operator(space.cluster, log, kubeconfig=through_proxy) as operator,
    ):
        space.apply(
            function("inc", INCREMENT),
            workflow("flow", _control_flow()),
            workflow("tasks", _tasks()),
        )
        space.apply(*(execution(name, "flow", [1, 2, 3]) for name in flows))
        space.apply(*(execution(name, "tasks", 0) for name in chains))
        for _ in range(KILLS):
            time.sleep(4)  # lets it get somewhere; what is promised does not depend on how far
            assert operator.is_running, log.read_text()[-3000:]
            operator.kill()
            operator.start()
        names = [*flows, *chains]
        ends = {name: space.finished(name)["status"] for name in names}
    again = f"seed {seed}, faults {dict(proxy.met)}"
    assert sum(proxy.met.values()) - proxy.met["well"] >= 30, again
    for name, status in ends.items():
        ids = [event["id"] for event in events(status)]
        assert ids == list(range(1, len(ids) + 1)), (name, again)
        assert status["phase"] == "Succeeded", (name, again)
    _assert_all_alike([ends[name] for name in flows], again)
    _assert_all_alike([ends[name] for name in chains], again)
    assert {ends[name]["output"] for name in chains} == {2}, again
    assert len(jobs.uids) == 2 * len(chains), again
    assert all(len(uids) == 1 for uids in jobs.uids.values()), again


def _assert_all_alike(statuses: list[Object], again: str) -> None:
    """The same output and the same events, in whichever order branches took turns."""
    outputs = {json.dumps(status["output"]) for status in statuses}
    counts = [Counter(event["type"] for event in events(status)) for status in statuses]
    assert len(outputs) == 1, again
    assert all(it == counts[0] for it in counts), again
