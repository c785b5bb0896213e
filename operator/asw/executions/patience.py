"""Says on standard error what is waited for, once that takes longer than people like to guess."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from asw.messages import t

SECONDS = 1.0


class Patience:
    """See the module. ``what`` names who is to answer; ``has_words`` False keeps it silent."""

    def __init__(self, what: str, *, has_words: bool = True, seconds: float = SECONDS) -> None:
        self._what = what
        self._has_words = has_words
        self._seconds = seconds
        self._is_shown = False

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Inside somebody is waited for."""
        timer = asyncio.get_running_loop().call_later(self._seconds, self._show)
        try:
            yield
        finally:
            timer.cancel()
            self._hide()

    def _show(self) -> None:
        """A line that goes away again on a terminal; elsewhere one, the first time only."""
        if not self._has_words or self._is_shown:
            return
        self._is_shown = True
        sentence = t("waiting for {what} ...", what=self._what)
        click.echo(sentence, err=True, nl=not sys.stderr.isatty())

    def _hide(self) -> None:
        if self._is_shown and sys.stderr.isatty():
            click.echo("\r\x1b[K", err=True, nl=False)
            self._is_shown = False
