"""The operator on the real cluster: installed by the chart, with spans short enough for tests."""

import os
from pathlib import Path

import pytest

from dev.cluster.settings import Settings
from dev.deploy import deploy
from tests.support.cluster import Cluster, cluster, namespace, tool
from tests.support.space import space

__all__ = ["cluster", "installed", "namespace", "space"]

SHORT_SPANS = ("startTimeoutSeconds=20", "workflowWaitSeconds=10")


def install(*values: str) -> None:
    """Upgrade the release with these values on top of the short spans."""
    helm = tool("helm")
    assert helm is not None
    folder = str(Path(helm).parent)
    if folder not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    options = [f"--set={value}" for value in (*SHORT_SPANS, *values)]
    deploy(Settings.from_environment(), options)


@pytest.fixture(scope="session")
def installed(cluster: Cluster) -> Cluster:
    """The cluster with our chart on it."""
    os.environ["KUBECONFIG"] = str(cluster.kubeconfig)
    install()
    return cluster
