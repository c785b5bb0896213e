"""Two replicas: one acts, the other is warm, and either may be asked or killed."""

import json
from collections.abc import Iterator

import pytest

from tests.support.cluster import Cluster
from tests.support.installation import SYSTEM, install
from tests.support.space import Space, execution, function, one_task, workflow

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

SOURCE = "def main_handler(event, context):\n    return 'x' * event\n"
LARGE = 6_000
"""Too large for a termination message: it arrives by push or not at all."""


@pytest.fixture
def two_replicas(installed: Cluster) -> Iterator[None]:
    """The operator with a standby."""
    install("replicas=2")
    yield
    install()


def _leader(space: Space) -> str:
    lease = space.kubectl("--namespace", SYSTEM, "get", "lease", "asw", "--output=json")
    return str(json.loads(lease)["spec"]["holderIdentity"])


def _run_all(space: Space, prefix: str) -> set[str]:
    names = [f"{prefix}-{number}" for number in range(8)]
    space.apply(*(execution(name, "repeat", LARGE) for name in names))
    return {space.finished(name)["status"]["phase"] for name in names}


def test_standby(space: Space, two_replicas: None) -> None:
    """Pushes that meet the standby arrive, and after the leader's death it goes on."""
    space.apply(function("repeat", SOURCE), workflow("repeat", one_task("repeat")))
    assert _run_all(space, "before") == {"Succeeded"}
    dead = _leader(space)
    space.kubectl("--namespace", SYSTEM, "delete", "pod", dead, "--grace-period=0", "--force")
    assert _run_all(space, "after") == {"Succeeded"}
    assert _leader(space) != dead
