"""What ``asw history`` does: reads one execution through the port and prints its events."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import click
from rich.console import Console
from rich.text import Text

from asw.asl.blocks import state_names
from asw.cli.awaiting import awaited
from asw.cli.views.events import Choice, aws_history
from asw.cli.views.tables import PIPED_CELLS, history_lines
from asw.engine.history import Event
from asw.executions.naming import open_named
from asw.executions.port import RunSnapshot
from asw.executions.progress import Reading, read_history
from asw.executions.run import Run
from asw.executions.target import Target
from asw.failures import not_found
from asw.messages import t


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryOptions:
    """The words of the command line; ``form`` is table, wide, json or yaml."""

    name: str
    form: str
    choice: Choice
    has_header: bool = True


def show_history(target: Target, options: HistoryOptions) -> None:
    """Print the events that are wanted. Raises Failure for names that are not there."""
    snapshot = awaited(_read(target, options))
    reading = read_history(snapshot.events)
    known = {*reading.states.values(), *(state_names(snapshot.machine) if snapshot.machine else ())}
    require_states(snapshot.run, known, options.choice.states)
    chosen = options.choice.of(snapshot.events, reading)
    if options.form == "json":
        click.echo(json.dumps(aws_history(chosen), indent=2, ensure_ascii=False))
    elif options.form == "yaml":
        import yaml  # noqa: PLC0415 -- for this format alone

        plain = aws_history(chosen)
        click.echo(yaml.safe_dump(plain, allow_unicode=True, sort_keys=False), nl=False)
    elif chosen:
        _print_table(snapshot.events, chosen, reading, options)
    else:
        said = t("none of its {count} events is meant", count=len(snapshot.events))
        click.echo(said if snapshot.events else t("it has no events yet"), err=True)


async def _read(target: Target, options: HistoryOptions) -> RunSnapshot:
    """The events; what it runs only for names of states, which may be those of none so far."""
    async with open_named(options.name, target) as (runs, known_name):
        run = await runs.get(known_name)
        if options.choice.states:
            return await runs.snapshot(run, with_children=False)
        return RunSnapshot(run=run, events=await runs.history(run), machine=None)


def require_states(run: Run, known: Collection[str], wanted: Iterable[str]) -> None:
    """A state that never was is a mistake; one that was not reached just has no events."""
    for name in wanted:
        if name not in known:
            message = t("{execution} has no state {name!r}", execution=run.name, name=name)
            otherwise = t("its states: {names}", names=", ".join(sorted(known)))
            raise not_found(message, name, known, otherwise)


def _print_table(
    events: Sequence[Event], chosen: Sequence[Event], reading: Reading, options: HistoryOptions
) -> None:
    console = Console(highlight=False)
    width = table_width(console, options)
    lines = history_lines(chosen, reading, began_at=events[0].at, width=width)
    for number, line in enumerate(lines):
        if number or options.has_header:
            print_line(console, line)


def table_width(console: Console, options: HistoryOptions) -> int | None:
    """Cells of a line; None where nothing is to be cut."""
    if options.form == "wide":
        return None
    return console.width if console.is_terminal else PIPED_CELLS


def print_line(console: Console, line: Text) -> None:
    """Without a terminal as it is, which is quick: a history may have 25,000 lines."""
    if console.is_terminal:
        console.print(line, soft_wrap=True)
    else:
        click.echo(line.plain)
