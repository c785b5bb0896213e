"""The view that follows executions while they run, on standard error.

On a terminal a picture that moves; elsewhere, as in CI, plain lines, one for each state that is
entered, left or failed; nothing where it is to be quiet. Fed with ``RunSnapshot`` values,
whose events may be new ones only: ``seen`` says from where on.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from asw.cli.views.moving import Followed, picture
from asw.cli.views.plain import PlainTeller
from asw.executions.port import RunSnapshot, TaskSnapshot

SPARE_ROWS = 2
"""Left free below the picture: the prompt, and what a person types."""


class LiveView:
    """See the module; a context, at whose end the picture is gone and plain lines stay.

    ``console`` must be the one through which everything else is said, so that lines appear above
    the picture, not in it. Nothing is shown before the context is entered; what was taken before
    is caught up on then. ``is_moving`` says whether the picture moves; by default it does where a
    terminal can do that.
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
        """What an execution is like now; its events may be new ones only, or all."""
        uid = snapshot.run.uid
        if uid not in self._followed:
            self._followed[uid] = Followed(snapshot)
            self._tellers[uid] = PlainTeller()
        followed = self._followed[uid]
        changes = followed.take(snapshot)
        if not self._is_quiet and not self.is_moving:
            self._tell([*self._tellers[uid].lines(followed, changes)])

    def take_tasks(self, uid: str, tasks: Sequence[TaskSnapshot]) -> None:
        """What an execution's tasks are like, where their place can say more than history."""
        if uid in self._followed:
            self._followed[uid].tasks = tasks

    def note(self, sentence: str) -> None:
        """What is waited for, below the picture until something else is; empty for nothing.

        As a plain line it is said once.
        """
        if sentence == self._note:
            return
        self._note = sentence
        if sentence and not self._is_quiet and not self.is_moving:
            self._tell([sentence])

    def draw(self, now: datetime | None = None) -> float:
        """Draw the next frame, where there is a picture; the seconds that it took."""
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
