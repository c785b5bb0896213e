"""Errors of the API server as the port's own classes, translated here and nowhere else.

Sorted by who must act: nobody for ``Conflict`` and ``Unavailable``, a human for ``Refused``.
``NotFound`` and ``AlreadyExists`` are expected by callers and never reach the reconciler.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from asw.reconciler.platform import Conflict, PlatformError, Refused, TooLarge, Unavailable

LONGEST_PAUSE_SECONDS = 10.0

SIZE_REFUSALS = (
    "request is too large",
    "request entity too large",
    "trying to send message larger than max",
    "too long:",
    "must have at most",
    "may not be more than",
    "`selector` not auto-generated",
)
"""How etcd, the API server's own limits and the validation of objects word it, in lower case.

The last one is for Jobs: if an object is too large the API server tries a leaner copy, and for a
Job that it has already filled in that fails for this reason.
"""

UNKNOWN_FIELD = "field not declared in schema"
"""How the API server says, with status 500, that an applied object has an unknown field."""


class NotFound(PlatformError):
    """No such object, or no such kind of object (404)."""


class Forbidden(Refused):
    """We are known but not allowed (403 of RBAC); the message names verb, resource, namespace."""


class Unauthorized(Unavailable):
    """We are not known: credentials are missing, wrong or expired (401). New ones may help."""


class Stranger(Unavailable):
    """The answer is not an API server's, but that of a proxy or a login page, for example."""


class Damaged(Refused):
    """An object that holds a part of an Execution is gone, somebody else's, or was changed."""


class AlreadyExists(PlatformError):
    """An object of that name exists already (409 on create)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why an object is refused; ``field`` is empty if it concerns the whole object."""

    field: str
    message: str


def error_of(status: int, method: str, answer: bytes, most: int | None = None) -> PlatformError:
    """The error that an answer other than 2xx stands for, with ``most`` characters of its words."""
    message = message_of(answer)[:most]
    if status < 400:
        return Stranger(f"{status}: it redirects to another address")
    if status == 413 or (status in (400, 422, 500) and _is_about_size(message)):
        return TooLarge(message)
    if status == 409:
        return AlreadyExists(message) if method == "POST" else Conflict(message)
    if status in (403, 404):
        return Forbidden(message) if status == 403 else NotFound(message)
    if status in (401, 408, 410, 429) or (status >= 500 and UNKNOWN_FIELD not in message):
        kind = Unauthorized if status == 401 else Unavailable
        return kind(f"{status}: {message}")
    return Refused(message)


def message_of(answer: bytes) -> str:
    """The message of an answer other than 2xx: its Status's, else the beginning of its text."""
    try:
        parsed = orjson.loads(answer)
    except ValueError:
        return answer[:500].decode(errors="replace")
    return str(parsed.get("message") or parsed) if isinstance(parsed, dict) else str(parsed)


def refusals_in(answer: bytes) -> Sequence[Refusal]:
    """The reasons that an answer (a Status) gives, each with its field; at least one."""
    try:
        status = orjson.loads(answer)
    except ValueError:
        status = {"message": answer[:500].decode(errors="replace")}
    causes = (status.get("details") or {}).get("causes") or ()
    found = [Refusal(cause.get("field", ""), cause.get("message", "")) for cause in causes]
    return found or [Refusal("", str(status.get("message", "")))]


def _is_about_size(message: str) -> bool:
    words = message.lower()
    return any(each in words for each in SIZE_REFUSALS)


def retry_after(value: str | None) -> float | None:
    """Seconds that the header Retry-After asks for, up to LONGEST_PAUSE_SECONDS."""
    if value is None or not value.isdigit():
        return None
    return min(float(value), LONGEST_PAUSE_SECONDS)
