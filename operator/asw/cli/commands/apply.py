"""``asw apply``: puts what files describe on a cluster, or into this machine's store."""

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click

from asw.cli import options
from asw.cli.acting.storing import store_plan
from asw.cli.command import Command, Example
from asw.cli.views.findings_text import show_findings
from asw.executions.local.folders import unusable
from asw.executions.target import Target
from asw.exits import ALL_WELL, BAD_INPUT
from asw.failures import Failure
from asw.lint.checking import check_files
from asw.lint.findings import has_error
from asw.lint.function_code import lock_findings, package_findings
from asw.lint.plan import Plan
from asw.messages import t
from asw.platforms.local.faults import UnusableFolder
from asw.platforms.local.store import open_store

_EXAMPLES = (
    Example(
        command="asw apply workflow.yaml functions.yaml --local",
        does="Use these files for what is started or redriven from now on.",
    ),
    Example(
        command="asw apply . --local && asw redrive hello-2 --local",
        does="Resume what failed, with the fixed code; here nothing was fixed, and it fails again.",
        exit_code=1,
    ),
    Example(
        command="asw apply workflow.yaml functions.yaml",
        does="Put the same objects on the cluster, code folders included.",
        where="cluster",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--filename",
    "-f",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A path, as kubectl takes it.",
)
@options.target_options
def command(paths: tuple[Path, ...], files: tuple[Path, ...], target: Target) -> None:
    """Put Workflows and Functions on the cluster or into this machine's store; run nothing.

    PATHS are files, or folders of them, as kubectl apply takes them; a bare definition is the
    Workflow of its file's name. Everything is checked before anything is stored. A line for each
    object says what became of it: created, configured or unchanged. Executions in the files are
    not started.

    On a cluster this is kubectl apply --server-side for Workflows, Functions and ConfigMaps, and
    more: the folder that a Function names by spec.code.path is packed into the Function, or into
    ConfigMaps if it is larger. Those that nothing uses any more are deleted.

    With --local, --data or ASW_LOCAL=1, asw start, rerun and redrive --local use what was put last,
    by this or by asw run. An execution keeps the definition that it began with; redrive --revision
    current continues with the new one. Functions have no revisions: the next call of each runs the
    new code.
    """
    sys.exit(apply((*paths, *files), target))


def apply(paths: Sequence[Path], target: Target) -> int:
    """Store these Workflows and Functions; the exit code. Raises Failure."""
    if not paths:
        raise Failure(
            t("no path was named"),
            remedy=t("name files as kubectl apply takes them, or their folder"),
        )
    checked = check_files(paths, is_local=target.is_local, has_executions=False)
    found = [*checked.findings, *lock_findings(checked.manifests)]
    on_cluster = [] if target.is_local else package_findings(checked.manifests)
    show_findings([*found, *on_cluster])
    if has_error(found):
        return BAD_INPUT
    if not (checked.plan.workflows or checked.manifests.functions):
        message = t("nothing to apply: found no Workflow and no Function")
        raise Failure(message, remedy=t("name files as kubectl apply takes them, or their folder"))
    if target.is_local:
        _store(checked.plan, target)
    else:
        from asw.cli.acting.applying import apply_to_cluster  # noqa: PLC0415 -- loads the client

        apply_to_cluster(checked, target)
    if checked.manifests.executions:
        verb = "asw run" if target.is_local else "asw start"
        click.echo(t("Executions were not started: {verb} does that", verb=verb), err=True)
    return ALL_WELL


def _store(plan: Plan, target: Target) -> None:
    """Put the plan into this machine's store. Raises Failure."""
    try:
        with closing(open_store(target.data)) as store:
            for name, change in store_plan(plan, store.catalogue):
                click.echo(f"{name} {change}")
    except UnusableFolder as error:
        raise unusable(error, target.options) from error
