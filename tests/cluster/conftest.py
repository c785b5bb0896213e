"""The operator on the real cluster, installed by the chart."""

import os

import pytest

from tests.support.cluster import Cluster
from tests.support.installation import install
from tests.support.space import space

__all__ = ["installed", "space"]


@pytest.fixture(scope="session")
def installed(cluster: Cluster) -> Cluster:
    """The cluster with our chart on it."""
    os.environ["KUBECONFIG"] = str(cluster.kubeconfig)
    install()
    return cluster
