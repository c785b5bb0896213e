"""An error with its cause in short, as a part of a sentence on something else. Pure."""

from typing import Final

from asw.executions.causes import message_in

_SHORT: Final = 160
"""Characters of a cause that are shown."""


def named(error: str, cause: str | None) -> str:
    """The error with the first words of its cause, as a part of a sentence."""
    said = message_in(cause or "").strip()
    first = said.splitlines()[0] if said else ""
    if len(first) > _SHORT:
        first = first[: _SHORT - 1] + "…"
    return f"{error} ({first})" if first else error
