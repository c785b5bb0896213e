"""Instants as text: RFC 3339 in, milliseconds in UTC out.

Must not know the clock.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)


def parse_timestamp(text: str) -> datetime | None:
    """The instant that an RFC 3339 text names, to the microsecond; None if it is not one.

    ASL: timestamps have a capital T between date and time, and a capital Z if they have no offset.
    Digits beyond microseconds are dropped.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    day, time, fraction, *offset = match.groups()
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        instant = datetime.fromisoformat(f"{day}T{time}")
        return instant.replace(microsecond=micros, tzinfo=_zone(*offset))
    except ValueError:
        return None


def format_timestamp(instant: datetime) -> str:
    """The instant in UTC with milliseconds, as AWS writes it: ``2026-11-24T10:00:00.123Z``."""
    if instant.tzinfo is None:
        raise ValueError("an instant without a time zone is ambiguous")
    text = instant.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def _zone(sign: str | None, hours: str, minutes: str) -> timezone:
    if sign is None:
        return UTC
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset)
