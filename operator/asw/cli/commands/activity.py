"""``asw activity``: does the tasks of an activity."""

import socket
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import click

from asw.cli import options
from asw.cli.command import Command, Example
from asw.executions.cluster.callbacks import Address
from asw.executions.target import Target

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
    Example(
        command="asw activity worker ship -n shop -- ./ship.sh",
        does="Do tasks of the Activity ship in the namespace shop of the cluster.",
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
@click.option("--url", envvar="ASW_SERVER", help="Address of asw serve; by default $ASW_SERVER.")
@click.option(
    "--ca",
    type=click.Path(path_type=Path),
    help="With --url: file with the authority of its certificate.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="On a cluster: file with the token to poll by; by default that of kubeconfig or pod.",
)
@options.operator_namespace("On a cluster, without --url: where asw serve is.")
@options.data
@options.place_options
def command(  # noqa: PLR0913  what click passes
    kind: Literal["worker"],  # noqa: ARG001 -- so far there is no other
    name: str,
    words: tuple[str, ...],
    *,
    data: Path,
    is_once: bool,
    worker: str,
    target: Target,
    **given: Any,
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

    With --url, --token-file, -n, --context or --kubeconfig the tasks are those of an Activity on a
    cluster, in the namespace -n, and asw serve hands them out: at --url, else through the API
    server. The token's account needs the verb poll on activities of asw.dev there; the way through
    the API server also needs the rights that asw callback needs. Heartbeats are sent every two
    seconds then.

    Otherwise they are those of executions of this machine (asw run). The worker runs until Ctrl-C
    or SIGTERM; a task at hand then fails with Asw.WorkerStopped.
    """
    from asw.cli.working import work_at, work_here  # noqa: PLC0415 -- help needs none of it
    from asw.executions.cluster.desk import ClusterDesk  # noqa: PLC0415

    url, token_file = given["url"], given["token_file"]
    if not any((url, token_file, target.namespace, target.context, target.kubeconfig)):
        work_here(data, name, words, worker=worker)(is_once)
        return
    system = replace(target, namespace=given["operator_namespace"])
    desk = ClusterDesk(
        address=Address(url=url, ca=given["ca"], target=system),
        target=target,
        activity=name,
        worker=worker,
        token_file=token_file,
    )
    work_at(desk, name, words)(is_once)
