"""The view that follows executions while they run, on standard error.

On a terminal a picture that moves; elsewhere, as in CI, plain lines, one for each state that is
entered, left or failed; nothing where it is to be quiet. Fed with ``RunSnapshot`` values,
whose events may be new ones only: ``seen`` says from where on.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from asw.asl.values import Json, to_text
from asw.cli.views.moving import Followed, picture
from asw.draw.boxes import shorten
from asw.executions.causes import message_in
from asw.executions.port import RunSnapshot, TaskSnapshot
from asw.executions.progress import Change
from asw.messages import t
from asw.messages.spans import span_text
from asw.messages.visible import one_line

SPARE_ROWS = 2
"""Left free below the picture: the prompt, and what a person types."""


class LiveView:
    """The view, as a context. At its end the picture disappears and plain lines stay.

    ``console`` must be the one that prints everything else, so that lines appear above the picture,
    not in it. Nothing is shown before the context is entered; then it catches up. ``is_moving``
    chooses the moving picture; by default it is used on terminals that can show it.
    """

    def __init__(
        self, console: Console, *, is_quiet: bool = False, is_moving: bool | None = None
    ) -> None:
        self._console = console
        self._is_quiet = is_quiet
        if is_moving is None:  # colours may be forced where there is no terminal, as in CI
            is_moving = console.file.isatty() and not console.is_dumb_terminal
        self.is_moving = is_moving and not is_quiet
        self._live: Live | None = None
        self._followed: dict[str, Followed] = {}
        self._tellers: dict[str, PlainTeller] = {}
        self._pending: list[str] = []
        self._is_open = False
        self._note = ""

    def __enter__(self) -> Self:
        self._is_open = True
        if self.is_moving:
            self._live = Live(
                console=self._console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=True,  # what others say meanwhile appears above
                vertical_overflow="crop",
            )
            self._live.__enter__()
        self._tell(())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_open = False
        if self._live is not None:
            self._live.__exit__(kind, error, trace)
            self._live = None

    def seen(self, uid: str) -> int:
        """Id of the last event of the execution that was taken, 0 where none was."""
        followed = self._followed.get(uid)
        return 0 if followed is None else followed.reader.last_id

    def take(self, snapshot: RunSnapshot) -> None:
        """Take a snapshot of an execution; its events may be all, or only the new ones."""
        uid = snapshot.run.uid
        if uid not in self._followed:
            self._followed[uid] = Followed(snapshot)
            self._tellers[uid] = PlainTeller()
        followed = self._followed[uid]
        changes = followed.take(snapshot)
        if not self._is_quiet and not self.is_moving:
            self._tell([*self._tellers[uid].lines(followed, changes)])

    def take_tasks(self, uid: str, tasks: Sequence[TaskSnapshot]) -> None:
        """Take the state of an execution's tasks: their place may know more than history."""
        if uid in self._followed:
            self._followed[uid].tasks = tasks

    def note(self, sentence: str) -> None:
        """Show what is waited for below the picture, until it changes; empty for nothing.

        A plain line is printed once.
        """
        if sentence == self._note:
            return
        self._note = sentence
        if sentence and not self._is_quiet and not self.is_moving:
            self._tell([sentence])

    def draw(self, now: datetime | None = None) -> float:
        """Draw the next frame, if there is a picture; the seconds that it took."""
        if self._live is None:
            return 0.0
        began_at = time.monotonic()
        self._live.update(self._picture(now or datetime.now(UTC)), refresh=True)
        return time.monotonic() - began_at

    def _picture(self, now: datetime) -> RenderableType:
        width, rows = self._console.size
        height = rows - SPARE_ROWS - bool(self._note)
        drawn = picture(list(self._followed.values()), now, width, height)
        note = [Text(self._note, style="yellow", no_wrap=True)] if self._note else []
        return Group(drawn, *note)

    def _tell(self, lines: Sequence[str]) -> None:
        self._pending += lines
        if self._is_open:
            for line in self._pending:
                self._console.print(Text(line), soft_wrap=True)
            self._pending = []


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
