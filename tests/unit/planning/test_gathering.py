"""A plan by somebody who may not see everything."""

import json

import pytest
from aiohttp import web

from asw.executions.cluster.access import Access
from asw.executions.cluster.connecting import ClusterContext
from asw.executions.cluster.runs import ClusterRuns
from asw.executions.patience import Patience
from asw.failures import Denied
from asw.lint.checking import check_files
from asw.planning.gathering import Files, foresee
from tests.support.kube_api import collection, kube_api

WORKFLOWS = collection("asw.dev/v1alpha1", "shop", "workflows")
DENIED = (
    'executions.asw.dev is forbidden: User "ann" cannot list resource "executions" in API group'
    ' "asw.dev" in the namespace "shop"'
)


def workflow(comment):
    definition = {"Comment": comment, "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    return {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "flow"},
        "spec": {"definition": definition},
    }


@pytest.fixture
def files(tmp_path):
    """A Workflow whose comment is new."""
    path = tmp_path / "flow.json"
    path.write_text(json.dumps(workflow("new")))
    checked = check_files((path,), has_executions=False)
    machines = {name: planned.machine for name, planned in checked.plan.workflows.items()}
    return Files(manifests=checked.manifests, machines=machines)


def runs_of(client):
    return ClusterRuns(
        Access(client, ClusterContext(context="dev", namespace="shop"), Patience("it"))
    )


def refusal(message):
    return web.json_response({"kind": "Status", "message": message}, status=403)


async def test_who_may_not_list_executions_gets_a_plan_all_the_same(files):
    """Whoever applies Workflows needs the differences; what could not be asked is said."""
    async with kube_api() as (api, client):
        api.put(WORKFLOWS, workflow("old"))
        api.fail("GET", "/executions", refusal(DENIED))
        api.fail("PATCH", "/workflows", refusal(DENIED.replace("list", "patch")))
        result = await foresee(runs_of(client), files)
    assert [each.fate for each in result.objects] == ["changed"]
    assert result.gaps == (
        "the executions in flight are unknown: ann may not list executions in namespace shop",
        (
            "admission was not asked whether it would accept this: "
            "ann may not patch executions in namespace shop"
        ),
    )
    assert result.to_plain()["notAsked"] == list(result.gaps)


async def test_who_may_not_see_workflows_gets_none(files):
    """There is nothing to compare with, and nothing that looks like one."""
    async with kube_api() as (api, client):
        api.fail("GET", "/workflows", refusal(DENIED))
        with pytest.raises(Denied):
            await foresee(runs_of(client), files)
