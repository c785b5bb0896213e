"""What to start for the instants that have come: ``decide``, a pure function.

How late is late, and what becomes of late ones, follows CronJobs of Kubernetes
(``startingDeadlineSeconds``); catching up and queueing go beyond them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from asw.schedules.timetable import Timetable

Concurrency: TypeAlias = Literal["Allow", "Forbid", "Replace", "Queue"]
CatchUp: TypeAlias = Literal["None", "Last", "All"]

MOST_LOOKED_AT: Final = 1000
"""Instants of one schedule that are looked at at once; older ones are given up, uncounted."""
ON_TIME: Final = timedelta(minutes=2)
"""An instant is on time for so long, unless its schedule says otherwise: longer than it takes
another replica to take over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a schedule wants for instants that are late, or come while it runs."""

    concurrency: Concurrency = "Allow"
    catch_up: CatchUp = "Last"
    limit: int = 100
    """How many late ones are caught up, and how many runs may wait in a queue."""
    on_time: timedelta = ON_TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A run to start for this instant; one that ``waits`` goes on when those before it ended."""

    instant: datetime
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do now.

    ``until``: all instants up to here are decided. ``missed`` counts those for which nothing is
    started, ``barred`` those of them that other runs kept from it. ``replaces``: the runs that are
    not over are to be stopped.
    """

    until: datetime
    starts: Sequence[Start] = ()
    missed: int = 0
    barred: int = 0
    replaces: bool = False


def decide(
    table: Timetable, rules: Rules, since: datetime, now: datetime, waiting: Sequence[bool]
) -> Decision:
    """What to start for the instants after ``since`` and up to ``now``.

    ``waiting`` has an entry for each run that is not over: whether it waits for those before it.
    """
    come = table.latest(since, now, MOST_LOOKED_AT)
    if not come:
        return Decision(until=since)
    on_time = [it for it in come if now - it <= rules.on_time]
    late = come[: len(come) - len(on_time)]
    if rules.catch_up == "All":
        wanted = [*late[-rules.limit :], *on_time]
    elif rules.catch_up == "Last" and not on_time:
        wanted = late[-1:]
    else:
        wanted = on_time
    starts = _admitted(wanted, rules, waiting)
    return Decision(
        until=come[-1],
        starts=starts,
        missed=len(come) - len(starts),
        barred=len(wanted) - len(starts),
        replaces=rules.concurrency == "Replace" and bool(starts) and bool(waiting),
    )


def _admitted(
    wanted: Sequence[datetime], rules: Rules, waiting: Sequence[bool]
) -> tuple[Start, ...]:
    """The starts that other runs of the schedule allow."""
    is_busy = bool(waiting)
    if rules.concurrency == "Allow":
        return tuple(Start(instant=it) for it in wanted)
    if rules.concurrency == "Forbid":
        return () if is_busy else tuple(Start(instant=it) for it in wanted[:1])
    if rules.concurrency == "Replace":
        return tuple(Start(instant=it, waits=is_busy) for it in wanted[-1:])
    starts = list[Start]()
    room = rules.limit - sum(waiting)
    for instant in wanted:
        waits = is_busy or bool(starts)
        if waits and room <= 0:
            break
        room -= waits
        starts.append(Start(instant=instant, waits=waits))
    return tuple(starts)


def offset(uid: str, jitter: timedelta) -> timedelta:
    """How much later than its instants a schedule starts: always the same, up to ``jitter``.

    It follows from the uid, so that every replica agrees, and the order of instants stays.
    """
    digest = hashlib.sha256(f"jitter {uid}".encode()).digest()
    share = int.from_bytes(digest[:8]) / 2**64
    return timedelta(milliseconds=int(jitter / timedelta(milliseconds=1) * share))


def run_name(schedule: str, uid: str, instant: datetime, backfill: int = 0) -> str:
    """metadata.name of the Execution for this instant: a second one would have the same.

    ``uid`` is that of the schedule, so that one that is made anew starts anew.
    """
    order = f" {backfill}" if backfill else ""
    digest = hashlib.sha256(f"{uid} {instant.isoformat()}{order}".encode()).hexdigest()[:8]
    tail = f"{instant:%Y%m%dt%H%M%S}-{digest}"
    head = schedule[: 62 - len(tail)].rstrip("-.")
    return f"{head}-{tail}"
