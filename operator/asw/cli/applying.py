"""Puts what files describe into this machine's store: ``asw apply``, and how ``asw run`` begins."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from shlex import quote
from typing import Literal, TypeAlias

import click

from asw.api.names import GROUP
from asw.cli.views.findings_text import show_findings
from asw.executions.local.folders import unusable
from asw.executions.target import Target
from asw.exits import ALL_WELL, BAD_INPUT
from asw.failures import Failure
from asw.lint.checking import check_files
from asw.lint.findings import has_error
from asw.lint.plan import Plan
from asw.messages import t
from asw.platforms.local.catalogue import Catalogue
from asw.platforms.local.faults import UnusableFolder
from asw.platforms.local.store import open_store

Change: TypeAlias = Literal["created", "configured", "unchanged"]
"""What became of an object, in kubectl's words."""


def apply(paths: Sequence[Path], target: Target) -> int:
    """Make these the Workflows and Functions of the store; the exit code. Raises Failure.

    All is checked before anything is put.
    """
    if not paths:
        raise Failure(
            t("no path is named"),
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
        message = t("nothing to apply: no Workflow and no Function there")
        raise Failure(message, remedy=t("name files as kubectl apply takes them, or their folder"))
    try:
        with closing(open_store(target.data)) as store:
            for name, change in store_plan(checked.plan, store.catalogue):
                click.echo(f"{name} {change}")
    except UnusableFolder as error:
        raise unusable(error, target.options) from error
    if checked.manifests.executions:
        click.echo(t("Executions are not started by this: asw run does that"), err=True)
    return ALL_WELL


def store_plan(plan: Plan, catalogue: Catalogue) -> list[tuple[str, Change]]:
    """Put its Functions and Workflows: what each is called, and what became of it."""
    changes: list[tuple[str, Change]] = []
    for function in plan.functions.values():
        old = catalogue.function(function.name)
        catalogue.put_function(function)
        changes.append((f"function.{GROUP}/{function.name}", _change(old, function)))
    for workflow in plan.workflows.values():
        before = catalogue.entry(workflow.name)
        catalogue.put_workflow(
            workflow.name,
            public_name=workflow.public_name,
            text=workflow.text,
            dialect=workflow.machine.dialect,
            default_input=workflow.default_input,
        )
        objects = workflow.objects.absolute()
        catalogue.configure(workflow.name, on_lost=workflow.on_lost, objects=objects)
        change = _change(before, catalogue.entry(workflow.name))
        changes.append((f"workflow.{GROUP}/{workflow.name}", change))
    return changes


def _change(old: object, new: object) -> Change:
    if old is None:
        return "created"
    return "unchanged" if old == new else "configured"
