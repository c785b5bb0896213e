"""The connector's process for what is not AWS: the real one, against the loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from tests.functions.fake_operator import FakeOperator
from tests.functions.pods import Pod
from tests.local.test_connector_bad_days import own_certificate
from tests.support import odd_service as odd
from tests.support.connector_pods import connector_pod, event, put_keys

BASIC = {"basic": {"secretRef": {"name": "api-keys"}}}


@pytest.fixture
def start(operator: FakeOperator, tmp_path: Path) -> Iterator[Callable[..., Pod]]:
    """Starts the process of a Connection."""
    running = []

    def start(spec: Any, **variables: str) -> Pod:
        told = {"ASW_CONCURRENCY": "4", **operator.variables()}
        pod = connector_pod(tmp_path, told, spec, **variables)
        running.append(pod)
        return pod.__enter__()

    yield start
    for pod in running:
        pod.__exit__(None, None, None)


async def outcome(operator: FakeOperator, task_id: str, given: Any) -> Any:
    """What the task ends in."""
    operator.give(task_id, given)
    return await asyncio.to_thread(operator.outcome, task_id)


def invoke(task_id: str, url: str) -> Any:
    """The event of a call of an API."""
    parameters = {"ApiEndpoint": url, "Method": "GET"}
    return event(task_id, parameters, service="http", action="invoke", sdk=False)


def get_map(task_id: str) -> Any:
    """The event of a call that reads an object of a cluster."""
    parameters = {"ApiVersion": "v1", "Kind": "ConfigMap", "Name": "m"}
    return event(task_id, parameters, service="k8s", action="get", sdk=False)


@dataclass
class Cluster:
    """An API server with TLS of its own that has one object, and who asked for it."""

    endpoint: str
    certificate: str
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """What kinds there are, or the object."""
        self.asked.append(request.headers["Authorization"])
        kinds = [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]
        if request.path == "/api/v1":
            return web.json_response({"resources": kinds})
        return web.json_response({"kind": "ConfigMap", "metadata": {"name": request.path}})


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    """An API server on the loopback."""
    (tmp_path / "tls").mkdir()
    certificate, tls = own_certificate(tmp_path / "tls")
    made = Cluster("", certificate)
    async with odd.odd_service(made.answer, tls) as service:
        made.endpoint = service.endpoint
        yield made


async def test_an_api_is_called_with_the_password_of_now(
    operator: FakeOperator, start: Any, tmp_path: Path
) -> None:
    """What the API echoes of it is redacted, and a rotated one is used without a restart."""

    async def echo(request: web.Request) -> web.StreamResponse:
        return web.json_response({"sent": request.headers["Authorization"]})

    put_keys(tmp_path / "connection" / "credentials", username="me", password="of-tests")
    async with odd.odd_service(echo) as api:
        pod = start({"kind": "http", "endpoint": api.endpoint, "http": BASIC})
        told = await outcome(operator, "uid-1", invoke("uid-1", f"{api.endpoint}/x"))
        assert told["output"]["StatusCode"] == 200
        assert told["output"]["ResponseBody"] == {"sent": "Basic [redacted]"}
        put_keys(tmp_path / "connection" / "credentials", username="me", password="other-one")
        told = await outcome(operator, "uid-2", invoke("uid-2", f"{api.endpoint}/x"))
        assert told["output"]["ResponseBody"] == {"sent": "Basic [redacted]"}
    assert "of-tests" not in pod.notes() + json.dumps(operator.outcomes)


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (odd.never, "States.Http.Socket"),
        (odd.garbage, "States.Runtime"),
        (odd.huge, "States.DataLimitExceeded"),
        (odd.hangs_up, "States.Http.Socket"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_bad_api_ends_calls_by_name(
    operator: FakeOperator, start: Any, behaviour: odd.Behaviour, error: str
) -> None:
    """Time and size are bounded as on one machine."""
    async with odd.odd_service(behaviour) as api:
        start({"kind": "http", "endpoint": api.endpoint, "timeoutSeconds": 1})
        told = await outcome(operator, "uid-1", invoke("uid-1", api.endpoint))
        assert told["error"] == error


async def test_a_call_of_another_kind_is_refused(operator: FakeOperator, start: Any) -> None:
    """A Connection that has changed its kind makes no call by another one's credentials."""
    start({"kind": "http", "endpoint": "https://api.example"})
    told = await outcome(operator, "uid-1", event("uid-1"))
    assert told["error"] == "Asw.NoConnection"
    assert "is of kind http, and dynamodb needs one of kind aws" in told["cause"]


async def test_an_address_of_the_cluster_needs_to_be_allowed(
    operator: FakeOperator, start: Any
) -> None:
    """A definition cannot send a pod to instance metadata."""
    start({"kind": "http"})
    told = await outcome(operator, "uid-1", invoke("uid-1", "https://169.254.169.254/x"))
    assert told["error"] == "Asw.AddressRefused"


async def test_the_own_cluster_is_called_by_the_token_of_now(
    operator: FakeOperator, start: Any, cluster: Cluster, tmp_path: Path
) -> None:
    """The kubelet renews it; the namespace is the pod's, the address that of its variables."""
    place = urlsplit(cluster.endpoint)
    variables = {
        "KUBERNETES_SERVICE_HOST": str(place.hostname),
        "KUBERNETES_SERVICE_PORT": str(place.port),
    }
    files = {"ca.crt": cluster.certificate, "namespace": "shop"}
    put_keys(tmp_path / "connection" / "cluster", **files, token="first-token")
    pod = start({"kind": "kubernetes"}, **variables)
    told = await outcome(operator, "uid-1", get_map("uid-1"))
    assert told["output"]["metadata"]["name"] == "/api/v1/namespaces/shop/configmaps/m"
    put_keys(tmp_path / "connection" / "cluster", **files, token="second-token")
    await outcome(operator, "uid-2", get_map("uid-2"))
    assert {cluster.asked[0], cluster.asked[-1]} == {"Bearer first-token", "Bearer second-token"}
    assert "-token" not in pod.notes() + json.dumps(operator.outcomes)


async def test_a_cluster_elsewhere_is_called_by_a_secrets_token(
    operator: FakeOperator, start: Any, cluster: Cluster, tmp_path: Path
) -> None:
    """Without the Secret's key the call fails by name, and the pod goes on."""
    put_keys(tmp_path / "connection" / "ca", **{"ca.crt": cluster.certificate})
    spec = {
        "kind": "kubernetes",
        "endpoint": cluster.endpoint,
        "kubernetes": {"secretKeyRef": {"name": "prod", "key": "admin"}, "namespace": "web"},
        "ca": {"secretKeyRef": {"name": "prod", "key": "ca.crt"}},
    }
    start(spec)
    told = await outcome(operator, "uid-1", get_map("uid-1"))
    assert told["error"] == "Asw.NoCredentials"
    assert "Secret prod has no key admin" in told["cause"]
    put_keys(tmp_path / "connection" / "credentials", token="of-tests")
    told = await outcome(operator, "uid-2", get_map("uid-2"))
    assert told["output"]["metadata"]["name"] == "/api/v1/namespaces/web/configmaps/m"
    assert set(cluster.asked) == {"Bearer of-tests"}


async def test_an_api_in_api_gateway_is_called(operator: FakeOperator, start: Any) -> None:
    """Only IAM_ROLE needs keys: without them nothing is taken from elsewhere, or sent."""
    hosts = []

    async def echo(request: web.Request) -> web.StreamResponse:
        hosts.append(request.headers["Host"])
        return web.json_response({"path": request.path, "by": request.headers.get("Authorization")})

    parameters = {
        "ApiEndpoint": "abc.execute-api.us-east-1.amazonaws.com",
        "Method": "GET",
        "Path": "a",
    }
    of_gateway = {"service": "apigateway", "action": "invoke", "sdk": False}
    async with odd.odd_service(echo) as api:
        start({"kind": "aws", "region": "us-east-1", "endpoint": api.endpoint})
        told = await outcome(operator, "uid-1", event("uid-1", parameters, **of_gateway))
        assert told["output"]["ResponseBody"] == {"path": "/a", "by": None}
        parameters["AuthType"] = "IAM_ROLE"
        told = await outcome(operator, "uid-2", event("uid-2", parameters, **of_gateway))
        assert told["error"] == "Asw.NoCredentials"
    assert hosts == ["abc.execute-api.us-east-1.amazonaws.com"]
