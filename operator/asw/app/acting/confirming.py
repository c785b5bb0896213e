"""Asks a person before something is destroyed."""

import sys
from collections.abc import Sequence

import click

from asw.app.failures import Failure
from asw.app.messages import t
from asw.app.runs.port import Run

_SHOWN = 5


def confirm_stop(runs: Sequence[Run], *, is_yes: bool) -> bool:
    """Whether to abort them. Raises Failure where nobody is there to be asked."""
    if is_yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Failure(
            t("asw stop asks before it aborts, and nobody is there to answer"),
            remedy=t("say --yes to abort {names}", names=_names(runs)),
        )
    return click.confirm(question(runs), default=False, err=True)


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
    names = ", ".join(run.name for run in runs[:_SHOWN])
    more = len(runs) - _SHOWN
    return names if more <= 0 else t("{names} and {count} more", names=names, count=more)
