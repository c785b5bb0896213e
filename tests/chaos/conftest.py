"""Fixtures of the plays with faults."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def quiet() -> Iterator[None]:
    """What the faults make the operator say is not looked at."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
