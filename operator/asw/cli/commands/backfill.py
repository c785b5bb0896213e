"""``asw backfill``: runs a Schedule for instants of the past."""

from datetime import UTC, datetime

import click

from asw.cli import options
from asw.cli.command import Command, Example
from asw.executions.target import Target
from asw.failures import Failure
from asw.messages import t

_EXAMPLES = (
    Example(
        command="asw backfill nightly --from 2026-01-01 --to 2026-02-01",
        does="Run every instant of January, ten a minute.",
        where="cluster",
        exit_code=4,
    ),
    Example(
        command="asw backfill nightly --from 2026-01-01T06:00:00+01:00 --to 2026-01-02"
        " --per-minute 1",
        does="The same from six o'clock in Berlin on, one a minute.",
        where="cluster",
        exit_code=4,
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("name")
@click.option(
    "--from", "begin", metavar="INSTANT", required=True, help="The first instant that counts."
)
@click.option("--to", "end", metavar="INSTANT", required=True, help="The last one.")
@click.option(
    "--per-minute",
    type=click.IntRange(1, 6000),
    default=10,
    show_default=True,
    help="How many runs are started a minute, at most.",
)
@options.place_options
def command(name: str, begin: str, end: str, *, per_minute: int, target: Target) -> None:
    """Run a Schedule for instants of the past.

    NAME is a Schedule of the namespace. It gets an order (spec.backfill) with the next number, and
    the operator starts a run for each of its instants between the two, both included, with
    $$.Schedule.ScheduledTime as it would have been. Instants are dates or RFC 3339 texts; without
    a time zone they are in UTC. Runs of the past do not overlap unless concurrencyPolicy is Allow.
    An instant that had a run before gets another one.
    """
    from asw.cli.scheduling import backfill  # noqa: PLC0415 -- help needs none of it

    backfill(target, name, _instant(begin), _instant(end), per_minute)


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Failure(
            t("{text!r} is no instant", text=text),
            remedy=t("write 2026-01-31 or 2026-01-31T09:30:00Z"),
        ) from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
