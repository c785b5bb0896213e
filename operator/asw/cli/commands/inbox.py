"""``asw inbox``: what waits for a person to decide."""

import click

from asw.cli import options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(
        command="asw inbox",
        does="Show every open approval, and the command that answers it.",
        where="cluster",
    ),
    Example(
        command="asw inbox --local --json | wc -l",
        does="The same of this machine, for programs.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.option("--json", "is_json", is_flag=True, help="Print JSON, one line per approval.")
@click.option("--all-namespaces", "-A", is_flag=True, help="Those in every namespace.")
@options.target_options
def command(*, is_json: bool, all_namespaces: bool, target: Target) -> None:
    """List the approvals that executions wait for.

    Every Task on asw:approval that nobody has answered, with what it asks and the command that
    answers: of the namespace's executions, or with --local of this machine's (asw run).
    """
    from asw.cli.approving import inbox  # noqa: PLC0415 -- help needs none of it

    inbox(target, is_everywhere=all_namespaces, is_json=is_json)
