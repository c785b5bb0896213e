"""The operator as a process of this machine, so that a test can treat it as the kernel would.

One instead of the installed one, or two replicas beside each other, each with ports of its own.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from tests.support import alone
from tests.support.cluster import Cluster
from tests.support.installation import SYSTEM

_PORTS = iter(range(15_000, 20_000))
"""Below those that Linux gives to connections."""
_OPENER = build_opener(ProxyHandler({}))
"""It asks this machine, whatever proxy leads elsewhere."""


class HostOperator:
    """One operator process at a time, against the cluster, with its log in a file.

    ``identity`` is the name that it holds the Lease by; further settings of the operator are added
    to, or replace, those here.
    """

    def __init__(
        self,
        cluster: Cluster,
        log: Path,
        identity: str = "host",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.identity = identity
        self.log = log
        self._health_port = _free_port()
        self._environment = {
            **os.environ,
            "KUBECONFIG": str(_kubeconfig(cluster, log.parent)),
            "POD_NAME": identity,
            "POD_NAMESPACE": SYSTEM,
            "ASW_LEASE_NAME": "asw",
            "ASW_HEALTH_PORT": str(self._health_port),
            **_result_server(cluster),
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it takes over from a predecessor that was killed."""
        words = [str(Path(sys.executable).parent / "asw"), "operator", "--yes"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                words, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )

    def kill(self) -> None:
        """SIGKILL: no chance to save, to release or to say goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, and wait for the end."""
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """SIGSTOP: it notices nothing, not even that time passes."""
        self._send(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT."""
        self._send(signal.SIGCONT)

    def _end(self, number: int) -> None:
        self._send(number)
        assert self._process is not None
        self._process.wait(timeout=60)
        self._process = None

    def _send(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    @property
    def is_running(self) -> bool:
        """Whether it was started and did not end by itself."""
        return self._process is not None and self._process.poll() is None

    def metrics(self) -> dict[str, float]:
        """What it says of itself, by name with labels; nothing while nobody answers."""
        try:
            with _OPENER.open(f"{self._url}/metrics", timeout=30) as answer:
                lines = answer.read().decode().splitlines()
        except OSError:
            return {}
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def is_ready(self) -> bool:
        """Whether its caches are filled."""
        try:
            with _OPENER.open(f"{self._url}/readyz", timeout=30):
                return True
        except OSError:
            return False

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self._health_port}"


@contextmanager
def host_operator(
    cluster: Cluster, log: Path, kubeconfig: Path | None = None, **settings: str
) -> Iterator[HostOperator]:
    """The operator on this machine instead of the one in the cluster, which comes back after.

    ``kubeconfig`` is the way that it takes to the API server, where that is another one.
    """
    if kubeconfig is not None:
        settings["KUBECONFIG"] = str(kubeconfig)
    operator = HostOperator(cluster, log, settings=settings)
    with nothing_installed(cluster), _running(operator):
        yield operator


@contextmanager
def host_replicas(
    cluster: Cluster, folder: Path, namespace: str
) -> Iterator[tuple[HostOperator, HostOperator]]:
    """Two replicas that watch one namespace, with a Lease of their own; the first is older.

    Pods reach them by one Service, as those that are installed.
    """
    settings = {"ASW_LEASE_NAME": f"asw-{namespace}", "ASW_WATCH_NAMESPACES": namespace}
    ports = {name: _free_port() for name in ("first", "second")}
    servers = {name: _result_server(cluster, port) for name, port in ports.items()}
    url = f"https://{_service(cluster, namespace, ports)}:443"
    for server in servers.values():
        if "ASW_RESULT_SERVER_URL" in server:
            server["ASW_RESULT_SERVER_URL"] = url
    first, second = (
        HostOperator(cluster, folder / f"{name}.log", name, {**settings, **server})
        for name, server in servers.items()
    )
    delete = ("--namespace", SYSTEM, "delete", "lease", f"asw-{namespace}", "--ignore-not-found")
    _let_claim(cluster, namespace)
    with nothing_installed(cluster):
        try:
            with _running(first), _running(second):
                yield first, second
        finally:
            cluster.kubectl(*delete)


def _service(cluster: Cluster, namespace: str, ports: Mapping[str, int]) -> str:
    """The address of a Service in front of these ports of the node."""
    service = {
        "metadata": {"name": "asw-host"},
        "spec": {"ports": [{"name": "results", "port": 443}]},
    }
    objects = [{"apiVersion": "v1", "kind": "Service", **service}]
    for name, port in ports.items():
        labels = {"kubernetes.io/service-name": "asw-host"}
        slice_ = {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": f"asw-host-{name}", "labels": labels},
            "addressType": "IPv4",
            "ports": [{"name": "results", "port": port, "protocol": "TCP"}],
            "endpoints": [{"addresses": [node_address(cluster)], "conditions": {"ready": True}}],
        }
        objects.append(slice_)
    words = ("apply", f"--namespace={namespace}", "--filename=-")
    listed = {"apiVersion": "v1", "kind": "List", "items": objects}
    cluster.kubectl(*words, stdin=json.dumps(listed))
    path = "--output=jsonpath={.spec.clusterIP}"
    get = ("get", "service", "asw-host", f"--namespace={namespace}", path)
    return cluster.kubectl(*get).stdout.strip()


def _let_claim(cluster: Cluster, namespace: str) -> None:
    """Give the installed account the right that the chart gives it in a namespace watched by name.

    Installed for all namespaces, it claims elsewhere.
    """
    role = ("role", "asw-claims", "--verb=get,create,update", "--resource=leases")
    cluster.kubectl("create", *role, f"--namespace={namespace}")
    binding = ("rolebinding", "asw-claims", "--role=asw-claims", f"--serviceaccount={SYSTEM}:asw")
    cluster.kubectl("create", *binding, f"--namespace={namespace}")


def _kubeconfig(cluster: Cluster, folder: Path) -> Path:
    """The way of the installed operator's account: policies let nobody else make children."""
    words = ("--namespace", SYSTEM, "create", "token", "asw", "--duration=24h")
    token = cluster.kubectl(*words).stdout.strip()
    view = ("config", "view", "--raw", "--minify", "--flatten", "--output=json")
    found = json.loads(cluster.kubectl(*view).stdout)
    for user in found["users"]:
        user["user"] = {"token": token}
    path = folder / "operator-kubeconfig.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


@contextmanager
def nothing_installed(cluster: Cluster) -> Iterator[None]:
    """The installed operator is away."""
    alone.require("takes the operator away")
    scale = ["--namespace", SYSTEM, "scale", "deployment/asw"]
    cluster.kubectl(*scale, "--replicas=0")
    ours = "--selector=app.kubernetes.io/component=operator"
    cluster.kubectl("--namespace", SYSTEM, "wait", "pod", ours, "--for=delete", "--timeout=300s")
    try:
        yield
    finally:
        cluster.kubectl(*scale, "--replicas=1")
        cluster.kubectl("--namespace", SYSTEM, "rollout", "status", "deployment/asw")


@contextmanager
def _running(operator: HostOperator) -> Iterator[HostOperator]:
    operator.start()
    try:
        yield operator
    finally:
        if operator.is_running:
            operator.go_on()
            operator.stop()


def _result_server(cluster: Cluster, port: int = 8443) -> dict[str, str]:
    """Pods reach this machine where it is the node; elsewhere results come by message only."""
    address = node_address(cluster)
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return {"ASW_RESULT_SERVER_ENABLED": "false"}
    return {
        "POD_IP": address,
        "ASW_RESULT_SERVER_ENABLED": "true",
        "ASW_RESULT_SERVER_PORT": str(port),
        "ASW_RESULT_SERVER_URL": f"https://{address}:{port}",
    }


@cache
def node_address(cluster: Cluster) -> str:
    """The node's own; where this machine is the node, pods reach it there."""
    path = "jsonpath={.items[0].status.addresses[?(@.type=='InternalIP')].address}"
    return cluster.kubectl("get", "nodes", f"--output={path}").stdout.strip()


def _free_port() -> int:
    """One that no connection gets by chance while its operator is down."""
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("", port))
            return port
    raise AssertionError("no port is free")
