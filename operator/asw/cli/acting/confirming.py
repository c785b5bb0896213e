"""Asks a person before something is destroyed."""

import signal
import sys
from collections.abc import Sequence

import click

from asw.executions.run import Run
from asw.failures import Failure, some_of
from asw.messages import t


def confirm_stop(runs: Sequence[Run], *, is_yes: bool) -> bool:
    """Whether to abort them. Raises Failure where nobody is there to be asked."""
    if is_yes:
        return True
    if not is_somebody_there():
        raise Failure(
            t("asw stop asks before it aborts, and nobody is there to answer"),
            remedy=t("say --yes to abort {names}", names=_names(runs)),
        )
    return is_answered_yes(question(runs))


def is_somebody_there() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def is_answered_yes(asked: str) -> bool:
    """Whether it is yes; the end of the input is no. Raises KeyboardInterrupt for Ctrl-C.

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


def question(runs: Sequence[Run]) -> str:
    """What is asked: how the one stands, or which ones they are."""
    if len(runs) > 1:
        return t("Abort {count} executions: {names}?", count=len(runs), names=_names(runs))
    (run,) = runs
    since = run.started_at or run.created_at
    values = {
        "name": run.name,
        "phase": run.phase,
        "since": f"{since.astimezone():%Y-%m-%d %H:%M:%S}",
    }
    if run.states:
        return t(
            "Abort execution {name} ({phase} since {since}, in {states})?",
            states=run.states,
            **values,
        )
    return t("Abort execution {name} ({phase} since {since})?", **values)


def _names(runs: Sequence[Run]) -> str:
    return some_of([run.name for run in runs])
