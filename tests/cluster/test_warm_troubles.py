"""Warm functions whose pods cannot come: it is said where people look, and calls go on if they can.

Kubernetes itself refuses: quotas that are full, an image that does not exist.
"""

from collections.abc import Callable

import pytest
from click.testing import CliRunner

from asw.cli.main import main
from tests.support.space import Object, Space, condition, execution, function, one_task, workflow

pytestmark = pytest.mark.cluster

OK = "def main_handler(event, context):\n    return 1\n"
Asw = Callable[..., str]


@pytest.fixture
def asw(space: Space) -> Asw:
    """The command in the namespace of the test; gives what it prints."""

    def typed(*arguments: str) -> str:
        words = [*arguments, "-n", space.namespace]
        result = CliRunner().invoke(main, words, catch_exceptions=False)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    return typed


def warm(**given: object) -> Object:
    """The Function f that wants one warm pod at least."""
    spec = {"mode": "Warm", "warm": {"min": 1, "max": 1, **given.pop("warm", {})}, **given}  # type: ignore[dict-item]
    return function("f", OK, **spec)


def quota(**hard: str) -> Object:
    """A ResourceQuota named tiny."""
    names = {name.replace("_", "/"): value for name, value in hard.items()}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "tiny"},
        "spec": {"hard": names},
    }


def told(space: Space) -> str:
    """The message of the Function's condition, once it says that pods do not start."""

    def found() -> str | None:
        known = condition(space.get("function", "f"), "WarmPods")
        return known["message"] if known.get("reason") == "PodsDoNotStart" else None

    message: str = space.until("the reason in the condition", found)
    return message


def serves(space: Space) -> None:
    """Wait until the pool is there."""
    space.until(
        "the pool",
        lambda: condition(space.get("function", "f"), "WarmPods").get("status") == "True",
    )


@pytest.mark.parametrize("resource", ["count_deployments.apps", "count_secrets"])
def test_a_quota_on_the_pool_itself_leaves_jobs(space: Space, asw: Asw, resource: str) -> None:
    """Without a Deployment calls run as Jobs; with the quota gone, in the pool."""
    space.apply(quota(**{resource: "0" if "deploy" in resource else "1"}))
    space.until("the quota", lambda: space.get("resourcequota", "tiny")["status"].get("used"))
    if "secrets" in resource:
        space.kubectl("create", "secret", "generic", "other")
    space.apply(warm(), workflow("f", one_task("f")))
    assert "tiny" in told(space)
    assert "calls get Jobs meanwhile" in told(space)
    assert "exceeded quota" in asw("get", "function", "f", "-o", "wide")
    if "deploy" in resource:
        assert space.run("f-1", "f")["phase"] == "Succeeded"
        assert len(space.jobs("f-1")) == 1
    space.kubectl("delete", "resourcequota", "tiny")
    serves(space)
    assert space.run("f-2", "f")["phase"] == "Succeeded"
    assert space.jobs("f-2") == []


def test_a_quota_on_pods_fails_calls_by_its_name(space: Space, asw: Asw) -> None:
    """No pod for the pool and none for Jobs: `asw why` says so meanwhile, and then the error.

    When a ReplicaSet tries again after that is Kubernetes' own business.
    """
    space.apply(quota(count_pods="0"))
    space.until("the quota", lambda: space.get("resourcequota", "tiny")["status"].get("used"))
    space.apply(warm(), workflow("f", one_task("f")))
    assert "exceeded quota: tiny" in told(space)
    space.apply(execution("f-1", "f"))
    space.until("what it waits for", lambda: "warm pods of Function f" in asw("why", "f-1"))
    assert "exceeded quota: tiny" in asw("why", "f-1")
    status = space.finished("f-1")["status"]
    assert status["error"] == "Asw.QuotaExceeded"
    space.kubectl("delete", "resourcequota", "tiny")
    assert space.run("f-2", "f")["phase"] == "Succeeded"


def test_who_waits_for_a_pool_hears_why_there_is_none(space: Space, asw: Asw) -> None:
    """With coldStart Wait an image that does not exist is named by `why` and by the error."""
    unknown = {"image": "registry.invalid/none:1"}
    space.apply(
        warm(warm={"coldStart": "Wait", "queueTimeoutSeconds": 40}, **unknown),
        workflow("f", one_task("f")),
    )
    message = told(space)
    space.apply(execution("f-1", "f"))
    assert "Pull" in asw("get", "function", "f", "-o", "wide")
    space.until("what it waits for", lambda: "warm pods of Function f" in asw("why", "f-1"))
    assert "registry.invalid/none:1" in asw("why", "f-1")
    status = space.finished("f-1")["status"]
    assert status["error"] == "Lambda.TooManyRequestsException"
    assert "Pull" in status["cause"]
    space.apply(warm(warm={"coldStart": "Wait"}))
    serves(space)
    assert space.run("f-2", "f")["phase"] == "Succeeded"
    assert "calls wait for them" in message
