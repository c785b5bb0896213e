"""The real cluster that tests may use, wherever it comes from, and kubectl and helm for it.

`python3 -m dev.cluster` knows whether one is up and where its tools are; ASW_TEST_KUBECONFIG names
another to use instead. Without a cluster the tests that need one are skipped, or fail where
ASW_REQUIRE_CLUSTER=1 says that there must be one.
"""

import functools
import os
import shlex
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dev.deploy import NAMESPACE
from tests.support import alone

ROOT = Path(__file__).parents[2]
_WRITES = {"annotate", "apply", "create", "delete", "label", "patch", "replace", "restart", "scale"}
"""Verbs of kubectl that change what they name."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster at hand."""

    kubeconfig: Path
    kubectl_binary: str

    def kubectl(
        self, *arguments: str, stdin: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl; a failure shows what it said unless ``check`` is False."""
        if _WRITES.intersection(arguments) and NAMESPACE in " ".join((*arguments, stdin or "")):
            alone.require("changes the installed operator or its rights")
        done = subprocess.run(
            [self.kubectl_binary, f"--kubeconfig={self.kubeconfig}", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            pytest.fail(f"kubectl {' '.join(arguments)}: {done.stderr}")
        return done


def tool(name: str) -> str | None:
    """The path of kubectl or helm: of the cluster's own, else of the machine's."""
    return shutil.which(name, path=_environment()["PATH"])


@functools.cache
def _environment() -> dict[str, str]:
    """The environment with what `dev.cluster env` exports."""
    environment = dict(os.environ)
    for line in _dev_cluster("env").stdout.splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        parts = shlex.split(value.replace('"$PATH"', shlex.quote(os.environ["PATH"])))
        environment[name] = "".join(parts)
    return environment


def _dev_cluster(verb: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dev.cluster", verb]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def require(condition: object, what: str) -> None:
    """Skip the test without what it needs, or fail where a cluster is required."""
    if condition:
        return
    if os.environ.get("ASW_REQUIRE_CLUSTER") == "1":
        pytest.fail(f"there is no {what}")
    pytest.skip(f"there is no {what}")


def find_cluster() -> Cluster:
    """The cluster that is up; skips the test, or fails it, where there is none."""
    kubectl = tool("kubectl")
    require(kubectl, "kubectl")
    if named := os.environ.get("ASW_TEST_KUBECONFIG"):
        return Cluster(Path(named), str(kubectl))
    require(_dev_cluster("status").returncode == 0, "healthy cluster: make cluster-up")
    return Cluster(Path(_environment()["KUBECONFIG"]), str(kubectl))


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The cluster that is up."""
    return find_cluster()


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"asw-test-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")
