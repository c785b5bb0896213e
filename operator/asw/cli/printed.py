"""``asw logs``: what the tasks of an execution printed, each line after its state's name."""

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

import click

from asw.asl.blocks import walk
from asw.asl.model import TaskState
from asw.executions.naming import open_named
from asw.executions.port import LogLine, LogOptions, Runs
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import ALL_WELL
from asw.failures import not_found
from asw.messages import t

COLOURS: Final = ("cyan", "green", "magenta", "yellow", "blue")


async def print_logs(target: Target, name: str, options: LogOptions) -> int:
    """Print the lines; that there is none is said."""
    async with open_named(name, target) as (runs, known_name):
        run = await runs.get(known_name)
        states = await _states(runs, run)
        if options.state is not None and states is not None and options.state not in states:
            raise not_found(
                t("{name} has no Task state {state!r}", name=run.name, state=options.state),
                options.state,
                states,
                t("there is: {names}", names=", ".join(states)),
            )
        has_names = options.state is None and (states is None or len(states) > 1)
        printer = _Printer(has_names=has_names)
        lines = runs.logs(run, options)
        async with aclosing(lines):
            async for line in lines:
                printer.print(line)
        if not printer.count:
            click.echo(_why_none(run, options, is_local=target.is_local), err=True)
    return ALL_WELL


@dataclass(slots=True, kw_only=True)
class _Printer:
    """Lines on standard output; states have a colour each where a terminal shows it."""

    has_names: bool
    count: int = 0
    colours: dict[str, str] = field(default_factory=dict)

    def print(self, line: LogLine) -> None:
        self.count += 1
        at = f"{line.at} " if line.at else ""
        if not self.has_names:
            click.echo(f"{at}{line.text}")
            return
        attempt = t(" (try {number})", number=line.attempt + 1) if line.attempt else ""
        name = f"{line.state}{attempt} | "
        colour = COLOURS[len(self.colours) % len(COLOURS)]
        name = click.style(name, fg=self.colours.setdefault(line.state, colour))
        click.echo(f"{name}{at}{line.text}")


async def _states(runs: Runs, run: Run) -> list[str] | None:
    """Names of its Task states; None before it is known what it runs."""
    definition = await runs.definition(run)
    return (
        None
        if definition is None
        else [
            state.name for state in walk(definition.machine.block) if isinstance(state, TaskState)
        ]
    )


def _why_none(run: Run, options: LogOptions, *, is_local: bool) -> str:
    if run.phase == "Pending":
        return t("{name} has not begun: there is nothing to show yet", name=run.name)
    if options.since is not None:
        return t("the tasks of {name} printed nothing since then", name=run.name)
    if is_local:
        return t("the tasks of {name} printed nothing", name=run.name)
    return t("the tasks of {name} printed nothing, or their pods are gone", name=run.name)
