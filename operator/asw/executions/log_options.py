"""What an exported file makes of a wish for log lines. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from asw.api.instants import parse_instant
from asw.executions.port import LogLine, LogOptions
from asw.failures import Failure
from asw.messages import t


def require_times(lines: Sequence[LogLine], options: LogOptions, place: Path) -> None:
    """Raises Failure where it is asked when lines were printed, and the file does not tell."""
    if not lines or any(line.at for line in lines):
        return
    asked = {"--timestamps": options.has_times, "--since": options.since is not None}
    for option in (name for name, is_asked in asked.items() if is_asked):
        raise Failure(
            t(
                "{option}: {place} does not tell when lines were printed",
                option=option,
                place=place,
            ),
            remedy=t("asw history tells when tasks began and ended"),
        )


def chosen(lines: Sequence[LogLine], options: LogOptions) -> list[LogLine]:
    """The lines that are wished for, of all that there are, in their order."""
    by_task: dict[tuple[str, str, int, int], list[LogLine]] = defaultdict(list)
    for line in lines:
        is_meant = options.state in (None, line.state) and options.child in (None, line.child)
        if is_meant and not _is_old(line, options):
            by_task[line.child, line.state, line.number, line.attempt].append(line)
    found: list[LogLine] = []
    for of_task in by_task.values():
        skipped = 0 if options.tail is None else max(len(of_task) - options.tail, 0)
        found += of_task[skipped:]
    return found if options.has_times else [replace(line, at="") for line in found]


def _is_old(line: LogLine, options: LogOptions) -> bool:
    """Whether it was printed before the time that is asked about, as far as that is known."""
    return options.since is not None and bool(line.at) and parse_instant(line.at) < options.since
