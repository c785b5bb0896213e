"""``asw operator``: what the chart's Deployment runs; arguments only."""

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
    help="Namespace to act on, else ASW_WATCH_NAMESPACES, else all; may be repeated.",
    shell_complete=completion.namespaces,
)
@click.option(
    "--context",
    help="Context of the kubeconfig, else the current one.",
    shell_complete=completion.contexts,
)
@click.option(
    "--kubeconfig",
    type=click.Path(path_type=Path),
    help="File with contexts, else KUBECONFIG or ~/.kube/config.",
)
@click.option("--yes", "-y", "is_yes", is_flag=True, help="Act without asking.")
def command(**given: Any) -> None:
    """Run the operator in a cluster; settings come from the environment.

    The chart runs it in a pod, where it acts at once. Anywhere else it names the context, the
    server and the namespaces, and asks first; without a terminal --yes must be said.

    Where another installation acts already it waits, and says so in its log and on /readyz: one
    claim on each namespace, or on all of them, is checked by everybody. It takes over when that
    one is gone. Keys and Lease are in POD_NAMESPACE, else in the first namespace of -n, else in
    that of the context.
    """
    from asw.cli.operating import OperatorOptions, start  # noqa: PLC0415

    sys.exit(start(OperatorOptions(**given)))
