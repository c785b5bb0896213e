"""A real API server with the custom resources and the policy of this tree."""

import subprocess
import time
from collections.abc import Iterator

import pytest

from dev.crds import ROOT
from tests.support.cluster import Cluster, require, tool

POLICY_RELEASE = "asw-apiserver-tests"
CRDS = [f"{plural}.asw.dev" for plural in ("executions", "functions", "workflows")]


# Not for the whole session: a chart installed after these tests must find no CRDs of another owner.
@pytest.fixture(scope="module")
def kubernetes_api(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster with CRDs and policy of this tree; what was not there before goes again."""
    before = cluster.kubectl("get", "crd", *CRDS, "--ignore-not-found", "-o", "name").stdout.split()
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(ROOT / "crds"))
    cluster.kubectl("wait", "--for=condition=established", "--timeout=300s", "crd", *CRDS)
    policy = tmp_path_factory.mktemp("policy") / "policy.yaml"
    policy.write_text(_rendered_policy(), encoding="utf-8")
    cluster.kubectl("apply", "--server-side", "-f", str(policy))
    _wait_for_the_policy(cluster)
    yield cluster
    cluster.kubectl("delete", "-f", str(policy))
    for name in CRDS:
        if f"customresourcedefinition.apiextensions.k8s.io/{name}" not in before:
            cluster.kubectl("delete", "crd", name, "--timeout=300s")


def _rendered_policy() -> str:
    """The chart's policy under a name of our own, so that an installed chart keeps its own."""
    helm = tool("helm")
    require(helm, "helm")
    templates = ("admissionpolicy", "admissionpolicybinding")
    shown = [f"--show-only=templates/{name}.yaml" for name in templates]
    command = [str(helm), "template", POLICY_RELEASE, str(ROOT / "charts" / "asw")]
    done = subprocess.run(
        [*command, *shown, "--kube-version=1.34.0"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _wait_for_the_policy(cluster: Cluster) -> None:
    """A policy takes some seconds until it is in force; an installed chart's says the same."""
    bad = """
    {"apiVersion": "asw.dev/v1alpha1", "kind": "Execution", "metadata": {"name": "probe"},
     "spec": {"workflowRef": {"name": "x"}, "input": 1, "inputText": "1"}}"""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        dry_run = ("create", "--namespace=default", "--dry-run=server", "-f", "-")
        denied = cluster.kubectl(*dry_run, stdin=bad, check=False).stderr
        if "ValidatingAdmissionPolicy" in denied:
            return
        time.sleep(0.5)
    pytest.fail("the policy did not come into force in 300 s")
