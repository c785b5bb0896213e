"""Tests of the cluster run side by side, but for those that change what all of them share."""

from pathlib import Path

import pytest

from tests.support import alone
from tests.support.cluster import Cluster

REFUSED = pytest.raises(pytest.fail.Exception, match=r"test_alone\.py.*mark it pytest\.mark\.alone")
CLUSTER = Cluster(Path("none"), "true")
"""Whose kubectl does nothing."""


def test_who_is_not_marked_changes_nothing_of_all() -> None:
    """It fails by itself, before a test beside it does."""
    with REFUSED:
        alone.require("takes the operator away")


@pytest.mark.alone
def test_who_is_marked_may() -> None:
    """Nobody is beside it."""
    alone.require("takes the operator away")
    CLUSTER.kubectl("scale", "deployment/asw", "--replicas=0", "--namespace=asw-system")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("scale", "deployment/asw", "--replicas=0", "--namespace=asw-system"), None),
        (("--namespace", "asw-system", "rollout", "restart", "deployment/asw"), None),
        (("replace", "--filename=-"), '{"kind": "ClusterRole", "name": "asw-asw-system"}'),
    ],
)
def test_kubectl_leaves_the_installation_alone(words: tuple[str, ...], text: str | None) -> None:
    """Its namespace, and all that is named after that: roles and policies."""
    with REFUSED:
        CLUSTER.kubectl(*words, stdin=text)


@pytest.mark.parametrize("words", [("apply", "-n", "mine"), ("get", "pods", "-n", "asw-system")])
def test_kubectl_does_all_else(words: tuple[str, ...]) -> None:
    """Whoever only reads, or writes into a namespace of his own, harms nobody."""
    assert CLUSTER.kubectl(*words).returncode == 0
