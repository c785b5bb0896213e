"""The definition in the manifest of a Workflow, as the revision that its status names. Pure."""

from asw.api.workflow import Workflow
from asw.asl.values import JsonObject
from asw.platforms.kubernetes.workflows.revisions import definition_text
from asw.reconciler.platform import Revision


def revision_of(workflow: JsonObject, name: str) -> Revision:
    """What the manifest defines, under this name."""
    parsed = Workflow.parse(workflow)
    return Revision(
        name=name,
        workflow_name=parsed.public_name,
        text=definition_text(parsed),
        dialect=parsed.spec.dialect,
    )
