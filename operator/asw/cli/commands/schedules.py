"""``asw schedules``: which Schedules there are, and when they start runs."""

import click

from asw.cli import options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(
        command="asw schedules",
        does="Show each Schedule: when its next run starts, and how the last one ended.",
        where="cluster",
    ),
    Example(
        command="asw schedules nightly -o yaml",
        does="Show one as an object, as kubectl would.",
        where="cluster",
        exit_code=4,
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("names", nargs=-1)
@click.option("--all-namespaces", "-A", is_flag=True, help="Those in every namespace.")
@options.output
@options.no_headers
@options.place_options
def command(
    names: tuple[str, ...], form: str, *, all_namespaces: bool, no_headers: bool, target: Target
) -> None:
    """List Schedules and when they start runs.

    NAMES are Schedules of the namespace; without them all are shown. NEXT is the time until the
    next run, LAST the time since the instant of the last one, OUTCOME how the latest run that is
    over ended, ACTIVE how many are not over, and MISSED for how many instants nothing was started.
    -o wide shows also what is wrong with one. asw list -l asw.dev/schedule=NAME lists its runs, and
    asw validate shows the next instants of a manifest.
    """
    from asw.cli.objects.formats import read_format  # noqa: PLC0415 -- help needs none of it
    from asw.cli.objects.listing import Show  # noqa: PLC0415
    from asw.cli.scheduling import show_schedules  # noqa: PLC0415

    show = Show(form=read_format(form), has_head=not no_headers)
    show_schedules(target, names, show, is_everywhere=all_namespaces)
