"""``asw reject``: declines what a Task asks approval for."""

from pathlib import Path

import click

from asw.asl.approvals import REJECT
from asw.cli import options
from asw.cli.command import Command, Example

_EXAMPLES = (
    Example(
        command="asw reject release-1 --comment 'not on a Friday'",
        does="Fail the Task with Asw.Rejected, for its Retry and Catch.",
        exit_code=4,
    ),
    Example(
        command="asw reject release-1 --state Security",
        does="Answer one of several questions of an execution.",
        exit_code=4,
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("name")
@click.option("--comment", default="", help="Why; recorded, up to 1024 bytes.")
@click.option("--state", help="State that asks, if the execution waits for several approvals.")
@click.option("--task", type=int, help="Number of its task, as asw inbox shows it.")
@options.data
def command(*, name: str, comment: str, state: str | None, task: int | None, data: Path) -> None:
    """Reject what an execution asks approval for.

    NAME is an execution of this machine (asw run) in the folder --data, one of whose Tasks waits
    on asw:approval. The Task fails with Asw.Rejected; with Choices of its
    own, among them reject, that is its result.
    Your name in the operating system, the time and the comment are recorded. If no asw works on
    the execution, the answer is kept until asw resume does.

    Exit code 1: it was answered, timed out or stopped meanwhile. Exit code 4: it waits for no
    approval.
    """
    from asw.cli.approving import Answer, answer  # noqa: PLC0415 -- help needs none of it

    answer(data, name, Answer(choice=REJECT, comment=comment, state=state, task=task))
