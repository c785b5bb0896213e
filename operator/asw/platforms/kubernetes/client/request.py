"""One request to the API server, ready to be sent."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """``verb`` and ``plural`` are what it is counted under."""

    verb: str
    plural: str
    method: str
    path: str
    query: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None
    data: bytes | None = None
