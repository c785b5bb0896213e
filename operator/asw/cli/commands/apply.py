"""``asw apply``: puts what files describe into this machine's store."""

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from shlex import quote

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
    """Put Workflows and Functions into this machine's store, and run nothing.

    PATHS are files, or folders of them, as kubectl apply takes them; a bare definition is the
    Workflow of its file's name. asw start, rerun and redrive --local use what was put last, by
    this or by asw run. An execution keeps the definition that it began with; redrive --revision
    current continues with the new one. Functions have no revisions: the next call of each runs the
    new code.

    Everything is checked before anything is stored. A line for each object says what became of it:
    created, configured or unchanged. Executions in the files are not started.

    On a cluster kubectl apply does this. Here --local, --data or ASW_LOCAL=1 is needed.
    """
    sys.exit(apply((*paths, *files), target))


def apply(paths: Sequence[Path], target: Target) -> int:
    """Store these Workflows and Functions; the exit code. Raises Failure.

    Everything is checked before anything is stored.
    """
    if not paths:
        raise Failure(
            t("no path was named"),
            remedy=t("name files as kubectl apply takes them, or their folder"),
        )
    if not target.is_local:
        files = " ".join(f"-f {quote(str(path))}" for path in paths)
        raise Failure(
            t("asw apply puts manifests into this machine's store, and needs --local"),
            remedy=t("on a cluster: kubectl apply {files}", files=files),
        )
    checked = check_files(paths, is_local=True, has_executions=False)
    show_findings(checked.findings)
    if has_error(checked.findings):
        return BAD_INPUT
    if not (checked.plan.workflows or checked.plan.functions):
        message = t("nothing to apply: found no Workflow and no Function")
        raise Failure(message, remedy=t("name files as kubectl apply takes them, or their folder"))
    try:
        with closing(open_store(target.data)) as store:
            for name, change in store_plan(checked.plan, store.catalogue):
                click.echo(f"{name} {change}")
    except UnusableFolder as error:
        raise unusable(error, target.options) from error
    if checked.manifests.executions:
        click.echo(t("Executions were not started: asw run does that"), err=True)
    return ALL_WELL
