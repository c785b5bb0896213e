"""A definition as a ControllerRevision, and back. Pure.

It pins what an Execution depends on: the text, its dialect, the Workflow's name, the task
template, where payloads are kept, and what happens to lost tasks. It has no ownerReference,
because an Execution outlives its Workflow.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from asw.api.names import LABEL_KIND, LABEL_WORKFLOW_UID, revision_name
from asw.api.objects import OnLost
from asw.api.workflow import Payloads, TaskTemplate, Workflow
from asw.asl.values import to_text
from asw.platforms.kubernetes.client.resources import REVISIONS
from asw.platforms.kubernetes.tasks.merging import layered
from asw.platforms.kubernetes.tasks.propagation import NOTHING, Propagated
from asw.reconciler.platform import Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedRevision:
    """A revision, with what only Kubernetes needs to know."""

    revision: Revision
    template: TaskTemplate = field(default_factory=TaskTemplate)
    payloads: Payloads = "Visible"
    on_lost: OnLost = "Retry"

    @property
    def is_private(self) -> bool:
        """Whether payloads must stay out of everything that the role ``view`` can read."""
        return self.payloads == "Private"


def definition_text(workflow: Workflow) -> str:
    """The definition as JSON text."""
    spec = workflow.spec
    return spec.definition_text if spec.definition is None else to_text(spec.definition)  # type: ignore[return-value]


def pinned(workflow: Workflow) -> tuple[PinnedRevision, Mapping[str, Any]]:
    """The Workflow's revision as it is now, and the object that pins it."""
    template = workflow.spec.task_template or TaskTemplate()
    data = {
        "workflow": workflow.public_name,
        "dialect": workflow.spec.dialect,
        "definition": definition_text(workflow),
        "taskTemplate": template.model_dump(mode="json", by_alias=True, exclude_unset=True),
    }
    if workflow.spec.payloads != "Visible":  # otherwise names stay as older versions made them
        data["payloads"] = workflow.spec.payloads
    if workflow.spec.on_lost is not None:
        data["onLost"] = workflow.spec.on_lost
    name = _name_by_content(workflow.metadata.uid, data)
    manifest = {
        "apiVersion": REVISIONS.api_version,
        "kind": REVISIONS.kind,
        "metadata": {
            "name": name,
            "labels": {LABEL_KIND: "revision", LABEL_WORKFLOW_UID: workflow.metadata.uid},
        },
        "revision": workflow.metadata.generation,
        "data": data,
    }
    return _pinned(name, data), manifest


def read_revision(item: Mapping[str, Any]) -> PinnedRevision | None:
    """The revision that the object pins; None if its name does not match its content."""
    metadata, data = item["metadata"], item.get("data")
    uid = metadata.get("labels", {}).get(LABEL_WORKFLOW_UID, "")
    if not isinstance(data, dict) or metadata["name"] != _name_by_content(uid, data):
        return None
    return _pinned(metadata["name"], data)


def _name_by_content(uid: str, data: Mapping[str, Any]) -> str:
    """A name by content; the order of keys does not count, because API servers sort them."""
    return revision_name(uid, json.dumps(data, sort_keys=True))


def _pinned(name: str, data: Mapping[str, Any]) -> PinnedRevision:
    return PinnedRevision(
        revision=Revision(
            name=name,
            workflow_name=data["workflow"],
            text=data["definition"],
            dialect=data["dialect"],
        ),
        template=TaskTemplate.model_validate(data["taskTemplate"]),
        payloads=data.get("payloads", "Visible"),
        on_lost=data.get("onLost", "Retry"),
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """What the Jobs of an execution take from its Workflow and from the Execution itself."""

    workflow: str
    """Object name of the Workflow."""
    pinned: PinnedRevision | None = None
    propagated: Propagated = NOTHING
    defaults: TaskTemplate = field(default_factory=TaskTemplate)
    """What tasks of the namespace have where nobody says otherwise."""

    @property
    def own_template(self) -> TaskTemplate:
        """What the Workflow says of its Jobs."""
        return TaskTemplate() if self.pinned is None else self.pinned.template

    @property
    def template(self) -> TaskTemplate:
        """What the Jobs have in common."""
        return layered(self.defaults, self.own_template)

    @property
    def on_lost(self) -> OnLost:
        """What becomes of lost tasks whose Function does not say."""
        return "Retry" if self.pinned is None else self.pinned.on_lost

    @property
    def is_private(self) -> bool:
        """Whether no payload may stand in them."""
        return self.pinned is not None and self.pinned.is_private
