"""Every test here runs on virtual time."""

from collections.abc import Callable, Mapping

from tests.support.virtual_time import VirtualTimeLoop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], VirtualTimeLoop]]:
    """The loop of all asynchronous tests in this folder."""
    return {"virtual": VirtualTimeLoop}
