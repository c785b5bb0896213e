"""Definitions pinned, read back and swept."""

from datetime import timedelta

from asw.api.workflow import Workflow
from asw.platforms.kubernetes.retention.orphans import (
    KEPT_PER_WORKFLOW,
    superfluous_revisions,
)
from asw.platforms.kubernetes.workflows.revisions import pinned, read_revision
from tests.support.kube_objects import NOW, workflow_object

TEXT = '{"StartAt":"A","States":{"A":{"Type":"Pass","Result":1.0,"End":true}}}'


def a_workflow(**spec):
    item = workflow_object(**spec)
    if "definitionText" in spec:
        del item["spec"]["definition"]
    return Workflow.parse(item)


def test_revision_reads_back():
    """Text, dialect, name and task template are pinned together."""
    template = {"nodeSelector": {"zone": "a"}, "resources": {"limits": {"memory": "1Gi"}}}
    made, manifest = pinned(
        a_workflow(definitionText=TEXT, dialect="TCSL", name="Orders", taskTemplate=template)
    )
    assert made.revision.text == TEXT
    assert made.revision.dialect == "TCSL"
    assert made.revision.workflow_name == "Orders"
    assert read_revision(manifest) == made


def test_order_of_keys_does_not_count():
    """API servers sort keys."""
    made, manifest = pinned(a_workflow(definitionText=TEXT))
    data = dict(sorted(manifest["data"].items()))
    assert read_revision({**manifest, "data": data}) == made


def test_revision_has_no_owner():
    """A running Execution keeps its definition when the Workflow goes."""
    _, manifest = pinned(a_workflow())
    assert "ownerReferences" not in manifest["metadata"]
    assert manifest["metadata"]["labels"]["asw.dev/workflow-uid"] == "wf-1"


def test_name_tells_the_content():
    """Another text is another revision; the same text the same one."""
    names = {
        pinned(a_workflow(definitionText=text))[1]["metadata"]["name"] for text in (TEXT, TEXT)
    }
    assert len(names) == 1
    assert pinned(a_workflow())[0].revision.name not in names


def test_changed_revision_is_none():
    """An object whose content does not fit its name is not taken for the revision."""
    _, manifest = pinned(a_workflow())
    data = {**manifest["data"], "definition": TEXT}
    assert read_revision({**manifest, "data": data}) is None


def listed(count, uid="wf-1"):
    return [
        {
            "metadata": {
                "namespace": "shop",
                "name": f"{uid}-{n:02}",
                "creationTimestamp": (NOW + timedelta(seconds=n)).isoformat(),
                "labels": {"asw.dev/workflow-uid": uid},
            }
        }
        for n in range(count)
    ]


LATER = NOW + timedelta(hours=1)


def test_newest_unused_revisions_stay():
    """A Workflow keeps ten of those that nobody runs."""
    found = superfluous_revisions(listed(KEPT_PER_WORKFLOW + 2), {("shop", "wf-1")}, set(), LATER)
    assert [name for _, name in found] == ["wf-1-01", "wf-1-00"]


def test_used_revisions_stay():
    """A revision that an Execution needs is never removed."""
    found = superfluous_revisions(
        listed(12), {("shop", "wf-1")}, {("shop", "wf-1-00"), ("shop", "wf-1-01")}, LATER
    )
    assert found == []


def test_revisions_of_a_deleted_workflow_go():
    """Nothing unused is kept once the Workflow is gone."""
    found = superfluous_revisions(listed(3), set(), {("shop", "wf-1-01")}, LATER)
    assert [name for _, name in found] == ["wf-1-02", "wf-1-00"]


def test_fresh_revisions_stay():
    """An execution may be about to begin with it."""
    assert superfluous_revisions(listed(3), set(), set(), NOW + timedelta(minutes=9)) == []
