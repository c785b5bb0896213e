"""``asw replay``: plays an execution again and prints its values at a moment."""

import json
import sys
from dataclasses import replace

import click

from asw.cli import options
from asw.cli.archives import open_run
from asw.cli.awaiting import awaited
from asw.cli.command import Command, Example
from asw.cli.printing import print_lines
from asw.cli.views.moment_text import list_lines, moment_lines, plain_of
from asw.executions.target import Target
from asw.exits import NOT_SUCCEEDED
from asw.explain.case import Case
from asw.explain.gather import gather_events
from asw.explain.replay.moment import moment_at
from asw.explain.replay.proof import prove
from asw.explain.replay.where import find_moment

_EXAMPLES = (
    Example(command="asw replay hello-1 --local", does="Show every value at the end."),
    Example(
        command="asw replay hello-1 --local --state Greet",
        does="Show what Greet got, what was made of it, and what it put out.",
    ),
    Example(
        command="asw replay hello-2 --local --at -2",
        does="Show the values one event before the end.",
    ),
    Example(command="asw replay hello-1 --list", does="List all moments.", where="cluster"),
    Example(command="asw replay hello-1 --local --at 3 -o json", does="Print them for a program."),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.execution
@click.option(
    "--at",
    default="last",
    metavar="EVENT|STATE",
    show_default=True,
    help="Id of an event, counted from the end if negative; or a state, when it was left.",
)
@click.option("--state", metavar="STATE", help="State to show; by default the event's own.")
@click.option("--list", "is_list", is_flag=True, help="List all moments, and replay nothing.")
@options.text_or_json("Format of the values.")
@options.target_options
@options.archived
def command(  # noqa: PLR0913 -- as many as the verb has options
    name: str, at: str, state: str | None, form: str, *, is_list: bool, target: Target
) -> None:
    """Show every value of an execution at one moment, offline.

    NAME is an execution, or a file that asw export wrote. No function is called: their answers are
    in the history.

    The engine steps through the execution again, with what the history says that it saw, and
    compares every event that it makes with the recorded one. The values are those of a state at
    the moment of --at: its raw input, the input after InputPath and Parameters, the result, what
    ResultSelector and ResultPath made of it, the output, variables, the context object, retries so
    far, timers, and what else was open then.

    If the engine makes a different event, the first difference is shown, and the exit code is 1:
    another version of asw ran the execution, or its history was changed. What cannot be replayed
    (it is redacted, its definition was removed) is shown from the history alone. Results of
    distributed Maps are taken from the history: replay their children separately.
    """
    case = awaited(_case(name, target))
    if is_list:
        print_lines((line.text, line.style) for line in list_lines(case))
        return
    event, visit = find_moment(case, at, state)
    proof = prove(case)
    if event.id < proof.defined_from:
        case = replace(case, machine=None)
    moment = moment_at(case, proof.playback, event, visit)
    if form == "json":
        click.echo(json.dumps(plain_of(case, proof, moment), ensure_ascii=False, indent=2))
    else:
        print_lines((line.text, line.style) for line in moment_lines(case, proof, moment))
    if proof.is_refuted:
        sys.exit(NOT_SUCCEEDED)


async def _case(name: str, target: Target) -> Case:
    async with open_run(name, target) as (runs, run):
        return await gather_events(runs, run)
