"""What the container was told, by the variables of the warm contract."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

MOST_SLOTS: Final = 512
"""Most calls that one process has under way."""
USUAL_SLOTS: Final = 64
_RESULT_SECONDS: Final = 600.0


class BadSettings(ValueError):
    """A variable is missing or makes no sense; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Of one process. ``call_seconds`` is how long a task may take; 0 is as its call may."""

    url: str
    token: str = field(repr=False)
    pod: str
    pod_name: str
    ca: str
    server_name: str
    slots: int
    result_seconds: float
    call_seconds: float

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> "Settings":
        """The settings in the variables. Raises BadSettings."""
        needed = ("ASW_POLL_URL", "ASW_POLL_TOKEN", "ASW_POD_UID", "ASW_CA")
        if missing := [it for it in needed if not variables.get(it)]:
            raise BadSettings(f"the connector needs {', '.join(missing)}")
        slots = _number(variables, "ASW_CONCURRENCY", USUAL_SLOTS)
        if slots not in range(1, MOST_SLOTS + 1):
            raise BadSettings(f"ASW_CONCURRENCY is not a number from 1 to {MOST_SLOTS}")
        url = variables["ASW_POLL_URL"].rstrip("/")
        if not is_address(url):
            raise BadSettings("ASW_POLL_URL is not https://ADDRESS:PORT")
        return cls(
            url=url,
            token=variables["ASW_POLL_TOKEN"].strip(),
            pod=variables["ASW_POD_UID"],
            pod_name=variables.get("ASW_POD_NAME", ""),
            ca=variables["ASW_CA"],
            server_name=variables.get("ASW_SERVER_NAME", ""),
            slots=int(slots),
            result_seconds=_number(variables, "ASW_RESULT_WAIT", _RESULT_SECONDS),
            call_seconds=_number(variables, "ASW_TIMEOUT_SECONDS", 0),
        )


def is_address(url: str) -> bool:
    """Whether it is https, a host or address, and perhaps a port, and nothing else."""
    try:
        parts = urlsplit(url)
        rest = (parts.path.strip("/"), parts.query, parts.fragment, parts.username)
        is_whole = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return is_whole and not any(rest)


def _number(variables: Mapping[str, str], name: str, usual: float) -> float:
    text = variables.get(name)
    if not text:
        return usual
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < math.inf:
        raise BadSettings(f"{name} is not a number of 0 or more")
    return number
