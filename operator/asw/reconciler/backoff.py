"""How long to pause after failures in a row: doubling, capped, with jitter. Pure."""

from collections.abc import Callable
from datetime import timedelta

from asw.reconciler.settings import Settings


def pause(failures: int, settings: Settings, chance: Callable[[], float]) -> timedelta:
    """The pause after the n-th failure in a row, from 1: between half of the full one and all."""
    doubled: int = 2 ** min(failures - 1, 30)
    full = min(settings.backoff_base * doubled, settings.backoff_cap)
    return full * (0.5 + chance() / 2)
