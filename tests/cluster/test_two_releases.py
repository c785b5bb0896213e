"""Two releases of the chart in one cluster, both named asw: neither harms the other.

The operator of the other tests is away meanwhile; its policies hold in all namespaces.
"""

import json
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from asw.api.crd import KINDS
from tests.support.cluster import ROOT, Cluster, tool
from tests.support.installation import SYSTEM, install
from tests.support.space import INCREMENT, Object, Space, call, function, one_task, workflow

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

RELEASE = "asw"
OPERATOR = "app.kubernetes.io/component=operator"
CRDS = [f"{model.plural}.asw.dev" for model in KINDS]
CHILDREN = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "task",
    "States": {"task": call("f")},
}
"""Children are Executions that the operator creates, for which it needs the policies' leave."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A release and the namespace that it is for."""

    system: str
    space: Space

    def helm(self, verb: str, *options: str) -> str:
        """Run helm for the release; fails with what it said."""
        command = [str(tool("helm")), verb, RELEASE, *options, f"--namespace={self.system}"]
        command += [f"--kubeconfig={self.space.cluster.kubeconfig}", "--timeout=300s"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def install(self, *options: str) -> None:
        """Install the chart for its namespace, and wait until it is ready."""
        where = f"--set=watchNamespaces={{{self.space.namespace}}}"
        self.helm("install", str(ROOT / "charts/asw"), "--wait", where, *options)

    def upgrade(self, *options: str) -> None:
        """Upgrade it with the values that it has, and these."""
        self.helm("upgrade", str(ROOT / "charts/asw"), "--wait", "--reuse-values", *options)

    def variable(self, name: str) -> str:
        """A variable of the operator's container."""
        words = ("get", "deployment", RELEASE, f"--namespace={self.system}", "--output=json")
        pod = json.loads(self.space.cluster.kubectl(*words).stdout)["spec"]["template"]["spec"]
        found = {it["name"]: it.get("value", "") for it in pod["containers"][0]["env"]}
        return str(found[name])

    def says(self) -> str:
        """What its replica says of where it acts."""
        words = ("get", "pods", f"--namespace={self.system}", f"--selector={OPERATOR}")
        words = (*words, "--output=json")
        (pod, *_) = json.loads(self.space.cluster.kubectl(*words).stdout)["items"]
        name = pod["metadata"]["name"]
        path = f"/api/v1/namespaces/{self.system}/pods/{name}:8080/proxy/readyz"
        return self.space.cluster.kubectl("get", "--raw", path, check=False).stdout

    def runs(self, name: str) -> None:
        """A task and the children of a distributed Map run in its namespace."""
        each = {"Type": "Map", "ItemProcessor": CHILDREN, "End": True}
        definition = {"StartAt": "each", "States": {"each": each}}
        self.space.apply(function("f", INCREMENT), workflow("one", one_task("f")))
        self.space.apply(workflow("all", definition))
        assert self.space.run(f"{name}-one", "one", 1)["output"] == 2
        assert self.space.run(f"{name}-all", "all", [1, 2])["output"] == [2, 3]


@pytest.fixture(scope="module")
def releases(installed: Cluster) -> Iterator[tuple[Installation, Installation]]:
    """The first brings the custom resources, the second does without."""
    label = uuid.uuid4().hex[:8]
    names = [f"asw-test-{label}-{it}" for it in ("left", "left-work", "right", "right-work")]
    for name in names:
        installed.kubectl("create", "namespace", name)
    left = Installation(names[0], Space(installed, names[1]))
    right = Installation(names[2], Space(installed, names[3]))
    installed.kubectl("scale", "deployment/asw", "--replicas=0", f"--namespace={SYSTEM}")
    gone = ("--for=delete", f"--selector={OPERATOR}", "--timeout=300s")
    installed.kubectl("wait", "pods", *gone, f"--namespace={SYSTEM}", check=False)
    try:
        left.install("--take-ownership")
        right.install("--set=crds.enabled=false")
        yield left, right
    finally:
        for each in (left, right):
            each.helm("uninstall", "--ignore-not-found", "--wait")
        installed.kubectl("delete", "namespace", *names, "--wait=false")
        install()


def crds(cluster: Cluster) -> list[str]:
    """Uids of the custom resource definitions."""
    listed = json.loads(cluster.kubectl("get", "crd", *CRDS, "--output=json").stdout)
    return [it["metadata"]["uid"] for it in listed["items"]]


def test_two_releases_run_side_by_side(releases: tuple[Installation, Installation]) -> None:
    """Each runs what is in its own namespace, children included, under the policies of all."""
    for each in releases:
        each.runs("side")
        assert each.says().strip() == "ok"


def test_one_is_upgraded_and_rolled_back(releases: tuple[Installation, Installation]) -> None:
    """With the values that it has; the other does not notice."""
    left, _ = releases
    left.upgrade("--set=logLevel=debug")
    assert left.variable("ASW_LOG_LEVEL") == "debug"
    assert left.variable("ASW_WATCH_NAMESPACES") == left.space.namespace
    left.helm("rollback", "--wait")
    assert left.variable("ASW_LOG_LEVEL") == "info"
    for each in releases:
        each.runs("rolled")


def test_who_comes_second_waits(releases: tuple[Installation, Installation]) -> None:
    """Where both are to act the first does, alone and unhindered, and the second says who it is."""
    left, right = releases
    both = f"{{{left.space.namespace},{right.space.namespace}}}"
    right.upgrade(f"--set=watchNamespaces={both}")
    told = f"not acting in {left.space.namespace}: installation {left.system}/{RELEASE} acts there"
    left.space.until("what it says", lambda: told in right.says())
    for each in releases:
        each.runs("both")
    assert left.says().strip() == "ok"


def test_one_is_uninstalled(releases: tuple[Installation, Installation]) -> None:
    """Custom resources and all that was run stay; the other goes on, and takes over what it may."""
    left, right = releases
    cluster = left.space.cluster
    before = crds(cluster), kept(left.space), kept(right.space)
    left.helm("uninstall", "--wait")
    assert (crds(cluster), kept(left.space), kept(right.space)) == before
    right.runs("last")
    Installation(right.system, left.space).runs("taken")
    right.helm("uninstall", "--wait")
    assert crds(cluster) == before[0]


def kept(space: Space) -> list[Object]:
    """Specs of all Executions of a namespace."""
    return [it["spec"] for it in space.all("executions")]
