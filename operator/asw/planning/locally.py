"""Manifests as this machine's store would hold them, so that only what it keeps is compared. Pure.

It has no pods, hence no accounts, images or resources, and knows Functions by their public names.
"""

from dataclasses import replace

from asw.api.function import Function
from asw.api.workflow import Workflow
from asw.executions.local.manifests import function_manifest, workflow_manifest
from asw.lint.manifests import Placed
from asw.planning.gathering import Files
from asw.planning.objects import text_of
from asw.platforms.local.functions import to_local
from asw.reconciler.platform import Revision


def as_stored(files: Files) -> Files:
    """The files' objects, each without what one machine has no use for."""
    manifests = files.manifests
    functions = {
        placed.object.public_name: _function(placed, files)
        for placed in manifests.functions.values()
        if placed.object.spec.runtime != "image"
    }
    workflows = {name: _workflow(placed) for name, placed in manifests.workflows.items()}
    return replace(files, manifests=replace(manifests, functions=functions, workflows=workflows))


def _function(placed: Placed[Function], files: Files) -> Placed[Function]:
    local = to_local(placed.object, files.manifests.config_maps)
    return Placed(placed.origin, Function.parse(function_manifest(local)))


def _workflow(placed: Placed[Workflow]) -> Placed[Workflow]:
    workflow = placed.object
    revision = Revision(
        name="",
        workflow_name=workflow.public_name,
        text=text_of(workflow),
        dialect=workflow.spec.dialect,
    )
    stored = Workflow.parse(workflow_manifest(workflow.metadata.name, revision))
    return Placed(placed.origin, stored)
