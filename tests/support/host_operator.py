"""The operator as a process of this machine, so that a test can kill it as the kernel would."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.cluster import Cluster
from tests.support.installation import SYSTEM


class HostOperator:
    """One operator process at a time, against the cluster, with its log in a file."""

    def __init__(self, cluster: Cluster, log: Path, kubeconfig: Path | None = None) -> None:
        self._environment = {
            **os.environ,
            "KUBECONFIG": str(kubeconfig or cluster.kubeconfig),
            "POD_NAME": "host",
            "POD_NAMESPACE": SYSTEM,
            "ASW_LEASE_NAME": "asw",
            **_result_server(cluster),
        }
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it takes over from a predecessor that was killed."""
        words = [str(Path(sys.executable).parent / "asw"), "operator"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                words, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )

    def kill(self) -> None:
        """SIGKILL: no chance to save, to release or to say goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, and wait for the end."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(timeout=60)
        self._process = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and did not end by itself."""
        return self._process is not None and self._process.poll() is None


@contextmanager
def host_operator(
    cluster: Cluster, log: Path, kubeconfig: Path | None = None
) -> Iterator[HostOperator]:
    """The operator on this machine instead of the one in the cluster, which comes back after.

    ``kubeconfig`` is the way that it takes to the API server, where that is another one.
    """
    scale = ["--namespace", SYSTEM, "scale", "deployment/asw"]
    cluster.kubectl(*scale, "--replicas=0")
    cluster.kubectl("--namespace", SYSTEM, "wait", "pod", "--all", "--for=delete", "--timeout=60s")
    operator = HostOperator(cluster, log, kubeconfig)
    operator.start()
    try:
        yield operator
    finally:
        if operator.is_running:
            operator.stop()
        cluster.kubectl(*scale, "--replicas=1")
        cluster.kubectl("--namespace", SYSTEM, "rollout", "status", "deployment/asw")


def _result_server(cluster: Cluster) -> dict[str, str]:
    """Pods reach this machine where it is the node; elsewhere results come by message only."""
    path = "jsonpath={.items[0].status.addresses[?(@.type=='InternalIP')].address}"
    address = cluster.kubectl("get", "nodes", f"--output={path}").stdout.strip()
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return {"ASW_RESULT_SERVER_ENABLED": "false"}
    return {
        "ASW_RESULT_SERVER_ENABLED": "true",
        "ASW_RESULT_SERVER_URL": f"https://{address}:8443",
    }
