"""The operator on the real cluster, installed by the chart."""

import pytest

from tests.support.cluster import Cluster
from tests.support.installation import installed_cluster
from tests.support.space import space

__all__ = ["installed", "space"]


@pytest.fixture(scope="session")
def installed() -> Cluster:
    """The cluster with our chart on it."""
    return installed_cluster()
