"""ResourceQuotas of a real cluster: what is only kept makes room, and patience is counted once."""

import time
from pathlib import Path

import pytest

from tests.support.host_operator import host_operator
from tests.support.space import Space, events, execution, function, one_task, workflow

pytestmark = pytest.mark.cluster

RESTARTS = 4
OK = "def main_handler(event, context):\n    return 1\n"


def limited(space: Space, **hard: str) -> None:
    """The namespace gets a ResourceQuota named tiny, and it is in force."""
    names = {name.replace("_", "/"): value for name, value in hard.items()}
    space.apply(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "tiny"},
            "spec": {"hard": names},
        }
    )
    space.until("the quota", lambda: space.get("resourcequota", "tiny")["status"].get("used"))


@pytest.mark.parametrize("resource", ["count_jobs.batch", "count_pods"])
def test_kept_jobs_make_room(space: Space, resource: str) -> None:
    """Five runs in a namespace that may have three Jobs, or pods: all succeed, none is in the way.

    What has ended is kept for its logs, but for what others need the room of.
    """
    limited(space, **{resource: "3"})
    space.apply(function("f", OK), workflow("f", one_task("f")))
    space.apply(*(execution(f"f-{number}", "f") for number in range(5)))
    phases = [space.finished(f"f-{number}")["status"]["phase"] for number in range(5)]
    assert phases == ["Succeeded"] * 5
    assert 0 < len(space.all("jobs")) <= 3


def test_a_quota_on_requests_takes_a_task_by_default(space: Space) -> None:
    """Requests that nobody gives come from the settings, so that a quota has something to count."""
    limited(space, **{"requests.cpu": "4", "limits.memory": "4Gi"})
    space.apply(function("f", OK), workflow("f", one_task("f")))
    assert space.run("f-1", "f")["phase"] == "Succeeded"


def test_a_limit_range_wins_over_the_defaults(space: Space) -> None:
    """Its bounds would refuse the default request of memory, and its own default is what counts."""
    memory = {"type": "Container", "min": {"memory": "64Mi"}, "default": {"memory": "300Mi"}}
    space.apply(
        {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": {"name": "small"},
            "spec": {"limits": [memory]},
        },
        function("f", OK),
        workflow("f", one_task("f")),
    )
    assert space.run("f-1", "f")["phase"] == "Succeeded"
    (pod,) = space.all("pods")
    resources = pod["spec"]["containers"][0]["resources"]
    assert resources["limits"] == {"memory": "300Mi", "ephemeral-storage": "1Gi"}
    assert resources["requests"]["cpu"] == "10m"


def test_a_quota_on_limits_fails_a_task_without_any(space: Space) -> None:
    """At once, not after a time of waiting, by the name of the quota, and with what to set."""
    limited(space, **{"limits.cpu": "4", "limits.memory": "4Gi"})
    space.apply(function("f", OK), workflow("f", one_task("f")))
    space.apply(execution("f-1", "f"))
    execution_ = space.finished("f-1")
    status = execution_["status"]
    assert status["error"] == "Asw.StartFailed"
    assert "ResourceQuota 'tiny' counts limits.cpu, and" in status["cause"]
    assert "spec.resources of the Function" in status["cause"]
    space.mend(function("f", OK, resources={"limits": {"cpu": "500m"}}))
    assert space.run("f-2", "f")["phase"] == "Succeeded"


@pytest.mark.alone
def test_patience_outlives_restarts(space: Space, tmp_path: Path) -> None:
    """It counts from the first refusal, whichever process was refused.

    An operator that is killed sooner than its patience ends holds no task for ever.
    """
    limited(space, **{"count_jobs.batch": "0"})
    space.apply(function("f", OK), workflow("f", one_task("f")))
    log = tmp_path / "operator.log"
    with host_operator(
        space.cluster, log, ASW_START_TIMEOUT_SECONDS="24", ASW_RESULT_SERVER_ENABLED="false"
    ) as operator:
        space.apply(execution("f-1", "f"))
        for _ in range(RESTARTS):
            time.sleep(16)  # less than its patience; most of it, so that few restarts do
            if "completionTime" in space.get("execution", "f-1").get("status", {}):
                break
            assert operator.is_running, log.read_text()[-3000:]
            operator.kill()
            operator.start()
        status = space.get("execution", "f-1")["status"]
    assert status.get("error") == "Asw.QuotaExceeded"
    assert "ResourceQuota 'tiny'" in status["cause"]
    assert len(events(status, "LambdaFunctionScheduled")) == 1
