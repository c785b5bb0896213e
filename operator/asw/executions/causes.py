"""Reads causes: Lambda's are JSON text with a message and a stack trace. Pure."""

from collections.abc import Mapping
from typing import Final

from asw.asl.values import Json, from_text

_SHORT: Final = 160
"""Characters of a cause that are shown."""


def object_in(cause: str) -> Mapping[str, Json]:
    """The cause as a JSON object; empty if it is not one."""
    try:
        value = from_text(cause)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def message_in(cause: str) -> str:
    """The message of a cause in Lambda's format, any other cause unchanged: for a single line."""
    message = object_in(cause).get("errorMessage") if cause.lstrip().startswith("{") else None
    return message if isinstance(message, str) else cause


def named(error: str, cause: str | None) -> str:
    """The error with the first words of its cause, as a part of a sentence."""
    said = message_in(cause or "").strip()
    first = said.splitlines()[0] if said else ""
    if len(first) > _SHORT:
        first = first[: _SHORT - 1] + "…"
    return f"{error} ({first})" if first else error
