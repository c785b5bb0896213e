"""An operator process of this machine in a namespace of its own, and what it costs."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import connect
from asw.platforms.kubernetes.client.resources import WORKFLOWS, Resource

NAMESPACES = Resource("", "v1", "namespaces", "Namespace")
INSTALLED_IN = "asw-system"
SET_UP = ("leases", "workflows", "controllerrevisions", "secrets")
"""What is written once, however many executions run."""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Memory in MiB, now and at its highest since the process began; processor time in seconds."""

    memory: float
    peak: float
    seconds: float


class ScaleOperator:
    """One operator process at a time. ``namespace`` is all it watches, and holds Lease and keys."""

    def __init__(self, namespace: str, log: Path, identity: str = "bench") -> None:
        self.namespace = namespace
        self._port = _free_port()
        self._log = log
        self._environment = {
            **os.environ,
            "POD_NAME": identity,
            "POD_NAMESPACE": namespace,
            "ASW_WATCH_NAMESPACES": namespace,
            "ASW_LEASE_NAME": "asw-bench",
            "ASW_HEALTH_PORT": str(self._port),
            "ASW_RESULT_SERVER_ENABLED": "false",
            "ASW_LOG_LEVEL": "warning",
            "ASW_RETENTION_SUCCEEDED_LIMIT": "none",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it; the instant, of the monotonic clock."""
        words = [str(Path(sys.executable).parent / "asw"), "operator", "--yes"]
        began = time.monotonic()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                words, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        return began

    def send(self, number: int) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        """SIGTERM, as a rolling update does it, and wait for the end."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def metrics(self) -> dict[str, float]:
        """What the operator says of itself; nothing while it does not listen yet."""
        url = f"http://127.0.0.1:{self._port}/metrics"
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                lines = answer.read().decode().splitlines()
        except OSError:
            self._require_alive()
            return {}
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def writes(self) -> float:
        """API writes for executions so far."""
        return sum(
            count
            for name, count in self.metrics().items()
            if name.startswith("asw_api_writes_total") and not any(it in name for it in SET_UP)
        )

    def cost(self) -> Cost:
        """What the kernel counted."""
        self._require_alive()
        assert self._process is not None
        root = Path("/proc") / str(self._process.pid)
        status = dict(line.split(":", 1) for line in (root / "status").read_text().splitlines())
        fields = (root / "stat").read_text().rsplit(") ", 1)[1].split()
        return Cost(
            memory=int(status["VmRSS"].split()[0]) / 1024,
            peak=int(status["VmHWM"].split()[0]) / 1024,
            seconds=(int(fields[11]) + int(fields[12])) / TICKS,
        )

    def _require_alive(self) -> None:
        assert self._process is not None, "the operator was not started"
        if (code := self._process.poll()) is not None:
            raise RuntimeError(f"the operator ended with {code}; see {self._log}")


@asynccontextmanager
async def own_operator(
    prefix: str, log: Path, definitions: Mapping[str, Any]
) -> AsyncIterator[tuple[KubeClient, ScaleOperator]]:
    """A namespace with these Workflows, and an operator for it, not started; both go at the end."""
    namespace = f"{prefix}-{int(time.time()):x}"
    operator = ScaleOperator(namespace, log)
    async with KubeClient(connect()) as client:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        await client.create(NAMESPACES, None, body)  # type: ignore[arg-type]
        try:
            for name, definition in definitions.items():
                await client.create(WORKFLOWS, namespace, _workflow(name, definition))
            yield client, operator
        finally:
            await asyncio.to_thread(operator.stop)
            await client.delete(NAMESPACES, None, namespace)  # type: ignore[arg-type]


def _workflow(name: str, definition: Any) -> dict[str, Any]:
    return {
        "apiVersion": WORKFLOWS.api_version,
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {"definition": definition},
    }


@contextmanager
def no_other_operator() -> Iterator[None]:
    """The installed operator, which watches all namespaces, rests meanwhile."""
    words = ["kubectl", "--namespace", INSTALLED_IN]
    there = _output([*words, "get", "deployment/asw", "--ignore-not-found", "--output=name"])
    if not there.strip():
        yield
        return
    replicas = _output([*words, "get", "deployment/asw", "--output=jsonpath={.spec.replicas}"])
    _output([*words, "scale", "deployment/asw", "--replicas=0"])
    try:
        ours = "--selector=app.kubernetes.io/component=operator"
        _output([*words, "wait", "pod", ours, "--for=delete", "--timeout=60s"])
        yield
    finally:
        _output([*words, "scale", "deployment/asw", f"--replicas={replicas}"])


def _output(words: list[str]) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
