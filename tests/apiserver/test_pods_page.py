"""The page about pods: a real API server takes each of its manifests, and the Jobs made of them."""

import json
import re

import pytest
import yaml

from asw.api.function import Function
from asw.api.workflow import Workflow
from asw.platforms.kubernetes.tasks.jobs import job
from dev.crds import ROOT
from tests.support.kube_objects import a_plan

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

DRY_RUN = ("create", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-")
BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


def manifests(page):
    """The complete manifests of a page, by kind and name."""
    text = (ROOT / "docs/how-to" / page).read_text(encoding="utf-8")
    found = [yaml.safe_load(block) for block in BLOCK.findall(text)]
    objects = [each for each in found if "kind" in each]
    return {f"{each['kind']} {each['metadata']['name']}": each for each in objects}


ENGLISH = manifests("pods.md")


def test_both_pages_show_the_same():
    """The Chinese page has the same manifests."""
    assert manifests("pods.zh.md") == ENGLISH


@pytest.mark.parametrize("item", ENGLISH.values(), ids=ENGLISH)
def test_a_manifest_of_the_page(kubernetes_api, places, item):
    """It is accepted as it stands, and the API server would take the Job of its tasks."""
    where = f"--namespace={places['tokens']}"
    made = json.loads(kubernetes_api.kubectl(*DRY_RUN, where, stdin=json.dumps(item)).stdout)
    if made["kind"] == "Function":
        plan = a_plan(Function.parse(made))
    elif made["kind"] == "Workflow":
        plan = a_plan(template=Workflow.parse(made).spec.task_template)
    else:
        return
    kubernetes_api.kubectl(*DRY_RUN, where, stdin=json.dumps(job(plan)))
