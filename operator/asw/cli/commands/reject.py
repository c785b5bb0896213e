"""``asw reject``: declines what a Task asks approval for."""

import click

from asw.asl.approvals import REJECT
from asw.cli import options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(
        command="asw reject release-1 --comment 'not on a Friday'",
        does="Fail the Task with Asw.Rejected, for its Retry and Catch.",
        where="cluster",
        exit_code=4,
    ),
    Example(
        command="asw reject release-1 --state Security --local",
        does="Answer one of several questions of an execution.",
        exit_code=4,
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("name")
@click.option("--comment", default="", help="Why; recorded, up to 1024 bytes.")
@click.option("--state", help="State that asks, if the execution waits for several approvals.")
@click.option("--task", type=int, help="Number of its task, as asw inbox shows it.")
@options.target_options
def command(
    *, name: str, comment: str, state: str | None, task: int | None, target: Target
) -> None:
    """Reject what an execution asks approval for.

    NAME is an execution one of whose Tasks waits on asw:approval. The Task fails with Asw.Rejected;
    with Choices of its own, among them reject, that is its result.
    Your name, the time and the comment are recorded: on a cluster your name there, which takes the
    right to patch Executions; with --local that in the operating system. What is answered on this
    machine is kept until an asw works on the execution: asw resume.

    Exit code 1: it was answered, timed out or stopped meanwhile. Exit code 4: it waits for no
    approval.
    """
    from asw.cli.approving import Answer, answer  # noqa: PLC0415 -- help needs none of it

    answer(target, name, Answer(choice=REJECT, comment=comment, state=state, task=task))
