"""``asw approve``: answers an approval that a Task waits for."""

from pathlib import Path

import click

from asw.cli import options
from asw.cli.command import Command, Example

_EXAMPLES = (
    Example(
        command="asw approve release-1 --comment 'tests are green'",
        does="Let the execution go on.",
        exit_code=4,
    ),
    Example(
        command="asw approve release-1 --choice later",
        does="Give one of the Task's own Choices.",
        exit_code=4,
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("name")
@click.option("--choice", default="approve", show_default=True, help="One of the Task's Choices.")
@click.option("--comment", default="", help="Why; recorded, up to 1024 bytes.")
@click.option("--state", help="State that asks, if the execution waits for several approvals.")
@click.option("--task", type=int, help="Number of its task, as asw inbox shows it.")
@options.data
def command(  # noqa: PLR0913  what click passes
    *, name: str, choice: str, comment: str, state: str | None, task: int | None, data: Path
) -> None:
    """Answer an approval that an execution waits for.

    NAME is an execution of this machine (asw run) in the folder --data, one of whose Tasks waits
    on asw:approval. The result of the Task is Choice, By, Comment and At.
    Your name in the operating system, the time and the comment are recorded. If no asw works on
    the execution, the answer is kept until asw resume does.

    Exit code 1: it was answered, timed out or stopped meanwhile. Exit code 4: it waits for no
    approval.
    """
    from asw.cli.approving import Answer, answer  # noqa: PLC0415 -- help needs none of it

    answer(data, name, Answer(choice=choice, comment=comment, state=state, task=task))
