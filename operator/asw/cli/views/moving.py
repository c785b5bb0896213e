"""The picture of running executions, for rich: it is drawn again many times a second.

Pure: from what was seen of them, a moment and the size of the terminal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from asw.api.names import REASON_RUNNING
from asw.cli.views.tables import graph_text, phase_text
from asw.draw.active import ActiveRow, active_rows, states_done
from asw.draw.boxes import shorten, width_of
from asw.draw.graph import draw
from asw.executions.port import Children, RunSnapshot, TaskSnapshot
from asw.executions.progress import Change, HistoryReader, Progress, with_children
from asw.executions.run import Run
from asw.messages import t
from asw.messages.spans import span_text
from asw.messages.visible import one_line

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_SPINS_A_SECOND = 8
_BAR_CELLS = 24
_NAME_CELLS = 40
_ROWS_A_STATE = 4
"""What a state takes of a graph at least, with the arrow to the next."""


@dataclass(slots=True)
class Followed:
    """What was seen of one execution; ``snapshot`` is the newest, without old events."""

    snapshot: RunSnapshot
    tasks: Sequence[TaskSnapshot] = ()
    reader: HistoryReader = field(default_factory=HistoryReader)
    last_at: datetime | None = None

    def take(self, snapshot: RunSnapshot) -> Sequence[Change]:
        """Take the next snapshot; the changes in it."""
        self.snapshot = snapshot
        if snapshot.events:
            self.last_at = snapshot.events[-1].at
        return self.reader.feed(snapshot.events)

    def progress(self) -> dict[str, Progress]:
        """The progress of its states, including those of child executions."""
        return progress_of(self.snapshot, self.reader.progress())


def progress_of(snapshot: RunSnapshot, own: Mapping[str, Progress]) -> dict[str, Progress]:
    """The progress of all states: that of its ``own`` history, and that of child executions."""
    is_over = snapshot.run.is_over
    return with_children(own, snapshot.visits, snapshot.map_runs, is_over=is_over)


def picture(followed: Sequence[Followed], now: datetime, width: int, height: int) -> RenderableType:
    """All of them, in at most ``height`` lines: graphs while they fit, else lines alone."""
    each_height = max(height // max(len(followed), 1), 2)
    return Group(*(_picture(each, now, width, each_height) for each in followed))


def _picture(followed: Followed, now: datetime, width: int, height: int) -> RenderableType:
    progress, snapshot = followed.progress(), followed.snapshot
    rows = active_rows(snapshot.machine, progress, snapshot.waits, followed.tasks, now)
    head = head_text(snapshot.run, now, states_done(progress))
    head.truncate(width, overflow="ellipsis")
    lines = [head]
    room = max(height - len(lines) - 1, 1)
    shown = rows if len(rows) <= room else rows[: room - 1]
    lines += _row_texts(shown, now, width)
    if len(shown) < len(rows):
        lines.append(Text(t("  and {count} more", count=len(rows) - len(shown)), style="dim"))
    if not rows and (reason := why_it_stands(snapshot.run)):
        lines.append(Text(shorten(f"  {reason}", width), style="dim"))
    graph = _graph(followed, progress, width, height - len(lines) - 1)
    return Group(*lines, *graph)


def _graph(
    followed: Followed, progress: dict[str, Progress], width: int, height: int
) -> list[Text]:
    """The graph where it fits, after an empty line; one that surely does not is not drawn."""
    machine = followed.snapshot.machine
    if machine is None or _ROWS_A_STATE * len(machine.block.states) > height + 1:
        return []
    lines = draw(machine, progress, width)
    fits = len(lines) <= height and width_of(lines) <= width
    return [Text(""), graph_text(lines)] if fits else []


def head_text(run: Run, now: datetime, done: int = 0) -> Text:
    """Name, phase and time of an execution, with how many states are over, if any."""
    began_at = run.started_at or run.created_at
    spent = span_text(max((run.ended_at or now) - began_at, now - now))
    text = Text.assemble((run.name, "bold"), "  ", phase_text(run), f"  {spent}")
    if done:
        words = t("1 state done") if done == 1 else t("{count} states done", count=f"{done:,}")
        text.append(f"  {words}", style="dim")
    return text


def why_it_stands(run: Run) -> str:
    """Why nothing runs, according to the conditions of the execution; empty if they do not say.

    Of one that is over, or goes its way, the same conditions say just that.
    """
    if run.is_over:
        return ""
    if run.is_suspended:
        return t("suspended: asw resume {name} resumes it", name=run.name)
    for kind in ("Stalled", "Reconciling"):
        for condition in run.status.get("conditions") or ():
            is_so = condition.get("type") == kind and condition.get("status") == "True"
            if is_so and condition.get("reason") != REASON_RUNNING:
                return " ".join(filter(None, (condition.get("reason"), condition.get("message"))))
    if run.phase == "Pending":
        return t("not started yet: the operator has not picked it up")
    return ""


def _row_texts(rows: Sequence[ActiveRow], now: datetime, width: int) -> list[Text]:
    spin = SPINNER[int(now.timestamp() * _SPINS_A_SECOND) % len(SPINNER)]
    names = [_name(row) for row in rows]
    cells = width_of(tuple(names))
    texts = []
    for row, name in zip(rows, names, strict=True):
        spent = "" if row.elapsed is None else span_text(row.elapsed)
        text = Text.assemble((spin, "cyan"), f" {name}{' ' * (cells - width_of((name,)))}")
        text.append(f"  {spent:>10}")
        if row.children is not None:
            text.append("  ").append(bar(row.children))
        if row.note:
            text.append(f"  {row.note}", style="yellow")
        text.truncate(width, overflow="ellipsis")
        texts.append(text)
    return texts


def _name(row: ActiveRow) -> str:
    many = f" x {row.lines:,}" if row.lines > 1 else ""
    return "  " * row.depth + shorten(one_line(row.state), _NAME_CELLS) + many


def bar(children: Children) -> Text:
    """How far a Map is: ``━━━━━━────  3,421/10,000  12 failed``."""
    ended, total, failed = children
    cells = _BAR_CELLS * ended // total if total else 0
    bad = min(-(-_BAR_CELLS * failed // total), cells) if total else 0
    text = Text.assemble(
        ("━" * (cells - bad), "green"), ("━" * bad, "red"), ("─" * (_BAR_CELLS - cells), "dim")
    )
    text.append(f"  {ended:,}/{total:,}")
    if failed:
        text.append(f"  {t('{count} failed', count=f'{failed:,}')}", style="red")
    return text
