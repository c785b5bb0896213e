"""``asw approve``: answers an approval that a Task waits for."""

import click

from asw.cli import options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(
        command="asw approve release-1 --comment 'tests are green'",
        does="Let the execution go on.",
        where="cluster",
        exit_code=4,
    ),
    Example(
        command="asw approve release-1 --choice later --local",
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
@options.target_options
def command(  # noqa: PLR0913  what click passes
    *, name: str, choice: str, comment: str, state: str | None, task: int | None, target: Target
) -> None:
    """Answer an approval that an execution waits for.

    NAME is an execution one of whose Tasks waits on asw:approval. The result of the Task is Choice,
    By, Comment and At.
    Your name, the time and the comment are recorded: on a cluster your name there, which takes the
    right to patch Executions; with --local that in the operating system. What is answered on this
    machine is kept until an asw works on the execution: asw resume.

    Exit code 1: it was answered, timed out or stopped meanwhile. Exit code 4: it waits for no
    approval.
    """
    from asw.cli.approving import Answer, answer  # noqa: PLC0415 -- help needs none of it

    answer(target, name, Answer(choice=choice, comment=comment, state=state, task=task))
