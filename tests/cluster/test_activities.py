"""Activities on the real cluster: workers come by asw serve, by tokens that Kubernetes knows."""

from pathlib import Path

import pytest

from tests.support.playground import run_asw
from tests.support.space import API, Object, Space, events, execution, workflow

pytestmark = pytest.mark.cluster

RBAC = "rbac.authorization.k8s.io"


def account(name: str) -> Object:
    """An account of the namespace."""
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}


def may_poll(name: str, activity: str) -> list[Object]:
    """What lets the account poll the activity, and no other."""
    rule = {"apiGroups": ["asw.dev"], "resources": ["activities"], "verbs": ["poll"]}
    role = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "Role",
        "metadata": {"name": name},
        "rules": [{**rule, "resourceNames": [activity]}],
    }
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name}],
    }
    return [role, binding]


def test_a_worker_with_a_role_does_the_task_and_a_stranger_gets_none(
    space: Space, tmp_path: Path
) -> None:
    """Each by the token of its account: one is refused by name, the other one's output counts."""
    state = {"Type": "Task", "Resource": "asw:activity:stamp", "End": True}
    space.apply(
        {"apiVersion": API, "kind": "Activity", "metadata": {"name": "stamp"}, "spec": {}},
        account("stranger"),
        account("shipper"),
        *may_poll("shipper", "stamp"),
        workflow("stamping", {"StartAt": "Stamp", "States": {"Stamp": state}}),
        execution("stamping-1", "stamping", 7),
    )

    def works(name: str) -> "tuple[int, str]":
        token = tmp_path / name
        token.write_text(space.kubectl("create", "token", name))
        words = ("-n", space.namespace, "--token-file", str(token), "--worker", name, "--once")
        done = run_asw(tmp_path, "activity", *words, "worker", "stamp", "--", "sed", "s/7/8/")
        return done.returncode, done.stderr

    code, told = works("stranger")
    assert code != 0
    assert "poll" in told, told
    code, told = works("shipper")
    assert code == 0, told
    status = space.finished("stamping-1")["status"]
    assert (status["phase"], status.get("output")) == ("Succeeded", 8), status
    (started,) = events(status, "ActivityStarted")
    assert started["workerName"] == "shipper"
