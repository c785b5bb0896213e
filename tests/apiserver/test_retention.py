"""What a real API server makes of deletions and tombstones; no operator runs."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from asw.api.workflow import OutcomeRetention, Retention
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.lineage import Lineage
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import connect
from asw.platforms.kubernetes.client.resources import EXECUTIONS
from asw.platforms.kubernetes.retention.pace import Pace
from asw.platforms.kubernetes.retention.retirement import Retirement
from asw.platforms.kubernetes.storage.executions import Executions
from asw.platforms.kubernetes.storage.storage import Storage
from asw.platforms.kubernetes.tasks.settings import Spans
from asw.reconciler.platform import Conflict, ExecutionKey
from tests.support.cluster import Cluster
from tests.support.kube_objects import a_ring, workflow_object
from tests.support.space import Space

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

HELM = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "shop"},
}
AT_ONCE = Retention(succeeded=OutcomeRetention(ttl_seconds=0))


@pytest.fixture
def space(kubernetes_api: Cluster, namespace: str, monkeypatch: pytest.MonkeyPatch) -> Space:
    """A namespace whose Executions nobody else works on: their Workflow does not exist."""
    monkeypatch.setenv("KUBECONFIG", str(kubernetes_api.kubeconfig))
    return Space(kubernetes_api, namespace)


def put_finished(space: Space, name: str, **metadata: object) -> ExecutionKey:
    """An Execution that succeeded a minute ago, with a page."""
    manifest = {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Execution",
        "metadata": {"name": name, **metadata},
        "spec": {"workflowRef": {"name": f"nothing-{uuid.uuid4().hex[:6]}"}},
    }
    space.apply(manifest)
    ended_at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="milliseconds")
    status = {
        "observedGeneration": 1,
        "phase": "Succeeded",
        "completionTime": ended_at,
        "output": None,
        "record": "{}",
        "history": ['{"id":1,"type":"ExecutionStarted"}'],
    }
    patch = [{"op": "add", "path": "/status", "value": status}]
    words = ("patch", "execution", name, "--subresource=status", "--type=json")
    space.kubectl(*words, f"--patch={json.dumps(patch)}")
    uid = space.get("execution", name)["metadata"]["uid"]
    return ExecutionKey(space.namespace, name, uid)


async def retire(key: ExecutionKey, client: KubeClient) -> None:
    """One second of retention, by what a list shows."""
    cache = Cache(Spans(), lambda: datetime.now(UTC), lineage=Lineage(a_ring()), retention=AT_ONCE)
    item = await client.get(EXECUTIONS, key.namespace, key.name)
    workflow = workflow_object()
    place = {"name": item["spec"]["workflowRef"]["name"], "namespace": key.namespace}
    cache.put_workflow({**workflow, "metadata": {**workflow["metadata"], **place}})
    cache.put_execution(item)
    retirement = Retirement(
        client=client,
        cache=cache,
        executions=Executions(client, cache, Storage(client)),
        pace=Pace(10),
        may_act=lambda _: True,
    )
    await retirement.retire()


async def test_a_finished_execution_is_deleted(space: Space) -> None:
    """By the version that was looked at."""
    key = put_finished(space, "over")
    async with KubeClient(connect()) as client:
        await retire(key, client)
    assert space.all("executions") == []


async def test_a_stale_version_deletes_nothing(space: Space) -> None:
    """What changed since it was looked at stays."""
    key = put_finished(space, "over")
    async with KubeClient(connect()) as client:
        with pytest.raises(Conflict):
            await client.delete(EXECUTIONS, key.namespace, key.name, uid=key.uid, version="1")
    assert len(space.all("executions")) == 1


@pytest.mark.parametrize("count", [0, 3], ids=["without-pages", "with-pages"])
async def test_a_tombstone_is_what_the_schema_allows(space: Space, count: int) -> None:
    """Its pages go, by lists that may be empty; nothing else is left of the status."""
    key = put_finished(space, "over", **HELM)
    async with KubeClient(connect()) as client:
        texts = {f"page-{n}": json.dumps("x" * n) for n in range(count)}
        await Storage(client).write_pages(key, texts)
        await retire(key, client)
    status = space.get("execution", "over")["status"]
    assert status.pop("completionTime")
    assert status == {"observedGeneration": 1, "phase": "Succeeded", "emptied": True}
    assert space.all("configmaps", f"--selector=asw.dev/execution-uid={key.uid}") == []
