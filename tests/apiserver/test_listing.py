"""The table that a real API server makes of Executions, and the rows that we make of it."""

import json
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from asw.cli.objects.tables import Look, runs_table
from asw.executions.opening import open_runs
from asw.executions.port import Query
from asw.executions.target import Target

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

STARTED = {"startTime": "2026-01-01T12:00:01.250Z", "states": "Pay x 3, 等待"}
ENDED = {"completionTime": "2026-01-01T12:00:09.750Z"}
STATUSES = {
    "running": {"phase": "Running", **STARTED},
    "failed": {"phase": "Failed", **STARTED, **ENDED, "error": "Sad", "cause": "so sad"},
    "succeeded": {"phase": "Succeeded", **STARTED, **ENDED, "output": {"a": [1, "b"]}},
}
NOW = datetime(2026, 1, 1, 13, tzinfo=UTC)


@pytest.fixture
def target(kubernetes_api, namespace):
    """A namespace with an Execution that is new, and one a phase; nobody works on them."""
    for name in ("new", *STATUSES):
        spec = {"workflowRef": {"name": "nothing"}, "input": "x" * 1000, "suspend": True}
        item = {
            "apiVersion": "asw.dev/v1alpha1",
            "kind": "Execution",
            "metadata": {"name": name, "labels": {"team": "blue" if name == "new" else "red"}},
            "spec": spec,
        }
        kubernetes_api.kubectl("create", f"-n={namespace}", "-f", "-", stdin=json.dumps(item))
    for name, status in STATUSES.items():
        patch = json.dumps([{"op": "add", "path": "/status", "value": status}])
        words = ("patch", "execution", name, f"-n={namespace}", "--subresource=status")
        kubernetes_api.kubectl(*words, "--type=json", f"--patch={patch}")
    return Target(kubeconfig=kubernetes_api.kubeconfig, namespace=namespace)


def shown(runs):
    """What ``asw list`` prints of them, those that an operator may have touched left out."""
    head, rows = runs_table([run for run in runs if run.name != "new"], Look(), NOW)
    return [head, *([cell.text for cell in row] for row in rows)]


async def test_rows_show_what_whole_objects_show(target):
    """The columns of the CRD hold all that a row of ours needs, to the millisecond."""
    async with open_runs(target) as runs:
        whole = await runs.list(Query())
        rows = await runs.list(Query(), "row")
        assert shown(rows) == shown(whole)
        assert {"8.5 s", "Pay x 3, 等待"} <= {text for line in shown(rows) for text in line}
        assert not any("input" in run.spec for run in rows)
        assert [run.is_suspended for run in rows] == [True] * 4


async def test_rows_are_chosen_as_whole_objects_are(target):
    """Phases, labels and age mean the same whatever is read."""
    queries = (
        Query(phases=("Failed",)),
        Query(phases=("Failed", "Succeeded")),
        Query(phases=("Pending", "Running")),
        Query(phases=("Suspended", "Failed")),
        Query(phases=("TimedOut", "Aborted")),
        Query(phases=("Pending",)),
        Query(selector="team=blue"),
        Query(workflow="other"),
        Query(since=datetime(2999, 1, 1, tzinfo=UTC)),
    )
    async with open_runs(target) as runs:
        for query in queries:
            whole = [run.name for run in await runs.list(query)]
            assert [run.name for run in await runs.list(query, "row")] == whole
        assert [run.name for run in await runs.list(queries[0])] == ["failed"]


async def test_a_watch_tells_rows_as_it_tells_whole_objects(target, kubernetes_api):
    """What is there, a change of it, and its end: the same to look at, whatever is read."""
    api, words = kubernetes_api, ("execution", "failed", f"-n={target.namespace}")
    query = Query(workflow="nothing", selector="team=red")
    async with (
        open_runs(target) as runs,
        aclosing(runs.watch(query)) as whole,
        aclosing(runs.watch(query, detail="row")) as rows,
    ):
        assert await until(rows, "Failed", True) == await until(whole, "Failed", True)
        api.kubectl("patch", *words, "--type=merge", '--patch={"spec": {"suspend": false}}')
        assert await until(rows, "Failed", False) == await until(whole, "Failed", False)
        api.kubectl("delete", *words)
        assert await until(rows, "Deleted", False) == await until(whole, "Deleted", False)


async def until(changes, phase, is_suspended):
    """The first change after which the one that failed stands like this, as a table shows it."""
    async for run in changes:
        if (run.name, run.phase, run.is_suspended) == ("failed", phase, is_suspended):
            _, (cells,) = runs_table([run], Look(), NOW)
            return [cell.text for cell in cells]
    raise AssertionError("a watch has no end")
