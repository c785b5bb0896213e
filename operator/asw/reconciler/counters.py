"""What the reconciler did, counted since it began; whoever serves metrics reads it."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Counters:
    """Plain numbers that only grow."""

    passes: int = 0
    loads: int = 0
    saves: int = 0
    starts: int = 0
    cancels: int = 0
    conflicts: int = 0
    """Saves refused because somebody else wrote first; each costs a load."""
    unavailable: int = 0
    """Times that the platform did not answer."""
    refused: int = 0
    """Times that the platform refused, so that a human must act."""
    errors: int = 0
    """Passes that ended in an exception that is our own fault."""
    saved_results: int = 0
    """Deliveries answered SAVED."""
    late_results: int = 0
    """Deliveries answered LATE."""
