"""``asw operator``: arguments only; ``operating`` does it.

The chart runs it in a pod, where it begins at once, with an account of its own. Started by hand it
would act in whatever context is current, with all rights of its user: so it asks first.
"""

import sys
from pathlib import Path
from typing import Any

import click

from asw.cli import completion
from asw.cli.command import Command


@click.command(cls=Command)
@click.option(
    "--namespace",
    "-n",
    "namespaces",
    multiple=True,
    help="Namespace to act on; by default ASW_WATCH_NAMESPACES, else all. May be repeated.",
    shell_complete=completion.namespaces,
)
@click.option(
    "--context",
    help="Context of the kubeconfig; by default the current one.",
    shell_complete=completion.contexts,
)
@click.option(
    "--kubeconfig",
    type=click.Path(path_type=Path),
    help="File with contexts; by default KUBECONFIG or ~/.kube/config.",
)
@click.option("--yes", "-y", "is_yes", is_flag=True, help="Act without asking.")
def command(**given: Any) -> None:
    """Run the operator in a cluster; settings come from the environment.

    The chart runs it in a pod, where it acts at once. Anywhere else it names the context, the
    server and the namespaces, and asks first; without a terminal --yes is needed.

    If another installation acts on the same namespaces already, it waits, and says so in its log
    and on /readyz: every installation claims each of its namespaces, or all of them, and checks
    the claims of others. It takes over when the other one is gone. Keys and Lease are in
    POD_NAMESPACE, else in the first namespace of -n, else in that of the context.
    """
    from asw.cli.operating import OperatorOptions, start  # noqa: PLC0415 -- help needs none

    sys.exit(start(OperatorOptions(**given)))
