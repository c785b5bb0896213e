"""What Helm's patches and copies make of nulls: a Workflow runs as written, or it is refused."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.cluster import tool
from tests.support.space import Object, Space, condition, workflow

pytestmark = pytest.mark.cluster

PLACE = "/definition/States/A/ResultPath"
GIVEN = {"a": 1}

Upgrade = Callable[..., None]
"""Writes the Workflow into the chart and brings the release to it; takes options of Helm."""


def definition(**fields: Any) -> Object:
    """One Pass whose result is 1, with these fields."""
    return {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 1, "End": True, **fields}}}


def as_text(value: Object) -> Object:
    """The Workflow ``flow`` with its definition as text."""
    made = workflow("flow", None, definitionText=json.dumps(value, indent=2) + "\n")
    del made["spec"]["definition"]
    return made


@pytest.fixture
def upgrade(space: Space, tmp_path: Path) -> Upgrade:
    """A chart of one Workflow, as `helm upgrade --install` brings it there."""
    helm = str(tool("helm"))
    (tmp_path / "templates").mkdir()
    chart = {"apiVersion": "v2", "name": "shop", "version": "0.1.0"}
    (tmp_path / "Chart.yaml").write_text(yaml.safe_dump(chart))

    def run(item: Object, *options: str) -> None:
        (tmp_path / "templates/flow.yaml").write_text(yaml.safe_dump(item, sort_keys=False))
        subprocess.run(
            [
                helm,
                "upgrade",
                "--install",
                "shop",
                tmp_path,
                "--namespace",
                space.namespace,
                *options,
            ],
            env={**os.environ, "KUBECONFIG": str(space.cluster.kubeconfig)},
            check=True,
            capture_output=True,
        )

    return run


def ready(space: Space, name: str = "flow") -> Object:
    """The condition Ready, once the operator knows the Workflow as it is."""

    def taken() -> Object | None:
        found = space.get("workflow", name)
        is_seen = (
            found.get("status", {}).get("observedGeneration") == found["metadata"]["generation"]
        )
        return condition(found, "Ready") if is_seen else None

    found: Object = space.until(f"workflow {name}", taken)
    return found


def copy_of(item: Object, name: str) -> Object:
    """What people make of `kubectl get -o yaml`: another name, and nothing of the server's."""
    kept = {field: item[field] for field in ("apiVersion", "kind", "spec")}
    return {**kept, "metadata": {"name": name}}


def test_helm_drops_a_null_and_the_workflow_is_refused(space: Space, upgrade: Upgrade) -> None:
    """With its place and the remedy; a text is one, and no run ever did something else."""
    upgrade(workflow("flow", definition()))
    assert space.run("before", "flow", GIVEN)["output"] == 1

    upgrade(workflow("flow", definition(ResultPath=None), nulls=[PLACE]))
    found = ready(space)
    assert "ResultPath" not in space.get("workflow", "flow")["spec"]["definition"]["States"]["A"]
    assert (found["status"], found["reason"]) == ("False", "NullsLost")
    assert PLACE in found["message"]
    assert "spec.definitionText" in found["message"]
    space.kubectl("wait", "workflow/flow", "--for=condition=Stalled", "--timeout=300s")

    upgrade(as_text(definition(ResultPath=None)))
    assert ready(space)["status"] == "True"
    assert space.run("after", "flow", GIVEN)["output"] == GIVEN


def test_a_text_survives_an_upgrade_by_helm(space: Space, upgrade: Upgrade) -> None:
    """A null that comes with an upgrade counts as it was written."""
    upgrade(as_text(definition()))
    assert space.run("before", "flow", GIVEN)["output"] == 1
    upgrade(as_text(definition(ResultPath=None)))
    assert ready(space)["status"] == "True"
    assert space.run("after", "flow", GIVEN)["output"] == GIVEN


def test_a_null_that_helm_installs_arrives(space: Space, upgrade: Upgrade) -> None:
    """An object that is created is sent as it is, one that is replaced too; patches leave it."""
    upgrade(workflow("flow", definition(ResultPath=None), nulls=[PLACE]))
    assert ready(space)["status"] == "True"
    for result, options in ((2, ()), (3, ("--force",))):
        upgrade(
            workflow("flow", definition(ResultPath=None, Result=result), nulls=[PLACE]), *options
        )
        assert ready(space)["status"] == "True"
    assert space.run("run", "flow", GIVEN)["output"] == GIVEN


@pytest.mark.parametrize("verb", ["create", "replace"])
def test_a_copy_without_the_annotation_is_refused(space: Space, verb: str) -> None:
    """Client-side apply leaves nulls to its annotation; whoever drops that is told."""
    space.apply(workflow("flow", definition(ResultPath=None), nulls=[PLACE]))
    assert ready(space)["status"] == "True"
    name = "flow" if verb == "replace" else "copy"
    made = copy_of(space.get("workflow", "flow"), name)
    space.kubectl(verb, "--filename=-", stdin=json.dumps(made))
    space.until("its refusal", lambda: ready(space, name)["reason"] == "NullsLost")


def test_a_copy_of_a_text_runs_as_it_was_written(space: Space) -> None:
    """Whatever else is left out of it."""
    space.apply(as_text(definition(ResultPath=None)))
    made = copy_of(space.get("workflow", "flow"), "copy")
    space.kubectl("create", "--filename=-", stdin=json.dumps(made))
    assert space.run("run", "copy", GIVEN)["output"] == GIVEN


def test_an_edit_loses_what_a_merge_patch_cannot_say(space: Space) -> None:
    """As kubectl edit sends one; the object says so at once."""
    space.apply(workflow("flow", definition()))
    spec = {"definition": definition(ResultPath=None), "nulls": [PLACE]}
    space.kubectl(
        "patch", "workflow", "flow", "--type=merge", f"--patch={json.dumps({'spec': spec})}"
    )
    assert ready(space)["reason"] == "NullsLost"


def test_what_nobody_listed_is_told_while_the_annotation_is_there(space: Space) -> None:
    """It runs as written, and its status warns of copies."""
    space.apply(workflow("flow", definition(ResultPath=None)))
    assert ready(space)["status"] == "True"
    (problem,) = space.get("workflow", "flow")["status"]["problems"]
    assert (problem["severity"], problem["code"]) == ("Warning", "NullsAtRisk")
    assert PLACE in problem["message"]


def test_server_side_apply_keeps_nulls(space: Space) -> None:
    """Those that come later too, and there is nothing to warn of."""
    for fields in ({}, {"ResultPath": None}):
        nulls = [PLACE] if fields else []
        made = workflow("flow", definition(**fields), nulls=nulls)
        space.kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(made))
        assert ready(space)["status"] == "True"
    assert "problems" not in space.get("workflow", "flow")["status"]
    assert space.run("run", "flow", GIVEN)["output"] == GIVEN
