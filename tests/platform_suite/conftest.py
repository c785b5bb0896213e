"""Which platforms the suite runs over."""

import importlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.harness import PlatformHarness

HARNESSES = {
    "fake": "tests.support.fake_harness",
    "local": "tests.support.local_harness",
    "cluster": "tests.support.cluster_harness",
}
"""Modules with ``open_harness(folder)``, a context manager that yields a PlatformHarness."""


def _parameters() -> list[object]:
    marks = {"cluster": [pytest.mark.cluster]}
    return [
        pytest.param(module, id=name, marks=marks.get(name, []))
        for name, module in HARNESSES.items()
        if find_spec(module) is not None
    ]


@pytest.fixture(params=_parameters())
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PlatformHarness]:
    """The platform under test, empty."""
    harness = importlib.import_module(request.param)
    with harness.open_harness(tmp_path) as opened:
        yield opened
