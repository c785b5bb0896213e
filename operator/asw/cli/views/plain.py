"""What happens to an execution as plain lines, one a change: for logs of CI and dumb terminals.

Pure. States of Map iterations are told by how far the Map is, since there may be thousands.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from asw.asl.values import Json, to_text
from asw.cli.views.moving import Followed
from asw.draw.boxes import shorten
from asw.executions.causes import message_in
from asw.executions.progress import Change
from asw.messages import t
from asw.messages.spans import span_text
from asw.messages.visible import one_line

_TENTHS = 10
_CAUSE_CELLS = 160


class PlainTeller:
    """Remembers which tenths of each Map it has told."""

    def __init__(self) -> None:
        self._told: dict[str, int] = {}

    def lines(self, followed: Followed, changes: Sequence[Change]) -> Iterator[str]:
        """A line for each change, and for each Map that is a tenth further."""
        for change in changes:
            if change.kind == "left":
                self._told[change.state] = _TENTHS  # that says it
            if change.kind == "entered":
                self._told[change.state] = 0
            if not change.is_inner:
                yield _line(followed, change.event.at, change.state, _words(change))
        yield from self._maps(followed)

    def _maps(self, followed: Followed) -> Iterator[str]:
        for state, progress in followed.progress().items():
            if progress.children is None:
                continue
            ended, total, failed = progress.children
            tenth = _TENTHS * ended // total if total else 0
            if tenth == self._told.get(state, 0):
                continue
            self._told[state] = tenth
            words = t("{ended} of {total}", ended=f"{ended:,}", total=f"{total:,}")
            if failed:
                words += ", " + t("{count} failed", count=f"{failed:,}")
            at = followed.last_at or followed.snapshot.run.created_at
            yield _line(followed, at, state, words)


def _line(followed: Followed, at: datetime, state: str, words: str) -> str:
    since = followed.reader.began_at or at
    name = followed.snapshot.run.name
    return f"{span_text(at - since):>9}  {name}  {one_line(state)}: {words}"


def _words(change: Change) -> str:
    match change.kind:
        case "entered":
            return t("entered")
        case "left":
            return t("left after {took}", took=span_text(change.took)) if change.took else t("left")
        case "retried":
            return t("tries again")
        case "failed":
            why = shorten(one_line(_reason(change.event.details)), _CAUSE_CELLS)
            return t("failed: {why}", why=why) if why else t("failed")


def _reason(details: Mapping[str, Json]) -> str:
    error, cause = details.get("error"), details.get("cause")
    texts = [error, message_in(cause) if isinstance(cause, str) else cause]
    return ": ".join(each if isinstance(each, str) else to_text(each) for each in texts if each)
