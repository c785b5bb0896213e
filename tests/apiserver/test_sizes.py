"""What a real API server says to what is too large, and that we take it for what it is."""

import pytest

from asw.api.names import digest12, event_page_name, fence8
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import connect
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS, EXECUTIONS, JOBS
from asw.platforms.kubernetes.storage.storage import Storage
from asw.reconciler.platform import ExecutionKey, TooLarge

pytestmark = [
    pytest.mark.alone,
    pytest.mark.cluster,
    pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning"),
]

MIB = 1024 * 1024


@pytest.fixture
async def client(kubernetes_api):
    """Our own client of it."""
    async with KubeClient(connect(str(kubernetes_api.kubeconfig))) as made:
        yield made


def a_map(size):
    """A ConfigMap of so many bytes."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "asw-too-large"},
        "data": {"value": "x" * size},
    }


@pytest.mark.parametrize("size", [MIB + 1, 4 * MIB], ids=["validation", "request"])
async def test_config_map(client, size):
    """Its own limit of 1 MiB and that of all requests are told in different words."""
    with pytest.raises(TooLarge):
        await client.create(CONFIG_MAPS, "default", a_map(size))


async def test_page(client):
    """A value that no object takes is refused by name, not tried again and again."""
    key = ExecutionKey("default", "run", "0b2bd0a4-7c0c-4a1f-9e6e-5d1c8a5a0001")
    text = "x" * (MIB + 1)
    name = event_page_name(key.uid, fence8("7"), digest12(text))
    with pytest.raises(TooLarge):
        await Storage(client).write_pages(key, {name: text})


async def test_job(client):
    """A container of a megabyte and a half is more than etcd takes."""
    container = {"name": "c", "image": "i", "env": [{"name": "A", "value": "x" * 2 * MIB}]}
    body = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "asw-too-large"},
        "spec": {"template": {"spec": {"containers": [container], "restartPolicy": "Never"}}},
    }
    with pytest.raises(TooLarge):
        await client.create(JOBS, "default", body)


async def test_status(client):
    """A status that etcd does not take leaves the object as it was."""
    body = {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Execution",
        "metadata": {"name": "asw-too-large"},
        "spec": {"workflowRef": {"name": "absent"}},
    }
    made = await client.create(EXECUTIONS, "default", body)
    try:
        version = made["metadata"]["resourceVersion"]
        status = {"observedGeneration": 1, "record": "x" * 2 * MIB}
        with pytest.raises(TooLarge):
            await client.replace_status(
                EXECUTIONS, "default", "asw-too-large", version=version, status=status
            )
        found = await client.get(EXECUTIONS, "default", "asw-too-large")
        assert "record" not in found["status"]
    finally:
        await client.delete(EXECUTIONS, "default", "asw-too-large")
