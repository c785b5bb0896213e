"""Tells the user who is waited for, once that takes longer than people like to guess.

Nothing is printed here. ``asw.cli`` says who is told; until it does, nobody is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Protocol

SECONDS: Final = 1.0


class Notice(Protocol):
    """Shows that somebody is waited for."""

    def show(self, what: str) -> None:
        """The wait has become long; ``what`` names who is to answer."""

    def hide(self) -> None:
        """The wait is over, whether it was shown or not."""


_notice: ContextVar[Notice | None] = ContextVar("notice", default=None)


@contextmanager
def told_by(notice: Notice | None) -> Iterator[None]:
    """Inside, long waits are told by this notice; by none with None."""
    token = _notice.set(notice)
    try:
        yield
    finally:
        _notice.reset(token)


class Patience:
    """The wait for somebody whom ``what`` names; told after so many seconds."""

    def __init__(self, what: str, *, seconds: float = SECONDS) -> None:
        self._what = what
        self._seconds = seconds

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Inside, somebody is waited for."""
        notice = _notice.get()
        if notice is None:
            yield
            return
        import asyncio  # noqa: PLC0415 -- verbs that ask nobody do without it

        timer = asyncio.get_running_loop().call_later(self._seconds, notice.show, self._what)
        try:
            yield
        finally:
            timer.cancel()
            notice.hide()
