"""Retention on the real cluster: what is over goes, what a tool tracks is emptied."""

import json

import pytest

from tests.support.installation import SYSTEM
from tests.support.space import Space, execution, function, one_task, workflow

pytestmark = pytest.mark.cluster

SOURCE = "def main_handler(event, context):\n    return 'x' * 10_000\n"
HELM = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "shop"},
}


def names(space: Space, kind: str, *options: str) -> list[str]:
    """Names of all objects of a kind."""
    return sorted(item["metadata"]["name"] for item in space.all(kind, *options))


def owned(space: Space, uid: str) -> list[str]:
    """What there is of an Execution besides itself."""
    selector = f"--selector=asw.dev/execution-uid={uid}"
    return [name for kind in ("jobs", "configmaps") for name in names(space, kind, selector)]


def test_an_execution_goes_with_all_that_it_owns(space: Space) -> None:
    """TtlSecondsAfterFinished of its own: it, its Job and pod, large values and tokens go."""
    space.apply(function("big", SOURCE), workflow("big", one_task("big")))
    space.apply(execution("short", "big"))
    item = space.finished("short")
    assert item["status"]["phase"] == "Succeeded"
    space.patch("short", ttlSecondsAfterFinished=3)
    space.until("its end", lambda: names(space, "executions") == [])
    selector = f"--selector=asw.dev/execution-uid={item['metadata']['uid']}"
    kinds = "jobs,pods,configmaps,secrets"
    space.until("the end of what it owned", lambda: names(space, kinds, selector) == [])


def test_the_newest_are_kept(space: Space) -> None:
    """A limit of one for each outcome: of three that succeeded the last one stays."""
    done = {"StartAt": "done", "States": {"done": {"Type": "Succeed"}}}
    space.apply(workflow("done", done, retention={"succeeded": {"limit": 1}}))
    for name in ("a", "b", "c"):
        space.apply(execution(name, "done"))
        space.until("its end", lambda name=name: name not in _unfinished(space))
    space.until("the end of the older ones", lambda: names(space, "executions") == ["c"])


def _unfinished(space: Space) -> list[str]:
    """Executions without an end; those that are gone had one."""
    items = space.all("executions")
    return [it["metadata"]["name"] for it in items if "completionTime" not in it["status"]]


@pytest.mark.alone
def test_a_tracked_one_becomes_a_tombstone_and_never_runs_again(space: Space) -> None:
    """Emptied, not deleted; a restart of the operator, a change and a redrive do nothing to it."""
    retention = {"succeeded": {"ttlSeconds": 3}}
    space.apply(function("big", SOURCE), workflow("big", one_task("big"), retention=retention))
    item = execution("tracked", "big")
    item["metadata"] |= HELM
    space.apply(item)

    def emptied() -> bool:
        return bool(space.get("execution", "tracked")["status"].get("emptied"))

    space.until("the tombstone", emptied)
    uid = space.get("execution", "tracked")["metadata"]["uid"]
    space.until("the end of what it owned", lambda: owned(space, uid) == [])
    left = space.get("execution", "tracked")["status"]
    assert left["phase"] == "Succeeded"
    assert left.keys().isdisjoint({"record", "history", "output", "outputRef", "pages"})
    space.cluster.kubectl("--namespace", SYSTEM, "rollout", "restart", "deployment/asw")
    space.cluster.kubectl("--namespace", SYSTEM, "rollout", "status", "deployment/asw")
    change = {"spec": {"suspend": True, "redrive": {"number": 1}}}
    space.kubectl("patch", "execution", "tracked", "--type=merge", f"--patch={json.dumps(change)}")
    marker = execution("marker", "big")
    space.apply(marker)
    space.finished("marker")
    after = space.get("execution", "tracked")["status"]
    assert (after["phase"], after["emptied"]) == ("Succeeded", True)
    assert "record" not in after
    assert owned(space, uid) == []
