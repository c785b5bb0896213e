"""``asw why``: gathers what is known of an execution, explains it, prints that."""

import json

import click

from asw.cli import options
from asw.cli.archives import open_run
from asw.cli.awaiting import awaited
from asw.cli.command import Command, Example
from asw.cli.printing import print_lines
from asw.cli.views.explanation_text import lines_of, plain_of
from asw.executions.naming import is_file_name
from asw.executions.target import Target
from asw.explain.case import Case
from asw.explain.explain import explain
from asw.explain.gather import gather

_EXAMPLES = (
    Example(command="asw why hello-2 --local", does="Explain why this execution failed."),
    Example(command="asw why hello-2", does="The same on the cluster.", where="cluster"),
    Example(
        command="asw why hello-2 --archived",
        does="The same of one that was deleted long ago.",
        where="archive",
    ),
    Example(command="asw why hello-2 --local --full", does="Show whole payloads and causes."),
    Example(command="asw why hello-1 --local -o json", does="Explain it for a program."),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.execution
@click.option("--full", "is_full", is_flag=True, help="Show whole payloads and causes.")
@options.text_or_json("Format of the explanation.")
@options.target_options
@options.archived
def command(name: str, form: str, *, is_full: bool, target: Target) -> None:
    """Explain why an execution failed, or what it waits for.

    NAME is an execution, or a file that asw export wrote.

    If it failed, you see the innermost state that failed, within Parallel and Map states and
    children of distributed Maps: its input, error and cause, each try with its pod, the last lines
    that its task printed, and each Retrier and Catcher in the order in which they were tried, with
    the reason why it did or did not handle the error. For a path that found nothing you see which
    keys there were, for a Choice what each rule compared. Suggestions come last.

    If it is not over, you see what each state waits for: a timer, a retry, a task and what keeps
    its pod from running, a slot, a missing Workflow, or a suspension. If it succeeded, you see
    which errors it recovered from and what took longest.

    The exit code is 0 if it could be explained, whatever became of the execution.
    """
    case = awaited(_case(name, target))
    file = name if is_file_name(name) else ""
    explanation = explain(case, target=target.options, file=file)
    if form == "json":
        click.echo(json.dumps(plain_of(explanation), ensure_ascii=False, indent=2))
    else:
        print_lines((line.text, line.style) for line in lines_of(explanation, is_full=is_full))


async def _case(name: str, target: Target) -> Case:
    async with open_run(name, target) as (runs, run):
        return await gather(runs, run)
