"""The executions that a verb acts on. What cannot be done to one is told, and the next follows."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

import click
from rich.console import Console

from asw.asl.values import to_text
from asw.cli.acting.waiting import Waiting, to_the_end, worked_to_the_end
from asw.cli.command import show_failure
from asw.cli.views.tables import failure_text
from asw.executions.naming import refuse_file
from asw.executions.opening import open_runs
from asw.executions.patience import told_by
from asw.executions.port import Query, Runs
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import ALL_WELL, NOT_FOUND, NOT_SUCCEEDED
from asw.failures import Failure
from asw.messages import t


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Executions by their names, or by a label selector."""

    names: Sequence[str] = ()
    selector: str | None = None


async def chosen(runs: Runs, choice: Choice, *, phases: tuple[str, ...]) -> list[Run]:
    """The chosen executions, each once. Raises Failure if there are none.

    Of a selector only the ``phases`` count, in which the verb has something to do. It may mean
    thousands: of each is read what a row of a table shows.
    """
    if choice.names and choice.selector is not None:
        raise Failure(t("names and -l do not go together"), remedy=t("give names, or -l SELECTOR"))
    if choice.selector is None:
        if not choice.names:
            raise Failure(
                t("no execution was named"),
                remedy=t("name one or more, or choose by labels with -l SELECTOR"),
            )
        for name in choice.names:
            refuse_file(name)
        return [await runs.get(name) for name in dict.fromkeys(choice.names)]
    found = list(await runs.list(Query(selector=choice.selector, phases=phases), "row"))
    if not found:
        values = {"selector": choice.selector}
        raise Failure(
            t("no execution with the labels {selector} can be acted on", **values),
            remedy=t("asw list -l {selector} shows all that have them", **values),
            code=NOT_FOUND,
        )
    return found


@dataclass(slots=True, kw_only=True)
class Actor:
    """Acts on executions one by one. ``code`` is the exit code: the first that is not 0 stays."""

    runs: Runs
    target: Target
    waiting: Waiting
    code: int = field(default=ALL_WELL)

    @property
    def where(self) -> str:
        """The options that name this place to other verbs, after a space; empty for none."""
        return f" {options}" if (options := self.target.options) else ""

    async def chosen(
        self,
        choice: Choice,
        phases: tuple[str, ...],
        why_not: Callable[[Run, str], Failure | None],
    ) -> list[Run]:
        """The executions that the verb can act on; for each other one it says why not."""
        possible = []
        for run in await chosen(self.runs, choice, phases=phases):
            with self.telling():
                if (refusal := why_not(run, self.where)) is not None:
                    raise refusal
                possible.append(run)
        return possible

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Report what cannot be done to one execution, and continue with the next."""
        try:
            yield
        except Failure as failure:
            show_failure(failure)
            self.code = self.code or failure.code

    def say(self, sentence: str) -> None:
        """Say what was done, except with --quiet."""
        if not self.waiting.is_quiet:
            click.echo(sentence, err=True)

    async def conclude(self, runs: Sequence[Run]) -> None:
        """Follow them to their end if asked to, and say how they ended."""
        if runs and (self.target.is_local or self.waiting.is_waiting):
            for run in await self.ended(runs):
                await self._tell_end(run)

    async def ended(self, runs: Sequence[Run]) -> list[Run]:
        """The executions once they are over; those of this machine are worked on here."""
        if self.target.is_local:
            return [await worked_to_the_end(self.runs, run, self.waiting) for run in runs]
        return await to_the_end(self.runs, [run.name for run in runs], self.waiting)

    async def _tell_end(self, run: Run) -> None:
        """Its output on standard output, or its error on standard error."""
        if run.phase == "Succeeded":
            click.echo(to_text(await self.runs.output(run)))
            return
        click.echo(t("{name} ended: {phase}", name=run.name, phase=run.phase), err=True)
        errors = Console(stderr=True, highlight=False)
        errors.print(failure_text(run.error, run.cause), soft_wrap=True)
        command = f"asw why {run.name}{self.where}"
        click.echo(t("{command} explains it", command=command), err=True)
        self.code = self.code or NOT_SUCCEEDED


def acting(target: Target, waiting: Waiting, act: Callable[[Actor], Awaitable[None]]) -> int:
    """Open the place, act, and return the exit code. Raises Failure."""

    async def work() -> int:
        async with open_runs(target) as runs:
            place = Actor(runs=runs, target=target, waiting=waiting)
            await act(place)
            return place.code

    with told_by(None) if waiting.is_quiet else nullcontext():
        return asyncio.run(work())
