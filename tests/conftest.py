"""Fixtures for all tests; none of them does anything before a test asks for it."""

import signal

from tests.support.cluster import cluster, namespace

__all__ = ["cluster", "namespace"]


def pytest_configure() -> None:
    """Let Ctrl-C end what tests start: what a shell runs in the background ignores SIGINT."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
