"""The operator as production puts it together archives before it deletes."""

from asw.archive.store import ArchiveStore, Search
from tests.support.kube_api import collection
from tests.support.kube_objects import execution_object
from tests.support.whole_operator import WatchedKubeApi, running, whole_operator

RUNS = collection("asw.dev/v1alpha1", "shop", "executions")


async def test_what_ended_before_it_began_is_archived_and_deleted(archive_url):
    """By the loops that it runs while it holds the Lease; its metrics tell."""
    api = WatchedKubeApi()
    for n in range(5):
        item = execution_object(ttlSecondsAfterFinished=0)
        at = "2026-01-01T11:00:00.000Z"
        item["status"] = {"phase": "Succeeded", "completionTime": at, "observedGeneration": 1}
        item["metadata"] = {"name": f"run-{n}", "namespace": "shop"}
        api.put(RUNS, item)
    async with whole_operator(archive_url=archive_url, api=api) as (operator, probing):
        async with running(operator):
            await probing.until(lambda: not api.named("/executions/"))
            shown = operator.health.answers.metrics().decode()
        assert "asw_archive_runs_total 5.0" in shown
    store = ArchiveStore(archive_url)
    assert len(store.list(Search(namespace="shop"))) == 5
    store.close()
