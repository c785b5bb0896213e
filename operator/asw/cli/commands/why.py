"""``asw why``: arguments only."""

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(command="asw why hello-2 --local", does="Why did this execution fail?"),
    Example(command="asw why hello-2", does="The same on the cluster.", where="cluster"),
    Example(command="asw why hello-2 --local --full", does="Show payloads and causes whole."),
    Example(command="asw why hello-1 --local -o json", does="Explain it for a program."),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("name", callback=options.named("Execution"), shell_complete=completion.executions)
@click.option("--full", "is_full", is_flag=True, help="Show payloads and causes whole.")
@click.option(
    "--output",
    "-o",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the explanation.",
)
@options.target_options
def command(name: str, form: str, *, is_full: bool, target: Target) -> None:
    """Explain why an execution failed, or what it waits for.

    NAME is an execution, or a file that asw export wrote.

    Of one that failed it shows the innermost state that failed, through Parallel and Map states
    and children of distributed Maps: its input, error and cause, each try with its pod, the last
    lines that its task printed, and each Retrier and Catcher in the order in which they were
    asked, with why it did or did not take the error. Of a path that found nothing it says which
    keys there were, of a Choice what each rule compared. At last it says what to try.

    Of one that is not over it says what each state waits for: a timer, a retry, a task and what
    keeps its pod from running, a slot, a missing Workflow, or somebody who suspended it. Of one
    that succeeded, which errors it got over and what took longest.

    The exit code is 0 once it is explained, whatever became of the execution.
    """
    from asw.cli.explaining import say_why  # noqa: PLC0415

    say_why(name, target, is_json=form == "json", is_full=is_full)
