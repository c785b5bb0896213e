"""Applies what files describe to a cluster: what ``asw apply`` does without ``--local``."""

from collections.abc import Iterator

import click

from asw.api.names import API_VERSION
from asw.asl.values import JsonObject
from asw.cli.awaiting import awaited
from asw.cli.planning import aimed
from asw.executions.cluster.access import open_access
from asw.executions.cluster.applying import apply_all
from asw.executions.target import Target
from asw.lint.checking import Checked
from asw.messages import t
from asw.planning.objects import as_manifest


def apply_to_cluster(checked: Checked, target: Target) -> None:
    """Apply the Workflows, Functions and ConfigMaps, a line for each. Raises Failure."""
    manifests = list(_manifests(checked))
    others = sorted({str(it["kind"]) for it in manifests if not _is_applied(it)})
    awaited(_apply([it for it in manifests if _is_applied(it)], aimed(target, checked.manifests)))
    if others:
        kinds = ", ".join(others)
        click.echo(t("not applied, that is for kubectl: {kinds}", kinds=kinds), err=True)


async def _apply(manifests: list[JsonObject], target: Target) -> None:
    async with open_access(target) as access:
        async for name, change in apply_all(access, manifests):
            click.echo(f"{name} {change or 'deleted'}")


def _manifests(checked: Checked) -> Iterator[JsonObject]:
    """The objects as they are written; a bare definition is a Workflow."""
    for document in checked.documents:
        if isinstance(document.content, dict) and isinstance(document.content.get("kind"), str):
            yield {"apiVersion": "", "metadata": {}, **document.content}
    for placed in checked.manifests.workflows.values():
        if not placed.origin.subject:
            yield as_manifest(placed.object)


def _is_applied(manifest: JsonObject) -> bool:
    """Whether it is applied here; an Execution is started by asw start."""
    kind = (manifest["apiVersion"], manifest["kind"])
    return kind in (("v1", "ConfigMap"), (API_VERSION, "Function"), (API_VERSION, "Workflow"))
