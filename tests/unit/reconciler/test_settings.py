"""Pauses after failures in a row."""

from datetime import timedelta

import pytest

from asw.reconciler.settings import Settings

SETTINGS = Settings(backoff_base=timedelta(seconds=1), backoff_cap=timedelta(seconds=30))


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (1000, 30)]
)
def test_doubles_up_to_the_cap(failures: int, seconds: float) -> None:
    """Without luck, each pause is twice the one before, and never longer than the cap."""
    assert SETTINGS.pause(failures, lambda: 1.0) == timedelta(seconds=seconds)


def test_jitter_takes_at_most_half() -> None:
    """Workers that failed together do not come again together, nor at once."""
    assert SETTINGS.pause(2, lambda: 0.0) == timedelta(seconds=1)
