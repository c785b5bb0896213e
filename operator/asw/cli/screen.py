"""What the commands show: for people in colour, for programs as JSON lines."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.json import JSON
from rich.text import Text

from asw.api.history import event_to_line
from asw.api.instants import instant_text
from asw.api.phases import STATUS_OF
from asw.asl.values import Json, to_text
from asw.cli.live import LiveView
from asw.cli.views.findings_text import show_findings
from asw.cli.views.moving import head_text, progress_of, why_it_stands
from asw.cli.views.tables import (
    PIPED_CELLS,
    failure_text,
    graph_text,
    history_lines,
)
from asw.draw.graph import draw
from asw.executions.port import RunSnapshot
from asw.executions.progress import read_history
from asw.executions.run import Run
from asw.lint.findings import Finding
from asw.messages import t
from asw.platforms.local.logs import Echo


@dataclass(frozen=True, slots=True)
class Look:
    """What to show: only outputs or everything, for people or programs, output of functions."""

    is_quiet: bool = False
    is_json: bool = False
    has_logs: bool = False


class Screen:
    """Standard output for results, standard error for what is said about them."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._out = Console(highlight=False, soft_wrap=False)
        self._err = Console(stderr=True, highlight=False)

    def report(self, snapshot: RunSnapshot, *, events: int, place: str) -> None:
        """An execution: graph, history (the last ``events`` of it), and how it ended.

        The output alone is a result; all else is said about it. ``place`` holds the options that
        name the store to other verbs.
        """
        if self._look.is_json:
            self._print_raw(to_text(_plain(snapshot)))
            return
        if not self._look.is_quiet:
            self._err.print(picture(snapshot, self._err.width), "")
            self._history(snapshot, events, place)
        self._outcome(snapshot.run, place)

    def _history(self, snapshot: RunSnapshot, limit: int, place: str) -> None:
        shown = snapshot.events[-limit:]
        if hidden := len(snapshot.events) - len(shown):
            command = f"asw history {snapshot.run.name} {place}"
            words = t("... {count} events before these: {command}", count=hidden, command=command)
            self._err.print(Text(words), soft_wrap=True)
        if shown:
            since, reading = snapshot.events[0].at, read_history(snapshot.events)
            width = self._err.width if self._err.is_terminal else PIPED_CELLS
            for line in history_lines(shown, reading, began_at=since, width=width):
                self._err.print(line, soft_wrap=True)
            self._err.print("")

    def findings(self, findings: Sequence[Finding]) -> None:
        """Everything that is wrong, each with its place."""
        show_findings(findings)

    def say(self, sentence: str) -> None:
        """Something about what happens."""
        self._err.print(Text(sentence), soft_wrap=True)

    def remark(self, sentence: str) -> None:
        """Say something, unless only outputs are wanted."""
        if not self._look.is_quiet:
            self.say(sentence)

    @property
    def echo(self) -> Echo | None:
        """Shows what tasks print, if asked to."""
        return self._printed if self._look.has_logs else None

    def _printed(self, state: str, data: bytes) -> None:
        for line in data.decode(errors="replace").splitlines():
            self._err.print(Text.assemble((f"{state} | ", "dim"), line), soft_wrap=True)

    def live_view(self) -> LiveView:
        """The view of executions while they run."""
        return LiveView(self._err, is_quiet=self._look.is_quiet or self._look.is_json)

    def _outcome(self, run: Run, place: str) -> None:
        if run.phase == "Succeeded" and (self._look.is_quiet or not self._out.file.isatty()):
            self._print_raw(output_text(run.status.get("output"), is_short=self._look.is_quiet))
        elif run.phase == "Succeeded":
            output = JSON.from_data(run.status.get("output"), ensure_ascii=False)
            self._out.print(output, soft_wrap=True)
        elif run.is_over:
            self._err.print(failure_text(run.error, run.cause), soft_wrap=True)
            if not self._look.is_quiet:
                self.say(t("{command} explains it", command=f"asw why {run.name} {place}"))
        else:
            reason = why_it_stands(run) or t("it is running, or was interrupted")
            self._err.print(Text(reason), soft_wrap=True)

    def _print_raw(self, text: str) -> None:
        """A line as it is: no colours, no wrapping."""
        print(text, file=self._out.file)


def picture(snapshot: RunSnapshot, width: int) -> RenderableType:
    """Name, phase and graph of an execution as it stands."""
    head = head_text(snapshot.run, datetime.now(UTC))
    if snapshot.machine is None:
        return head
    progress = progress_of(snapshot, read_history(snapshot.events).progress)
    return Group(head, "", graph_text(draw(snapshot.machine, progress, width)))


def output_text(output: Json, *, is_short: bool) -> str:
    """An output as JSON: one line where it is short, else laid out as a terminal shows it."""
    return to_text(output) if is_short else json.dumps(output, indent=2, ensure_ascii=False)


def _plain(snapshot: RunSnapshot) -> Json:
    """Outcome and history, as the API has them."""
    run = snapshot.run
    plain = {
        "name": run.name,
        "workflow": run.workflow,
        "status": STATUS_OF[run.phase],
        "startTime": instant_text(run.created_at),
        "completionTime": None if run.ended_at is None else instant_text(run.ended_at),
    }
    if run.phase == "Succeeded":
        plain["output"] = run.status.get("output")
    else:
        plain |= {"error": run.error, "cause": run.cause}
    return {**plain, "history": [event_to_line(event) for event in snapshot.events]}
