"""Where calls of APIs may go, and as whom: resolved to plain values."""

from dataclasses import dataclass
from typing import Final

from asw.connector.addresses import Network
from asw.connector.http.authorization import Authorization

LONGEST_SECONDS: Final = 60
"""AWS: how long a call may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAccess:
    """Where calls may go and as whom: what a Connection of kind http says.

    With an ``endpoint`` calls go to its scheme, host and port only; without one to any by https.
    """

    name: str
    endpoint: str | None = None
    ca: str | None = None
    connect_seconds: float = 5
    call_seconds: float = LONGEST_SECONDS
    calls_per_second: float | None = None
    allowed: tuple[Network, ...] = ()
    authorization: Authorization | None = None
