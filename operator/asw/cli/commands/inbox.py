"""``asw inbox``: what waits for a person to decide."""

from pathlib import Path

import click

from asw.cli import options
from asw.cli.command import Command, Example

_EXAMPLES = (
    Example(
        command="asw inbox",
        does="Show every open approval, and the command that answers it.",
    ),
    Example(
        command="asw inbox --json | wc -l",
        does="The same for programs.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.option("--json", "is_json", is_flag=True, help="Print JSON, one line per approval.")
@options.data
def command(*, is_json: bool, data: Path) -> None:
    """List the approvals that executions wait for.

    Every Task on asw:approval of this machine's executions (asw run) that nobody has answered,
    with what it asks and the command that answers. Executions in other folders: --data.
    """
    from asw.cli.approving import inbox  # noqa: PLC0415 -- help needs none of it

    inbox(data, is_json=is_json)
