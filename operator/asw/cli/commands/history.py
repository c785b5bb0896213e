"""``asw history``: arguments only."""

from typing import Any

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example
from asw.executions.target import Target

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
        does="Follow which states it enters.",
        where="cluster",
    ),
    Example(
        command="asw history hello-1 -o json",
        does="Print the history as AWS's GetExecutionHistory answers it.",
        where="cluster",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("name", callback=options.named("Execution"), shell_complete=completion.executions)
@options.target_options
@click.option(
    "--output",
    "-o",
    "form",
    type=click.Choice(("table", "wide", "json", "yaml")),
    default="table",
    show_default=True,
    help="Form of what is printed; wide cuts nothing.",
)
@click.option(
    "--follow", "-f", "is_followed", is_flag=True, help="Go on until the execution is over."
)
@click.option("--reverse", "is_reverse", is_flag=True, help="The newest events first.")
@click.option("--limit", type=click.IntRange(min=1), help="So many events at most.")
@click.option(
    "--type", "types", multiple=True, metavar="TYPE", help="Events of this type, or pattern."
)
@click.option("--state", "states", multiple=True, metavar="NAME", help="Events of this state.")
@click.option(
    "--since-event", "since", type=int, default=0, help="Events after the one of this id."
)
@click.option("--no-headers", "no_headers", is_flag=True, help="Print no header.")
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
    With -f events come as they happen, until the execution is over.

    With -o json or yaml it has the shape of AWS's GetExecutionHistory, payloads as JSON text.
    Types are AWS's, and may be patterns such as '*Failed', capitals aside; --type and --state may
    be given more than once. Events that are stored apart on a cluster, as those of long runs and
    of finished ones are, are shown as all others.
    """
    from asw.cli.views.events import Choice  # noqa: PLC0415
    from asw.cli.views.histories import HistoryOptions, show_history  # noqa: PLC0415

    options = HistoryOptions(
        name=name, form=form, choice=Choice(**choice), has_header=not no_headers
    )
    if is_followed:
        import asyncio  # noqa: PLC0415

        from asw.cli.views import history_follower  # noqa: PLC0415

        history_follower.require_followable(options)
        asyncio.run(history_follower.follow_history(target, options))
    else:
        show_history(target, options)
