"""Where tasks reach the result server."""

import pytest

from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.results.address import ServerAddress, outside_address, service_address
from tests.support.kube_api import collection, kube_api


def a_service(address="10.96.0.7", ports=None):
    spec = {"clusterIP": address, "ports": ports or [{"name": "results", "port": 8443}]}
    return {"metadata": {"name": "results"}, "spec": spec}


async def address_of(service):
    async with kube_api() as (api, client):
        api.put(collection("v1", "asw", "services"), service)
        return await service_address(client, "asw", "results")


async def test_address_of_the_service():
    """Tasks get an address, since they need no DNS, and the name that is certified."""
    found = await address_of(a_service())
    assert found == ServerAddress(url="https://10.96.0.7:8443", name="results.asw.svc")
    assert found.certified("10.244.0.9", None) == ["results.asw.svc", "10.96.0.7", "10.244.0.9"]


async def test_port_by_name():
    """Other ports of the Service do not count."""
    ports = [{"name": "other", "port": 1}, {"name": "results", "port": 2}]
    assert (await address_of(a_service(ports=ports))).url.endswith(":2")


async def test_address_of_the_new_protocol():
    """IPv6 addresses are bracketed in URLs."""
    assert (await address_of(a_service("fd00::7"))).url == "https://[fd00::7]:8443"


async def test_missing_service():
    """The operator waits for its Service."""
    async with kube_api() as (_, client):
        with pytest.raises(NotFound):
            await service_address(client, "asw", "results")


def test_operator_outside_the_cluster():
    """Its address is the one that faces the API server, unless it is told."""
    assert outside_address(None, "https://127.0.0.1:6443", 8443).url == "https://127.0.0.1:8443"
    told = outside_address("https://10.244.0.1:9443", "https://127.0.0.1:6443", 8443)
    assert told.url == "https://10.244.0.1:9443"
