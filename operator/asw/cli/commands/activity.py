"""``asw activity``: does the tasks of an activity."""

import socket
from pathlib import Path
from typing import Literal

import click

from asw.cli import options
from asw.cli.command import Command, Example

_EXAMPLES = (
    Example(
        command="asw activity worker ship -- ./ship.sh",
        does="Run the script for each task of the activity ship, one after the other.",
        where="endless",
    ),
    Example(
        command="asw activity worker ship --once -- cat",
        does="Do one task: its input is on stdin, the last line of stdout its output.",
        where="endless",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("kind", type=click.Choice(["worker"]))
@click.argument("name")
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--once", "is_once", is_flag=True, help="End after one task.")
@click.option(
    "--worker",
    metavar="NAME",
    default=socket.gethostname,
    show_default="name of this machine",
    help="Name that the history shows for the worker.",
)
@options.data
def command(
    kind: Literal["worker"],  # noqa: ARG001 -- so far there is no other
    name: str,
    words: tuple[str, ...],
    **given: object,
) -> None:
    """Do the tasks of an activity.

    A Task whose Resource is an activity (arn:aws:states:REGION:ACCOUNT:activity:NAME or
    asw:activity:NAME) waits until a worker takes it. The worker runs WORDS, a command, for each
    task: with the input on stdin and in ASW_EVENT, the last line of stdout as output if that is
    JSON, and any exit code but 0 as the failure Shell.ExitStatus.CODE. While the command runs, the
    worker sends a heartbeat every second; if the Task times out or is stopped, the command is
    ended, by SIGTERM first.

    Each task is done once at most. Start several workers to do several at a time. The command can
    hand ASW_TASK_TOKEN to others, who report with asw callback.

    This is for executions of this machine (asw run); clusters have no activities yet. The worker
    runs until Ctrl-C or SIGTERM; a task at hand then fails with Asw.WorkerStopped.
    """
    from asw.cli.working import work  # noqa: PLC0415 -- help needs none of it

    data, is_once, worker = given["data"], given["is_once"], given["worker"]
    assert isinstance(data, Path)
    work(data, name, words, worker=str(worker), is_once=bool(is_once))
