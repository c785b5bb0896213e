"""What a coroutine makes, for code that does not await."""

import signal

import pytest

from asw.cli.awaiting import awaited


class Large:
    """A result of which somebody who wrote it out would be found out."""

    def __init__(self):
        self.written = 0

    def __repr__(self):
        self.written += 1
        return "large"


async def made(value):
    return value


def test_a_result_is_not_written_out():
    """A history of 25,000 events would keep the user waiting for minutes for a text of it."""
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, "or nothing is tested"
    large = Large()
    assert awaited(made(large)) is large
    assert large.written == 0


def test_what_is_raised_is_raised():
    """Whoever calls it hears of what went wrong."""

    async def fails():
        raise ValueError("so sad")

    with pytest.raises(ValueError, match="so sad"):
        awaited(fails())
