"""``asw replay``: arguments only."""

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(command="asw replay hello-1 --local", does="Show every value at the end."),
    Example(
        command="asw replay hello-1 --local --state Greet",
        does="Show what Greet got, what became of it on the way, and what it left.",
    ),
    Example(command="asw replay hello-2 --local --at -2", does="Look one event before the end."),
    Example(command="asw replay hello-1 --list", does="List all moments.", where="cluster"),
    Example(command="asw replay hello-1 --local --at 3 -o json", does="Give them to a program."),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("name", callback=options.named("Execution"), shell_complete=completion.executions)
@click.option(
    "--at",
    default="last",
    metavar="EVENT|STATE",
    show_default=True,
    help="Id of an event, from the end where it is negative; or a state, when it was left.",
)
@click.option("--state", metavar="STATE", help="State to show, by default the event's own.")
@click.option("--list", "is_list", is_flag=True, help="List all moments, and replay nothing.")
@click.option(
    "--output",
    "-o",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the values.",
)
@options.target_options
def command(  # noqa: PLR0913 -- as many as the verb has options
    name: str, at: str, state: str | None, form: str, *, is_list: bool, target: Target
) -> None:
    """Show every value of an execution at a moment of it, offline.

    NAME is an execution, or a file that asw export wrote. Nothing is run: what functions answered
    is in the history.

    The engine plays the execution again on what the history says that it saw, and every event
    that it makes is held against the one that was recorded. The values are those of a state at
    the moment of --at: its raw input, the input after InputPath and Parameters, the result, what
    ResultSelector and ResultPath made of it, the output, variables, the context object, retries so
    far, timers, and what else was open then.

    Where the engine makes another event, the first one that differs is shown, and the exit code
    is 1: another version of asw ran it, or a history was changed. What cannot be played again (it
    is redacted, its definition was removed) is told from history alone. Results of distributed
    Maps are taken from history: replay their children by themselves.
    """
    from asw.cli.replaying import ReplayOptions, say_replay  # noqa: PLC0415

    options = ReplayOptions(at=at, state=state, is_list=is_list, is_json=form == "json")
    say_replay(name, target, options)
