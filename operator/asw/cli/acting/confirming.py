"""Asks a person before something is done that cannot be undone."""

import signal
import sys

import click


def is_somebody_there() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def is_answered_yes(asked: str) -> bool:
    """Whether the answer is yes; the end of the input is no. Raises KeyboardInterrupt for Ctrl-C.

    The event loop would keep the first Ctrl-C until something is awaited, and nothing is.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return click.confirm(asked, default=False, err=True)
    except click.Abort as abort:
        click.echo(err=True)
        if isinstance(abort.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from abort
        return False
    finally:
        signal.signal(signal.SIGINT, before)
