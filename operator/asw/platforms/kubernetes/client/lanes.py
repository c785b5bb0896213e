"""Which requests wait for each other: those of a namespace, or those of work that has its own lane.

Work that nobody waits for, such as deletions, must neither stand in the line of a namespace that
asks for too much, nor take a place there of what somebody waits for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

LANE: Final = 12
"""How many connections the requests of a lane may have; the others wait in a line of their own.

The API server divides its processors among what is in flight. With 50 a Map of a thousand children
left a neighbour's requests a fiftieth; with 12 as many runs end a second (design note 0012)."""

own_lane: ContextVar[str] = ContextVar("own_lane", default="")
"""The lane of all requests that the current task makes; empty for their namespaces'."""


@contextmanager
def lane(name: str) -> Iterator[None]:
    """Inside, also in tasks that begin there, requests take this lane; no namespace has a slash."""
    before = own_lane.set(name)
    try:
        yield
    finally:
        own_lane.reset(before)
