"""``asw history -f``: events as they come, until the execution is over."""

from collections.abc import Iterable, Sequence
from contextlib import aclosing
from typing import Any

from rich.console import Console

from asw.asl.blocks import state_names
from asw.cli.views.histories import HistoryOptions, print_line, require_states, table_width
from asw.cli.views.tables import history_lines, room_for_events
from asw.engine.history import Event
from asw.executions.naming import open_named
from asw.executions.port import Query
from asw.executions.progress import HistoryReader
from asw.executions.run import DELETED
from asw.executions.target import Target
from asw.exits import NOT_FOUND
from asw.failures import Failure
from asw.messages import t


def require_followable(options: HistoryOptions) -> None:
    """Raises Failure for what only a history that ended has: an order, a number, one document."""
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
    """Print the events that are wanted, those to come as well. Raises Failure."""
    async with open_named(options.name, target) as (runs, name):
        run = await runs.get(name)
        definition = await runs.definition(run)
        machine = None if definition is None else definition.machine
        names = () if machine is None else tuple(state_names(machine))
        if machine is not None:
            require_states(run, names, options.choice.states)
        printer = _Printer(options, names)
        changes: Any = runs.watch(Query(with_children=True), name=name)
        async with aclosing(changes):
            async for run in changes:
                if run.phase == DELETED:
                    raise Failure(
                        t("execution {name} was deleted meanwhile", name=name),
                        remedy=t("asw list shows those that there are"),
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
