"""What ``asw invoke`` does: runs a Function alone, here or on a cluster, and shows how it ended."""

import asyncio
import codecs
import signal
from collections.abc import Coroutine
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from asw.asl.values import to_text
from asw.cli.command import show_failure
from asw.cli.inputs import read_input
from asw.cli.views.findings_text import show_findings
from asw.cli.views.moving import why_it_stands
from asw.cli.views.tables import failure_text
from asw.executions.invocations import Ended, InvokeOrder, named_function
from asw.executions.orders import checked_input
from asw.executions.port import LogOptions, Runs
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import ALL_WELL, INTERRUPTED, NOT_SUCCEEDED, TIMED_OUT
from asw.failures import Failure, not_found
from asw.messages import t
from asw.messages.spans import span_text
from asw.messages.visible import visible
from asw.platforms.local.functions import LocalFunction

LOOK_SECONDS = 2.0
"""Between two looks for what keeps a task waiting."""
LOG_SECONDS = 10.0
"""How long the rest of a log may take to come after the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoke:
    """What the command line asks for; ``timeout`` is in seconds."""

    function: str
    paths: tuple[Path, ...]
    target: Target
    has_log: bool = False
    timeout: float | None = None


def invoke(asked: Invoke, text: str | None, file: str | None) -> int:
    """Run the Function on the input, as ``read_input`` takes it; the exit code. Raises Failure."""
    has_input, value = read_input(text, file)
    order = InvokeOrder(function=named_function(asked.function), input=value if has_input else {})
    checked_input(order.input)
    if asked.paths or asked.target.is_local:
        function = _function_here(asked, order.function)
        return _told(_until_signalled(_here(asked, function, order)), order)
    return _told(_until_signalled(_on_cluster(asked, order)), order)


def _function_here(asked: Invoke, name: str) -> LocalFunction:
    """The Function of the files, or of the store. Raises Failure."""
    if asked.paths:
        return _function_of_files(asked, name)
    from asw.executions.local.runs import open_local  # noqa: PLC0415 -- files need no store
    from asw.platforms.local.store import open_store  # noqa: PLC0415

    with open_local(asked.target), closing(open_store(asked.target.data)) as store:
        function = store.catalogue.function(name)
        if function is None:
            known = [each.name for each in store.shown.functions()]
            message = t("no Function {name!r} in {place}", name=name, place=asked.target.data)
            raise not_found(message, name, known, t("asw apply PATH stores one"))
        return function


def _function_of_files(asked: Invoke, name: str) -> LocalFunction:
    from asw.lint.checking import check_files  # noqa: PLC0415 -- a store needs no files
    from asw.lint.findings import has_error  # noqa: PLC0415

    target = asked.target
    if target.is_local or any((target.namespace, target.context, target.kubeconfig)):
        raise Failure(
            t("PATHS run here: they do not go together with a store or a cluster"),
            remedy=t("leave out the paths, or the option"),
        )
    checked = check_files(asked.paths, is_local=True, has_executions=False)
    if name in checked.plan.functions:
        return checked.plan.functions[name]
    show_findings(checked.findings)
    paths = ", ".join(map(str, asked.paths))
    message = t("no Function {name!r} in {place}", name=name, place=paths)
    if has_error(checked.findings):
        raise Failure(message, remedy=t("fix what is wrong with the files"))
    raise not_found(message, name, checked.plan.functions, t("add its manifest to the path"))


async def _here(asked: Invoke, function: LocalFunction, order: InvokeOrder) -> Ended:
    from asw.executions.local.invoking import invoke_here  # noqa: PLC0415 -- a cluster needs no SQLite

    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def echo(_state: str, data: bytes) -> None:
        click.echo(visible(decoder.decode(data)), err=True, nl=False)

    try:
        async with asyncio.timeout(asked.timeout):
            return await invoke_here(function, order, echo if asked.has_log else None)
    except TimeoutError:
        raise _too_late(asked, t("--timeout SPAN gives it longer")) from None


async def _on_cluster(asked: Invoke, order: InvokeOrder) -> Ended:
    from asw.executions.cluster.access import open_access  # noqa: PLC0415 -- files need no client
    from asw.executions.cluster.invoking import invocation, require_function  # noqa: PLC0415
    from asw.executions.cluster.runs import ClusterRuns  # noqa: PLC0415

    async with open_access(asked.target) as access:
        runs = ClusterRuns(access)
        await require_function(access, order.function)
        async with invocation(access, order) as run:
            watched = _Watched(runs, run)
            try:
                async with asyncio.timeout(asked.timeout):
                    ended = await watched.to_the_end(has_log=asked.has_log)
            except TimeoutError:
                raise _too_late(asked, watched.trouble) from None
            if ended.phase == "Succeeded":
                return Ended(output=await runs.output(ended))
            return Ended(error=ended.error or ended.phase, cause=ended.cause)


def _too_late(asked: Invoke, remedy: str) -> Failure:
    after = span_text(timedelta(seconds=asked.timeout or 0))
    message = t("{name} was ended: it ran longer than {span}", name=asked.function, span=after)
    return Failure(message, remedy=remedy, code=TIMED_OUT)


class _Watched:
    """The execution while it runs; ``trouble`` is what kept it waiting when last asked."""

    def __init__(self, runs: Runs, run: Run) -> None:
        self._runs = runs
        self._run = run
        self.trouble = ""

    async def to_the_end(self, *, has_log: bool) -> Run:
        """Wait for the end; say what keeps it waiting, and show the log if that is wanted."""
        looking = asyncio.create_task(self._look())
        logging = asyncio.create_task(self._print_log()) if has_log else None
        tasks = [task for task in (looking, logging) if task is not None]
        try:
            ended = await self._runs.finish(self._run)
            looking.cancel()
            if logging is not None:
                await asyncio.wait((logging,), timeout=LOG_SECONDS)
            return ended
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self) -> None:
        """Say each new trouble once; without the right to see pods, less is said."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            found = ""
            with suppress(Failure):
                tasks = await self._runs.tasks(self._run)
                found = next((task.trouble for task in tasks if task.trouble), "")
                if not tasks:
                    found = why_it_stands(await self._runs.get(self._run.name))
            if found and found != self.trouble:
                click.echo(t("waiting: {reason}", reason=visible(found)), err=True)
            self.trouble = found

    async def _print_log(self) -> None:
        try:
            async with aclosing(self._runs.logs(self._run, LogOptions(follow=True))) as lines:
                async for line in lines:
                    click.echo(visible(line.text), err=True)
        except Failure as failure:
            show_failure(failure)


def _told(ended: Ended, order: InvokeOrder) -> int:
    """Show the output, or the error; the exit code."""
    if ended.error is None:
        click.echo(to_text(ended.output))
        return ALL_WELL
    click.echo(t("{name} failed", name=order.function), err=True)
    errors = Console(stderr=True, highlight=False)
    errors.print(failure_text(ended.error, ended.cause), soft_wrap=True)
    return NOT_SUCCEEDED


def _until_signalled(work: Coroutine[Any, Any, Ended]) -> Ended:
    """Do it; SIGTERM ends it as Ctrl-C does, so that nothing is left behind. Raises Failure."""

    async def main() -> Ended:
        task = asyncio.current_task()
        assert task is not None, "it runs"
        with suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        raise Failure(t("terminated"), code=INTERRUPTED) from None
