"""The connector's process and the operator's own server for warm pods: both are the real ones."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from asw.connector.calls import Call, to_event
from asw.platforms.kubernetes.pools.deployments import claim_of
from asw.reconciler.scheduler import Limits
from asw.reconciler.settings import Settings
from tests.functions.fake_operator import PATIENCE
from tests.functions.result_server import SERVER_NAME
from tests.support import odd_service as odd
from tests.support.connector_pods import connection, connector_pod, usual_keys
from tests.support.kube_objects import Object, execution_object, function_object, workflow_object
from tests.support.kube_world import Build, KubeWorld, kube_world
from tests.support.warm_pods import WarmPod

SLOTS = 16


def _call(service: str, action: str, **parameters: object) -> Object:
    call = Call(service=service, action=action, sdk=True, parameters=parameters, task_id="uid-1")
    return dict(to_event(call))


GET = _call("dynamodb", "getItem", TableName="t", Key={"id": {"S": "1"}})
TASK = {"Type": "Task", "Resource": "asw:function:sum", "Parameters": GET}
SLOW = "slow (Service: DynamoDb, Status Code: 429, Request ID: r-1) (SDK Attempt Count: 1)"
WORDS = {"Error.$": "$.Error", "Cause.$": "$.Cause"}
CALLED = {
    "StartAt": "One",
    "States": {
        "One": {**TASK, "Next": "Two"},
        "Two": {
            **TASK,
            "Parameters": _call("dynamodb", "getItem", TableName="busy", Key={"id": {"S": "1"}}),
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
            "End": True,
        },
        "Caught": {"Type": "Pass", "Parameters": WORDS, "End": True},
    },
}


@dataclass(frozen=True, slots=True)
class Served:
    """A world whose pool has the process as its only pod."""

    world: KubeWorld
    variables: dict[str, str]

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until it is so: the process has its own time."""
        until = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < until
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served(ca: str, certificate: Path, definition: Object) -> AsyncIterator[Served]:
    """The operator over TLS, with a warm Function, a Workflow that calls it, and a pod of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    build = Build(settings=Settings(limits=Limits()))
    async with kube_world(build) as world:
        warm = {"min": 1, "concurrency": SLOTS}
        await world.apply("function", function_object(mode="Warm", warm=warm))
        await world.apply("workflow", workflow_object(definition=definition))
        await world.pools.work()
        server = TestServer(world.results.application(), scheme="https")
        await server.start_server(ssl=context)
        pod = await WarmPod.start(world, None)  # type: ignore[arg-type]
        variables = {
            "ASW_POLL_URL": f"https://127.0.0.1:{server.port}",
            "ASW_POLL_TOKEN": world.ring.keys.issue_to_pool(claim_of(pod.key)),
            "ASW_POD_UID": pod.uid,
            "ASW_POD_NAME": pod.name,
            "ASW_CA": ca,
            "ASW_SERVER_NAME": SERVER_NAME,
            "ASW_CONCURRENCY": str(SLOTS),
        }
        try:
            yield Served(world, variables)
        finally:
            world.platform.pools.clear()
            await server.close()


@pytest.mark.parametrize("runs", [1, SLOTS], ids=["one", "as many as slots"])
async def test_runs_get_results_and_errors_of_calls(
    certificates: tuple[str, Path], tmp_path: Path, runs: int
) -> None:
    """A run's call is made by the pod, and what it ends in is the state's result or its error."""
    usual_keys(tmp_path / "connection")
    async with odd.odd_service(_item_or_not) as service, served(*certificates, CALLED) as it:
        with connector_pod(tmp_path, it.variables, connection(service.endpoint)) as pod:
            await it.until(lambda: it.world.platform.pools.pod_count == 1)
            names = [f"order-{number}" for number in range(1, runs + 1)]
            for number, name in enumerate(names):
                item = execution_object()
                item["metadata"] |= {"name": name}
                if number:
                    uid = f"0b2bd0a4-7c0c-4a1f-9e6e-5d1c8a5b{number:04}"
                    item["metadata"]["uid"] = uid
                await it.world.apply("execution", item)
            found = "/executions/{}"
            for name in names:
                await it.until(lambda name=name: _phase(it.world, found.format(name)))
                status = _status(it.world, found.format(name))
                assert status["phase"] == "Succeeded", status
                assert status["output"] == {"Error": "DynamoDb.ThrottlingException", "Cause": SLOW}
            assert it.world.api.named("/jobs/") == []
            assert len(service.bodies) == 2 * runs
            pod.terminate()
            assert await asyncio.to_thread(pod.end) == 0


async def _item_or_not(request: web.Request) -> web.StreamResponse:
    is_busy = b'"busy"' in await request.read()
    return await (odd.throttled if is_busy else odd.item)(request)


def _status(world: KubeWorld, path: str) -> Object:
    (found,) = [it for at, it in world.api.objects.items() if at.endswith(path)]
    return found.get("status") or {}


def _phase(world: KubeWorld, path: str) -> bool:
    return _status(world, path).get("phase") in ("Succeeded", "Failed")
