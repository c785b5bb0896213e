"""A tenant: a namespace, an account that may edit in it and nowhere else, and its requests.

An account of its own, since requests of administrators wait in no queue of the API server.
"""

import asyncio
import json
import subprocess
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from asw.asl.values import Json, to_text
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection, connect
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import (
    CONFIG_MAPS,
    EXECUTIONS,
    FUNCTIONS,
    JOBS,
    NAMESPACES,
    PODS,
    SERVICE_ACCOUNTS,
    WORKFLOWS,
    Resource,
)
from asw.reconciler.platform import PlatformError

Object = dict[str, Any]

ACCOUNT = "tenant"
IN_FLIGHT = 20
POLL_SECONDS = 0.25
LONGEST_CLEARING_SECONDS = 300
ROLE_BINDINGS = Resource("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding")
_RESOURCES = {it.kind: it for it in (WORKFLOWS, EXECUTIONS, FUNCTIONS, JOBS, PODS, CONFIG_MAPS)}


@dataclass(slots=True)
class Tenant:
    """``refused`` counts what was not done, by the kind of answer."""

    connection: Connection
    client: KubeClient
    namespace: str
    refused: Counter[str] = field(default_factory=Counter)
    _numbers: Iterator[int] = field(default_factory=count)

    async def apply(self, objects: Iterable[Object]) -> None:
        """Create them, some at a time; one that is refused is counted and left."""
        await self.together(
            self.client.create(_RESOURCES[item["kind"]], self.namespace, item) for item in objects
        )

    async def start(self, name: str, times: int, given: Json = None) -> None:
        """So many Executions of a Workflow, at once."""
        await self.apply(self.runs(name, times, given))

    def runs(self, name: str, times: int, given: Json = None) -> Iterator[Object]:
        """The objects of so many Executions, each with a new name."""
        text = to_text(given)
        for _ in range(times):
            yield execution(f"{name}-{next(self._numbers)}", name, inputText=text)

    async def together(self, calls: Iterable[Awaitable[Any]]) -> None:
        """All calls, some in flight at a time."""
        waiting = iter(calls)

        async def work() -> None:
            for call in waiting:
                await self.tried(call)

        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))

    async def again(self, call: Callable[[], Awaitable[Any]], *, at_once: int = 1) -> None:
        """The same call for ever, by so many at once."""

        async def work() -> None:
            while True:
                await self.tried(call())

        await asyncio.gather(*(work() for _ in range(at_once)))

    async def tried(self, call: Awaitable[Any]) -> Any:
        """The answer; None where it was refused."""
        try:
            return await call
        except (PlatformError, OSError, TimeoutError) as error:
            self.refused[type(error).__name__] += 1
            return None


async def seen(tenant: Tenant, name: str, field: str = "startTime") -> None:
    """Once the status of an Execution has the field."""
    while True:
        run = await tenant.client.get(EXECUTIONS, tenant.namespace, name)
        if field in run.get("status", {}):
            return
        await asyncio.sleep(POLL_SECONDS)


def workflow(name: str, definition: Mapping[str, Any], **spec: Any) -> Object:
    """A Workflow; its definition as text, byte for byte."""
    text = json.dumps(definition, separators=(",", ":"))
    return made(WORKFLOWS, name, {"definitionText": text, **spec})


def execution(name: str, of: str, **spec: Any) -> Object:
    """A run of a Workflow."""
    return made(EXECUTIONS, name, {"workflowRef": {"name": of}, **spec})


def function(name: str, source: str, **spec: Any) -> Object:
    """A Function of Python."""
    given = {"runtime": "python3", "handler": "index.main_handler"}
    return made(FUNCTIONS, name, {**given, "code": {"inline": {"index.py": source}}, **spec})


def made(resource: Resource, name: str, spec: Mapping[str, Any], **metadata: Any) -> Object:
    """An object of this kind."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": name, **metadata},
        "spec": spec,
    }


@asynccontextmanager
async def settled(
    admin: KubeClient, names: Sequence[str], folder: Path
) -> AsyncIterator[Sequence[Path]]:
    """Namespaces, each with an account that may edit in it: their kubeconfigs. In the end gone."""
    try:
        yield [await _settle(admin, name, folder) for name in names]
    finally:
        await asyncio.gather(*(_remove(admin, name) for name in names))


@asynccontextmanager
async def tenant_of(kubeconfig: Path, namespace: str) -> AsyncIterator[Tenant]:
    """The tenant to whom the kubeconfig belongs."""
    connection = connect(str(kubeconfig))
    async with KubeClient(connection) as client:
        yield Tenant(connection, client, namespace)


async def _settle(admin: KubeClient, namespace: str, folder: Path) -> Path:
    await admin.create(NAMESPACES, None, {"metadata": {"name": namespace}})  # type: ignore[arg-type]
    await admin.create(SERVICE_ACCOUNTS, namespace, {"metadata": {"name": ACCOUNT}})
    await admin.create(ROLE_BINDINGS, namespace, _editor(namespace))
    return await asyncio.to_thread(_kubeconfig, namespace, folder)


def _editor(namespace: str) -> Object:
    group = "rbac.authorization.k8s.io"
    return {
        "metadata": {"name": ACCOUNT},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}],
    }


def _kubeconfig(namespace: str, folder: Path) -> Path:
    """This machine's, with the account's token in the place of its user."""
    config = json.loads(_kubectl("config", "view", "--raw", "--minify", "--flatten", "-o=json"))
    token = _kubectl("create", "token", ACCOUNT, f"--namespace={namespace}", "--duration=2h")
    config["users"][0]["user"] = {"token": token.strip()}
    file = folder / namespace
    file.write_text(json.dumps(config))
    return file


def _kubectl(*words: str) -> str:
    return subprocess.run(["kubectl", *words], capture_output=True, text=True, check=True).stdout


async def _remove(admin: KubeClient, namespace: str) -> None:
    """Until it is gone: what is left of one attack must not add to the next."""
    with suppress(NotFound):
        await admin.delete(NAMESPACES, None, namespace)  # type: ignore[arg-type]
        async with asyncio.timeout(LONGEST_CLEARING_SECONDS):
            while True:
                await admin.get(NAMESPACES, None, namespace)
                await asyncio.sleep(POLL_SECONDS)
