"""Cron expressions of five fields in a time zone, as instants in UTC.

The arithmetic is cronsim's, which follows Debian's cron over the two jumps of a year: a fixed hour
that happens twice counts once, one that is missing counts at its end, and fields that begin with a
star follow elapsed time. Here are what it leaves to its caller: macros, time zones, sentences, and
the case that one starts to look within an hour that happens twice.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

LONGEST_CRON: Final = 256
"""Characters: enough for every minute of an hour by its number."""
MACROS: Final[Mapping[str, str]] = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""The macros that Kubernetes' CronJobs have."""
EVERY: Final = "@every "
"""The macro that names a span instead."""

_FIELDS: Final = 5
_EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)


@lru_cache(maxsize=64)
def zone_named(name: str) -> tzinfo:
    """The IANA time zone of this name. Raises ValueError with a sentence."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"{name!r} is no time zone of the IANA database: write UTC, Europe/Berlin or"
            " Asia/Shanghai"
        ) from error


def fields_of(text: str) -> str:
    """The five fields that the text stands for. Raises ValueError with a sentence."""
    fields = MACROS.get(text.strip().lower(), text)
    if fields.lstrip().startswith("@"):
        known = ", ".join(MACROS)
        raise ValueError(f"{text!r} is unknown: the macros are {known} and @every 12h")
    if len(fields) > LONGEST_CRON:
        raise ValueError(f"a cron expression may have {LONGEST_CRON} characters")
    if (count := len(fields.split())) != _FIELDS:
        raise ValueError(
            f"{text!r} has {count} fields instead of 5: minute, hour, day of month, month, day of"
            " week"
        )
    try:
        found = next(CronSim(fields, _EPOCH), None)
    except CronSimError as error:
        raise ValueError(f"{text!r}: {_told(str(error))}") from error
    if found is None:
        raise ValueError(f"{text!r} names no day that there is")
    return fields


def forward(fields: str, zone: tzinfo, after: datetime) -> Iterator[datetime]:
    """The instants after that one, in order."""
    for found in CronSim(fields, after.astimezone(zone)):
        instant = found.astimezone(UTC)
        # Within an hour that happens twice, cronsim answers with the first of the two.
        if instant > after:
            yield instant


def backward(fields: str, zone: tzinfo, until: datetime) -> Iterator[datetime]:
    """The instants up to that one, the latest first."""
    start = until.replace(microsecond=0) + _SECOND
    for found in CronSim(fields, start.astimezone(zone), reverse=True):
        instant = found.astimezone(UTC)
        if instant <= until:
            yield instant


def _told(words: str) -> str:
    """What cronsim says of a field, as a sentence."""
    return f"the field {words.removeprefix('Bad ')!r} is wrong" if "Bad " in words else words
