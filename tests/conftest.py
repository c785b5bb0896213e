"""Fixtures for all tests; none of them does anything before a test asks for it.

Properties are tried on the same examples each time and however busy the machine is; new examples
are searched with ``--hypothesis-profile=search``.
"""

import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from hatch_build import compile_catalogues
from tests.support import alone
from tests.support.cluster import cluster, namespace
from tests.support.servers import close_all_accepted

__all__ = ["cluster", "namespace"]

settings.register_profile(
    "asw", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", settings.get_profile("asw"), derandomize=False)
settings.load_profile("asw")


def pytest_configure() -> None:
    """Compile catalogues that were edited, and let Ctrl-C end what tests start.

    What a shell runs in the background ignores SIGINT.
    """
    compile_catalogues(Path(__file__).parent.parent / "operator")
    close_all_accepted()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let what all tests share know who asks for it."""
    alone.remember(item)
