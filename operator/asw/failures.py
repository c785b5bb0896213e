"""Why a command cannot go on, in words for its user."""

from collections.abc import Iterable, Sequence

from asw.exits import BAD_INPUT, NOT_FOUND
from asw.messages import t

_SHOWN_NAMES = 5
_TELLING_LETTERS = 3
"""So many letters that a name begins with are enough to tell which one is meant."""


class Failure(Exception):
    """Ends the command. It is shown as ``error: message``, with the remedy in a line of its own.

    Both are texts for people, translated already. ``code`` is one of ``asw.exits``.
    """

    def __init__(self, message: str, *, remedy: str = "", code: int = BAD_INPUT) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.code = code


class Denied(Failure):
    """The cluster knows its user, but refuses: other users may get an answer."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A question with the known name nearest to this one; empty where none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 -- only for mistakes

    by_folded = {candidate.casefold(): candidate for candidate in known}
    folded = name.casefold()
    near = get_close_matches(folded, by_folded, n=1)
    if not near and len(folded) >= _TELLING_LETTERS:
        near = [candidate for candidate in by_folded if candidate.startswith(folded)]
    return t("did you mean {name}?", name=by_folded[near[0]]) if near else ""


def not_found(message: str, name: str, known: Iterable[str], otherwise: str = "") -> Failure:
    """The failure for a name that does not exist: with the nearest one, else the other remedy."""
    return Failure(message, remedy=nearest(name, known) or otherwise, code=NOT_FOUND)


def some_of(names: Sequence[str]) -> str:
    """The names in a row; of many the first ones, and how many more."""
    shown = ", ".join(names[:_SHOWN_NAMES])
    more = len(names) - _SHOWN_NAMES
    return shown if more <= 0 else t("{names} and {count} more", names=shown, count=more)
