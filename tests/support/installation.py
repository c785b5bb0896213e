"""Our chart on the cluster, as tests want it: spans that are short enough to wait for."""

import os
from functools import cache
from pathlib import Path

from dev.cluster import locks
from dev.cluster.settings import Settings
from dev.deploy import NAMESPACE, deploy
from tests.support import alone
from tests.support.cluster import Cluster, find_cluster, tool

SYSTEM = NAMESPACE
"""The operator's namespace."""
SHORT_SPANS = (
    "startTimeoutSeconds=30",
    "workflowWaitSeconds=20",
    "imagePullGraceSeconds=30",
)


@cache
def installed_cluster() -> Cluster:
    """The cluster with our chart on it, which one of a run's processes installs for all."""
    cluster = find_cluster()
    os.environ["KUBECONFIG"] = str(cluster.kubeconfig)
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
    folder = Settings.from_environment().cache
    with locks.held(folder / "tests.lock", "installation for tests"):
        note = folder / "tests.run"
        if not run or not note.is_file() or note.read_text() != run:
            _install()
            note.write_text(run)
    return cluster


def install(*values: str) -> None:
    """Upgrade the release with these values on top of the short spans, for a test that is alone."""
    alone.require("installs the chart")
    _install(*values)


def find_tools() -> None:
    """Let ``dev`` find helm and kubectl."""
    helm = tool("helm")
    assert helm is not None
    folder = str(Path(helm).parent)
    if folder not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"


def _install(*values: str) -> None:
    find_tools()
    options = [f"--set={value}" for value in (*SHORT_SPANS, *values)]
    deploy(Settings.from_environment(), options)
