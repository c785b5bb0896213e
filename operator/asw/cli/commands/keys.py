"""``asw keys``: arguments only."""

import sys

import click

from asw.cli import options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(
        command="asw keys show -n asw-system",
        does="Say which keys tokens are signed with.",
        where="cluster",
    ),
    Example(
        command="asw keys rotate -n asw-system --now",
        does="Sign with a new key, whatever becomes of tasks with tokens of the one before last.",
        where="cluster",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("action", type=click.Choice(["show", "rotate"]))
@click.option(
    "--now", "is_now", is_flag=True, help="Rotate though tasks may lose the key of their token."
)
@options.place_options
def command(action: str, *, is_now: bool, target: Target) -> None:
    """Show or rotate the keys that sign the tokens of tasks.

    -n names the namespace of the operator, which holds the Secret asw-keys. rotate makes a new key
    sign; the operator notices it within a minute, without a restart. Tokens of the key before hold
    until the next rotation, so tasks that run go on and deliver.

    A second rotation is refused, with exit code 1, while tasks run whose token it would make
    worthless, and within two minutes of the one before. With --now it is done all the same: the
    results of such tasks come from the termination messages of their pods, and larger ones than
    4,096 bytes are lost.

    The certificate authority of the result server is not rotated: every task that runs was told
    it at its start. It takes rights to read and patch that Secret, and to list Jobs.
    """
    import asyncio  # noqa: PLC0415

    from asw.cli.keys import rotate, show  # noqa: PLC0415

    work = show(target) if action == "show" else rotate(target, is_now=is_now)
    sys.exit(asyncio.run(work))
