"""What the commands show: for people in colour, for programs as JSON lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.json import JSON
from rich.live import Live
from rich.text import Text

from asw.api.history import event_to_line
from asw.api.instants import instant_text
from asw.app.findings import Finding
from asw.app.findings_text import show_findings
from asw.app.session import Report
from asw.app.views.graph import draw, took_text
from asw.app.views.progress import read_history, with_children
from asw.app.views.tables import (
    executions_table,
    failure_text,
    graph_text,
    history_lines,
    status_text,
)
from asw.asl.values import Json, to_text
from asw.local.executions import Summary
from asw.local.logs import Echo


@dataclass(frozen=True, slots=True)
class Look:
    """What is shown: only outputs, or everything; for people or programs; what functions print."""

    is_quiet: bool = False
    is_json: bool = False
    has_logs: bool = False


class Screen:
    """Standard output for results, standard error for what is said about them."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._out = Console(highlight=False, soft_wrap=False)
        self._err = Console(stderr=True, highlight=False)

    def report(self, report: Report, *, events: int | None = None) -> None:
        """An execution: graph, history (the last ``events`` of it), and how it ended."""
        if self._look.is_json:
            self._print_raw(to_text(_plain(report)))
        elif self._look.is_quiet:
            self._outcome(report.summary)
        else:
            self._out.print(picture(report, self._out.width), "")
            self._history(report, events or len(report.events))
            self._outcome(report.summary)

    def _history(self, report: Report, limit: int) -> None:
        shown = report.events[-limit:] if limit else ()
        if len(shown) < len(report.events):
            hidden = len(report.events) - len(shown)
            name = report.summary.key.name
            self._out.print(Text(f"... {hidden} events before these: asw history {name}"))
        if shown:
            since, reading = report.events[0].at, read_history(report.events)
            width = self._out.width
            for line in history_lines(shown, reading, began_at=since, width=width):
                self._out.print(line)
            self._out.print("")

    def findings(self, findings: Sequence[Finding]) -> None:
        """Everything that is wrong, each with its place."""
        show_findings(findings)

    def say(self, sentence: str) -> None:
        """Something about what happens."""
        self._err.print(Text(sentence), soft_wrap=True)

    def executions(self, summaries: Sequence[Summary]) -> None:
        """The list of executions."""
        if self._look.is_json:
            for summary in summaries:
                self._print_raw(to_text(_plain_summary(summary)))
        else:
            self._out.print(executions_table(summaries))

    @property
    def echo(self) -> Echo | None:
        """Who shows what tasks print, where that is asked for."""
        return self._printed if self._look.has_logs else None

    def _printed(self, state: str, data: bytes) -> None:
        for line in data.decode(errors="replace").splitlines():
            self._err.print(Text.assemble((f"{state} | ", "dim"), line), soft_wrap=True)

    def open_live(self) -> Live | None:
        """A picture that can be drawn anew while things go on; None where nobody watches."""
        if self._look.is_quiet or self._look.is_json or not self._out.is_terminal:
            return None
        return Live(console=self._out, auto_refresh=False, transient=True)

    def draw(self, live: Live, reports: Sequence[Report]) -> None:
        """Show how the executions stand now."""
        pictures = [picture(report, self._out.width) for report in reports]
        live.update(Group(*pictures), refresh=True)

    def _outcome(self, summary: Summary) -> None:
        if summary.status == "SUCCEEDED" and self._look.is_quiet:
            self._print_raw(to_text(summary.output))
        elif summary.status == "SUCCEEDED":
            self._out.print(JSON.from_data(summary.output, ensure_ascii=False))
        elif summary.status == "RUNNING":
            self._err.print(Text(" ".join(summary.waiting or ("it runs, or was interrupted",))))
        else:
            self._err.print(failure_text(summary.error, summary.cause), soft_wrap=True)

    def _print_raw(self, text: str) -> None:
        """A line as it is: no colours, no wrapping."""
        print(text, file=self._out.file)


def picture(report: Report, width: int) -> RenderableType:
    """Name, status and graph of an execution."""
    summary = report.summary
    took = f"  {took_text(summary.ended_at - summary.created_at)}" if summary.ended_at else ""
    head = Text.assemble((summary.key.name, "bold"), "  ", status_text(summary.status), took)
    if report.machine is None:
        return head
    own = read_history(report.events).progress
    is_over = summary.ended_at is not None
    progress = with_children(own, report.visits, report.map_runs, is_over=is_over)
    lines = draw(report.machine, progress, width)
    return Group(head, "", graph_text(lines))


def _plain(report: Report) -> Json:
    events = [event_to_line(event) for event in report.events]
    return {**_plain_summary(report.summary), "history": events}


def _plain_summary(summary: Summary) -> dict[str, Any]:
    ended_at = summary.ended_at
    plain = {
        "name": summary.key.name,
        "workflow": summary.workflow_name,
        "status": summary.status,
        "startTime": instant_text(summary.created_at),
        "completionTime": None if ended_at is None else instant_text(ended_at),
    }
    if summary.status == "SUCCEEDED":
        return {**plain, "output": summary.output}
    return {**plain, "error": summary.error, "cause": summary.cause}
