"""The outcome of a task as the bytes that are sent, and how JSON is written here.

One line each, UTF-8, as AWS Lambda writes it: no spaces, no escapes for what UTF-8 can say.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PLAIN = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
"""Made once: ``json.dumps`` makes one for each call, which costs as much as a small value."""

RESULT_FILE_BYTES = 4096
"""What the kubelet reads of a termination message."""
ERROR_CHARACTERS = 256
CAUSE_CHARACTERS = 32_768

DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
RESULT_LOST = "Asw.ResultLost"
EVENT_LOST = "Asw.EventLost"
RESULT_TRUNCATED = "Asw.ResultTruncated"
INVALID_RESULT = "Asw.InvalidResult"


class Outcome:
    """``body`` is the JSON object to send; ``short_body`` the same in what a result file holds.

    A success has no short form: what is over the limit of the file exists only in the push.
    """

    def __init__(self, body: bytes, *, is_success: bool, short_body: bytes | None = None) -> None:
        self.body = body
        self.is_success = is_success
        self.short_body = body if len(body) <= RESULT_FILE_BYTES else short_body


def succeeded(output: bytes) -> Outcome:
    """The output is JSON text already, on one line."""
    return Outcome(b'{"output":' + output + b"}", is_success=True)


def failed(error: str, cause: str, short_cause: str = "") -> Outcome:
    """A failure as Retry and Catch see it; ``short_cause`` is for a file too small."""
    error, cause = error[:ERROR_CHARACTERS], cause[:CAUSE_CHARACTERS]
    short_cause = short_cause or cause
    while not fits_file(error, short_cause):
        short_cause = short_cause[: len(short_cause) // 2]
    body, short_body = _failure(error, cause), _failure(error, short_cause)
    return Outcome(body, is_success=False, short_body=short_body)


def fits_file(error: str, cause: str) -> bool:
    """Whether the failure fits the result file."""
    return len(_failure(error, cause)) <= RESULT_FILE_BYTES


def dump(value: Any, default: Any = None) -> bytes:
    """Compact JSON. Raises TypeError or ValueError for what JSON cannot say, NaN included."""
    try:
        if default is None:
            return _PLAIN.encode(value).encode()
        return _encode(value, default, ascii_only=False).encode()
    except UnicodeEncodeError:  # half a surrogate pair has no UTF-8, but an escape
        return _encode(value, default, ascii_only=True).encode()


def _encode(value: Any, default: Any, *, ascii_only: bool) -> str:
    return json.dumps(
        value, ensure_ascii=ascii_only, allow_nan=False, separators=(",", ":"), default=default
    )


def _failure(error: str, cause: str) -> bytes:
    return dump({"error": error, "cause": cause})
