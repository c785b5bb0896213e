"""``asw history``: prints the events of an execution, with ``-f`` as they come."""

import asyncio
import json
from collections.abc import Collection, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from asw.asl.blocks import state_names
from asw.cli import options
from asw.cli.archives import open_run
from asw.cli.awaiting import awaited
from asw.cli.command import Command, Example
from asw.cli.views.events import Choice, aws_history
from asw.cli.views.tables import PIPED_CELLS, history_lines, room_for_events
from asw.engine.history import Event
from asw.executions.port import Query, RunSnapshot
from asw.executions.progress import HistoryReader, Reading, read_history
from asw.executions.run import DELETED, Run
from asw.executions.target import Target
from asw.exits import NOT_FOUND
from asw.failures import Failure, not_found
from asw.messages import t

_EXAMPLES = (
    Example(command="asw history hello-1 --local", does="Show every event of an execution."),
    Example(
        command="asw history hello-2 --local --type '*Failed' -o wide",
        does="Show what failed, with whole error messages.",
    ),
    Example(
        command="asw history hello-1 --local --reverse --limit 3",
        does="Show the newest three events, the newest first.",
    ),
    Example(
        command="asw history hello-1 -f --type '*StateEntered'",
        does="Follow the states that it enters.",
        where="cluster",
    ),
    Example(
        command="asw history hello-1 -o json",
        does="Print the history in the shape of AWS's GetExecutionHistory.",
        where="cluster",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.execution
@options.target_options
@options.archived
@click.option(
    "--output",
    "-o",
    "form",
    type=click.Choice(("table", "wide", "json", "yaml")),
    default="table",
    show_default=True,
    help="Format of the output; wide cuts nothing.",
)
@click.option(
    "--follow", "-f", "is_followed", is_flag=True, help="Continue until the execution is over."
)
@click.option("--reverse", "is_reverse", is_flag=True, help="The newest events first.")
@click.option("--limit", type=click.IntRange(min=1), help="Print at most this many events.")
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="TYPE",
    help="Events whose type is this, or matches this pattern.",
)
@click.option("--state", "states", multiple=True, metavar="NAME", help="Events of this state.")
@click.option(
    "--since-event", "since", type=int, default=0, help="Events after the one with this id."
)
@options.no_headers
def command(
    name: str,
    *,
    target: Target,
    form: str,
    no_headers: bool,
    is_followed: bool,
    **choice: Any,
) -> None:
    """Show the events of an execution.

    NAME is an execution, or a file that asw export wrote. The table has a line for each event: its
    id, the time since the start, how long what it ends took (a state, a task, an iteration, the
    execution), its type, its state, and what it carries, cut at the width of the terminal.
    With -f events are printed as they happen, until the execution is over.

    -o json and yaml have the shape of AWS's GetExecutionHistory, with payloads as JSON text. Types
    are AWS's, or patterns such as '*Failed', in any case; --type and --state may be repeated. A
    cluster stores the events of long and of finished executions apart; they are shown like all
    others.
    """
    options = HistoryOptions(
        name=name, form=form, choice=Choice(**choice), has_header=not no_headers
    )
    if is_followed:
        require_followable(options)
        asyncio.run(follow_history(target, options))
    else:
        show_history(target, options)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryOptions:
    """The words of the command line; ``form`` is table, wide, json or yaml."""

    name: str
    form: str
    choice: Choice
    has_header: bool = True


def show_history(target: Target, options: HistoryOptions) -> None:
    """Print the chosen events. Raises Failure for unknown names."""
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
        said = t("none of its {count} events matches", count=len(snapshot.events))
        click.echo(said if snapshot.events else t("it has no events yet"), err=True)


async def _read(target: Target, options: HistoryOptions) -> RunSnapshot:
    """The events; what it runs only for names of states, which may be those of none so far."""
    async with open_run(options.name, target) as (runs, run):
        if options.choice.states:
            return await runs.snapshot(run, with_children=False)
        return RunSnapshot(run=run, events=await runs.history(run), machine=None)


def require_states(run: Run, known: Collection[str], wanted: Iterable[str]) -> None:
    """An unknown state is a mistake; one that was not reached just has no events."""
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
    """Cells of a line; None to cut nothing."""
    if options.form == "wide":
        return None
    return console.width if console.is_terminal else PIPED_CELLS


def print_line(console: Console, line: Text) -> None:
    """Without a terminal as it is, which is quick: a history may have 25,000 lines."""
    if console.is_terminal:
        console.print(line, soft_wrap=True)
    else:
        click.echo(line.plain)


def require_followable(options: HistoryOptions) -> None:
    """Raises Failure for options that need a complete history: order, limit, one document."""
    asked = {
        "--reverse": options.choice.is_reverse,
        "--limit": options.choice.limit is not None,
        f"-o {options.form}": options.form in ("json", "yaml"),
    }
    for option in (name for name, is_asked in asked.items() if is_asked):
        raise Failure(
            t("{option} does not go with --follow", option=option),
            remedy=t("leave one of them out"),
        )


async def follow_history(target: Target, options: HistoryOptions) -> None:
    """Print the chosen events, and those to come. Raises Failure."""
    async with open_run(options.name, target) as (runs, first):
        name = first.name
        definition = await runs.definition(first)
        machine = None if definition is None else definition.machine
        names = () if machine is None else tuple(state_names(machine))
        if machine is not None:
            require_states(first, names, options.choice.states)
        printer = _Printer(options, names)
        changes: Any = runs.watch(Query(with_children=True), name=name)
        async with aclosing(changes):
            async for run in changes:
                if run.phase == DELETED:
                    raise Failure(
                        t("execution {name} was deleted meanwhile", name=name),
                        remedy=t("asw list shows those that exist"),
                        code=NOT_FOUND,
                    )
                printer.print(await runs.history(run, after=printer.last_id))
                if run.is_settled:
                    return


class _Printer:
    """A table that grows; its columns begin with room for the states of these names."""

    def __init__(self, options: HistoryOptions, names: Iterable[str]) -> None:
        self._options = options
        self._room = room_for_events(names)
        self._reader = HistoryReader()
        self._console = Console(highlight=False)
        self._has_header = not options.has_header

    @property
    def last_id(self) -> int:
        """The newest event that it knows."""
        return self._reader.last_id

    def print(self, events: Sequence[Event]) -> None:
        """Those of them that are wanted."""
        self._reader.feed(events)
        reading = self._reader.reading()
        chosen = self._options.choice.of(events, reading)
        if not chosen or self._reader.began_at is None:
            return
        lines = history_lines(
            chosen,
            reading,
            began_at=self._reader.began_at,
            width=table_width(self._console, self._options),
            least=self._room,
        )
        for number, line in enumerate(lines):
            if number or not self._has_header:
                print_line(self._console, line)
        self._has_header = True
