"""``asw prune``: deletes executions of this machine that are over and past their time."""

from pathlib import Path

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example
from asw.cli.objects.formats import read_format
from asw.cli.objects.listing import Show, print_runs
from asw.executions.port import Query
from asw.executions.target import Target
from asw.messages import t

_EXAMPLES = (
    Example(
        command="asw prune --dry-run",
        does="Show what is past its time, by what Workflows say or the default.",
    ),
    Example(
        command="asw prune --older-than 7d --keep 10",
        does="Delete what is a week old, and of each outcome of a Workflow all but the newest ten.",
    ),
    Example(
        command="asw prune --workflow hello --keep 0 -o name",
        does="Delete everything of a Workflow that is over, and print the names.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.option(
    "--older-than",
    type=options.Span(),
    metavar="SPAN",
    help="Those that ended longer ago than this: 12h, 7d, 4w.",
)
@click.option(
    "--keep",
    type=click.IntRange(min=0),
    metavar="N",
    help="All but the newest N of each outcome of each Workflow.",
)
@click.option(
    "--workflow",
    "-w",
    help="Only those of this Workflow.",
    callback=options.named("Workflow"),
    shell_complete=completion.workflows,
)
@click.option("--dry-run", "is_dry", is_flag=True, help="Show them, and delete nothing.")
@options.output
@options.no_headers
@click.option("--local", is_flag=True, expose_value=False, hidden=True)
@options.data
def command(  # noqa: PLR0913 -- one for each option
    older_than: float | None,
    keep: int | None,
    workflow: str | None,
    form: str,
    data: Path,
    *,
    is_dry: bool,
    no_headers: bool,
) -> None:
    """Delete executions of this machine that are over.

    With their histories, their children and what their tasks printed. Without bounds the rule is
    that of clusters: spec.ttlSecondsAfterFinished of the execution, else spec.retention of its
    Workflow, else a week for those that succeeded and 30 days for others, and the newest 100 of
    each outcome. --older-than and --keep replace all of it; with both, one is enough to be deleted.

    Never deleted is what runs, what is interrupted or will be redriven, and what an execution that
    runs waits for or was started by. On a cluster the operator deletes what is over by itself.

    The executions are printed as asw list prints them.
    """
    from asw.executions.local.pruning import PruneOrder, doomed, prune  # noqa: PLC0415 -- costly
    from asw.executions.local.runs import open_local  # noqa: PLC0415 -- costly

    show = Show(form=read_format(form), has_head=not no_headers)
    order = PruneOrder(older_than=older_than, keep=keep, workflow=workflow)
    with open_local(Target(is_local=True, data=data)) as runs:
        found = doomed(runs, order)
        if not is_dry:
            found = prune(runs, found)
    if found or not show.form.is_table:
        print_runs(found, Query(), show)
    click.echo(_sentence(len(found), is_dry=is_dry), err=True)


def _sentence(count: int, *, is_dry: bool) -> str:
    if not count:
        return t("no execution is past its time")
    if is_dry:
        return t("executions that would be deleted: {count}", count=count)
    return t("executions deleted: {count}", count=count)
