"""The line on standard error that says who is waited for."""

import sys

import click

from asw.messages import t


class WaitingNotice:
    """A line that goes away again on a terminal; elsewhere one for each wait, the first time."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def show(self, what: str) -> None:
        """Say that this one is waited for, unless that stands there."""
        if what not in self._told:
            self._told.add(what)
            sentence = t("waiting for {what} ...", what=what)
            click.echo(sentence, err=True, nl=not sys.stderr.isatty())

    def hide(self) -> None:
        """Take the line away, where that is possible."""
        if self._told and sys.stderr.isatty():
            click.echo("\r\x1b[K", err=True, nl=False)
            self._told.clear()
