"""What ``/metrics`` shows of the archive; all zero where there is none."""

from collections.abc import Sequence

from asw.archive.tails import Lost
from asw.archive.writing import BATCH_SECONDS
from asw.operator.metric_families import Family, Sources, Value, by_key
from asw.reconciler.counters import Histogram

_LOST = tuple(Lost)
_FAILURES = ("away", "refused", "unread")


def _backlog(sources: Sources) -> float:
    """A standby has all that ended in line: it does not ask the archive which of them it has."""
    if sources.archive is None or not sources.lease.may_act():
        return 0
    return len(sources.archive.queue)


def _logs_backlog(sources: Sources) -> float:
    if sources.archive is None or not sources.lease.may_act():
        return 0
    return len(sources.archive.tailing.queue)


def _batches(sources: Sources) -> Value:
    if sources.archive is None:
        return Histogram(BATCH_SECONDS)
    return sources.archive.writer.batch_seconds


ARCHIVE_FAMILIES: Sequence[Family] = (
    Family(
        name="asw_archive_runs",
        kind="counter",
        help="Executions that were written to the archive, redriven ones again.",
        read=lambda it: 0 if it.archive is None else it.archive.archived,
    ),
    Family(
        name="asw_archive_bytes",
        kind="counter",
        help="Bytes of their bundles.",
        read=lambda it: 0 if it.archive is None else it.archive.writer.bytes,
    ),
    Family(
        name="asw_archive_failures",
        kind="counter",
        help="Times that the archive was away; and Executions that it refused, or whose parts the"
        " API server did not tell.",
        labels=("kind",),
        read=lambda it: by_key({} if it.archive is None else it.archive.failures, _FAILURES),
    ),
    Family(
        name="asw_archive_backlog",
        kind="gauge",
        help="Ended Executions that the archive may lack; retention keeps those that it lacks.",
        read=_backlog,
    ),
    Family(
        name="asw_archive_held_back",
        kind="gauge",
        help="Of these, those that the archive refused; they are tried again each hour.",
        read=lambda it: 0 if it.archive is None else len(it.archive.refused),
    ),
    Family(
        name="asw_archive_away",
        kind="gauge",
        help="1 while the archive does not answer, and nothing is deleted therefore.",
        read=lambda it: float(it.archive is not None and it.archive.is_away),
    ),
    Family(
        name="asw_archive_batch_seconds",
        kind="histogram",
        help="How long one transaction of the archive took.",
        read=_batches,
    ),
    Family(
        name="asw_archive_logs",
        kind="counter",
        help="Tasks whose logs, or the ends of them, were written to the archive.",
        read=lambda it: 0 if it.archive is None else it.archive.tailing.kept,
    ),
    Family(
        name="asw_archive_log_bytes",
        kind="counter",
        help="Bytes of these, before they are compressed.",
        read=lambda it: 0 if it.archive is None else it.archive.tailing.bytes,
    ),
    Family(
        name="asw_archive_logs_lost",
        kind="counter",
        help="Tasks whose logs are not kept: their pods went before, their nodes refused or did not"
        " answer in time, a line was too long, or the archive was away.",
        labels=("reason",),
        read=lambda it: by_key({} if it.archive is None else it.archive.tailing.lost, _LOST),
    ),
    Family(
        name="asw_archive_log_backlog",
        kind="gauge",
        help="Tasks that have ended and whose logs are still to be kept.",
        read=_logs_backlog,
    ),
)
