"""What all tests of a cluster share is changed by those that are marked ``alone`` and no other.

Tests of the cluster run side by side, each in a namespace of its own. Whatever a test changes
beyond that (the operator's pods, the chart, custom resources, policies) others would stumble over.
"""

import pytest

MARKER = "alone"

_running: list[pytest.Item] = []


def remember(item: pytest.Item) -> None:
    """Whose turn it is from now on, its fixtures included."""
    _running[:] = [item]


def require(what: str) -> None:
    """Fail the test that runs now unless it is marked; ``what`` says what it does."""
    unmarked = [it.nodeid for it in _running if it.get_closest_marker(MARKER) is None]
    if unmarked:
        pytest.fail(f"{unmarked[0]} {what}, which other tests share: mark it pytest.mark.{MARKER}")
