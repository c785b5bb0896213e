"""``asw invite``: makes a one-time link by which somebody answers an approval."""

from pathlib import Path

import click

from asw.cli import options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(
        command="asw invite release-1 --for ann --url https://asw.example",
        does="Print a link by which ann answers within a day, for a chat message to her alone.",
        where="cluster",
        exit_code=4,
    ),
    Example(
        command="asw invite release-1 --for ann --state Approve --expires 30m --ca ca.crt",
        does="The same for one of several questions, for half an hour; the address is $ASW_SERVER.",
        where="cluster",
        exit_code=2,
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("name")
@click.option("--for", "by", metavar="USER", required=True, help="Who answers by it.")
@click.option(
    "--url",
    envvar="ASW_SERVER",
    required=True,
    help="Address at which people reach asw serve; by default $ASW_SERVER.",
)
@click.option(
    "--ca", type=click.Path(path_type=Path), help="File with the authority of its certificate."
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="File with your token of the cluster; by default that of kubeconfig or pod.",
)
@click.option(
    "--expires",
    type=options.Span(),
    metavar="SPAN",
    default="24h",
    show_default=True,
    help="How long the link is good (90s, 10m, 24h), up to 30 days.",
)
@click.option("--state", help="State that asks, if the execution waits for several approvals.")
@click.option("--task", type=int, help="Number of its task, as asw inbox shows it.")
@options.place_options
def command(  # noqa: PLR0913  what click passes
    *,
    name: str,
    by: str,
    url: str,
    ca: Path | None,
    token_file: Path | None,
    expires: float,
    state: str | None,
    task: int | None,
    target: Target,
) -> None:
    """Make a one-time link by which somebody answers an approval.

    NAME is an execution on a cluster one of whose Tasks waits on asw:approval. The link shows what
    is asked, and answers once, in the name of USER, whoever opens it: send it to that person alone.
    It ends when the approval does, or after --expires. Opening it changes nothing; pressing one of
    its buttons does.

    It takes the right to patch the Execution, and for a USER other than yourself the verb invite on
    executions of asw.dev, since whoever has a link can answer by it. The Users of the Task's
    Approvers must name USER, unless there are no Approvers; Groups do not count for a link. The
    result of the Task has your name as LinkFrom.

    Exit code 1: it was answered, timed out or stopped meanwhile. Exit code 4: it waits for no
    approval.
    """
    from asw.cli.approving import print_link  # noqa: PLC0415 -- help needs none of it
    from asw.executions.cluster.inviting import Invitation  # noqa: PLC0415

    wanted = Invitation(by=by, seconds=int(expires), url=url, ca=ca, token_file=token_file)
    print_link(target, name, wanted, state=state, task=task)
