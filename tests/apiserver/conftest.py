"""A real API server with the custom resources, policies and Roles of this tree."""

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from asw.api.crd import KINDS
from dev.crds import ROOT
from tests.support import alone
from tests.support.cluster import Cluster, require, tool
from tests.support.function_cases import PLACES
from tests.support.host_operator import nothing_installed
from tests.support.installation import SYSTEM as INSTALLED

POLICY_RELEASE = "asw-apiserver-tests"
CRDS = [f"{model.plural}.asw.dev" for model in KINDS]
SYSTEM = f"asw-test-system-{uuid.uuid4().hex[:8]}"
"""Where the operator would run."""
APPROVER = f"{POLICY_RELEASE}-{SYSTEM}-approver"
"""The ClusterRole of whoever answers approvals."""
OPERATOR = f"system:serviceaccount:{SYSTEM}:{POLICY_RELEASE}"
_TEMPLATES = (
    "admissionpolicy",
    "admissionpolicy-functions",
    "admissionpolicy-creators",
    "admissionpolicy-operator",
    "admissionpolicybinding",
    "clusterrole",
    "clusterrole-approver",
    "clusterrolebinding",
    "role",
    "rolebinding",
)
_BINDINGS = "validatingadmissionpolicybindings"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody whom the API server takes us for."""

    cluster: Cluster
    name: str

    def tries(self, *words: str, stdin: Any = None) -> str:
        """What is said against it: empty where it may."""
        text = None if stdin is None else json.dumps(stdin)
        done = self.cluster.kubectl(*words, f"--as={self.name}", stdin=text, check=False)
        return "" if done.returncode == 0 else done.stderr

    def may(self, namespace: str, *rules: tuple[str, str, str]) -> None:
        """Grant these verbs on these resources, of these names where names are given."""
        label = f"r{uuid.uuid4().hex[:8]}"
        where = f"--namespace={namespace}"
        for number, (verb, resource, name) in enumerate(rules):
            role = f"{label}-{number}"
            named = [f"--resource-name={name}"] if name else []
            words = ("create", "role", role, where, f"--verb={verb}", f"--resource={resource}")
            self.cluster.kubectl(*words, *named)
            words = ("create", "rolebinding", role, where, f"--role={role}", f"--user={self.name}")
            self.cluster.kubectl(*words)


@pytest.fixture(scope="session")
def places(cluster: Cluster) -> Iterator[dict[str, str]]:
    """A namespace for each set of rules, by the name of the place, and the operator's."""
    names = [SYSTEM, *_namespaces().values()]
    for name in names:
        cluster.kubectl("create", "namespace", name)
    yield _namespaces()
    cluster.kubectl("delete", "namespace", *names, "--wait=false")


# Not for the whole session: a chart installed after these tests must find no CRDs of another owner.
@pytest.fixture(scope="module")
def kubernetes_api(
    cluster: Cluster, places: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """The cluster with CRDs and policies of this tree; what was not there before goes again."""
    alone.require("replaces custom resources and policies")
    before = cluster.kubectl("get", "crd", *CRDS, "--ignore-not-found", "-o", "name").stdout.split()
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(ROOT / "crds"))
    cluster.kubectl("wait", "--for=condition=established", "--timeout=300s", "crd", *CRDS)
    with _policies(cluster, tmp_path_factory.mktemp("policy")):
        yield cluster
    for name in CRDS:
        if f"customresourcedefinition.apiextensions.k8s.io/{name}" not in before:
            cluster.kubectl("delete", "crd", name, "--timeout=300s")


@pytest.fixture(scope="module")
def unattended(kubernetes_api: Cluster) -> Iterator[Cluster]:
    """The same, while no installed operator carries out what is asked for."""
    words = ("get", "deployment", "asw", f"--namespace={INSTALLED}", "--ignore-not-found")
    is_installed = bool(kubernetes_api.kubectl(*words, "--output=name").stdout)
    with nothing_installed(kubernetes_api) if is_installed else nullcontext():
        yield kubernetes_api


@pytest.fixture
def operator(kubernetes_api: Cluster) -> User:
    """The operator's account, with its Roles."""
    return User(kubernetes_api, OPERATOR)


@pytest.fixture
def tenant(kubernetes_api: Cluster) -> User:
    """Somebody who may do nothing yet."""
    return User(kubernetes_api, f"tenant-{uuid.uuid4().hex[:8]}")


def _namespaces() -> dict[str, str]:
    return {place: f"{SYSTEM}-{place}" for place in PLACES}


@contextmanager
def _policies(cluster: Cluster, folder: Path) -> Iterator[None]:
    """Those of this tree in force, and none of an installed chart: it may be of another time."""
    rendered = folder / "rendered.yaml"
    rendered.write_text(_rendered(folder), encoding="utf-8")
    with _set_aside(cluster):
        cluster.kubectl("apply", "--server-side", "-f", str(rendered))
        try:
            _wait_for_the_policies(cluster)
            yield
        finally:
            cluster.kubectl("delete", "-f", str(rendered))


@contextmanager
def _set_aside(cluster: Cluster) -> Iterator[None]:
    words = ("get", _BINDINGS, "--selector=app.kubernetes.io/part-of=asw", "-o", "json")
    installed = json.loads(cluster.kubectl(*words).stdout)
    for item in installed["items"]:
        for field in ("uid", "resourceVersion", "creationTimestamp", "generation"):
            item["metadata"].pop(field, None)
        cluster.kubectl("delete", _BINDINGS, item["metadata"]["name"])
    try:
        yield
    finally:
        if installed["items"]:
            cluster.kubectl("create", "-f", "-", stdin=json.dumps(installed))


def _rendered(folder: Path) -> str:
    """The chart's objects under a name of our own, so that an installed chart keeps its own."""
    helm = tool("helm")
    require(helm, "helm")
    rules = {_namespaces()[place]: dict(own) for place, own in PLACES.items()}
    values = folder / "values.yaml"
    values.write_text(yaml.safe_dump({"functionPolicy": {"namespaces": rules}}), encoding="utf-8")
    command = [str(helm), "template", POLICY_RELEASE, str(ROOT / "charts" / "asw")]
    command += [f"--show-only=templates/{name}.yaml" for name in _TEMPLATES]
    command += [f"--values={values}", f"--namespace={SYSTEM}"]
    command += ["--set=functions.packageIndex.url=https://packages.example/simple"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _wait_for_the_policies(cluster: Cluster) -> None:
    """A policy takes some seconds until it is in force; the last binding's is probed as well."""
    bad = {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Execution",
        "metadata": {"name": "probe"},
        "spec": {"workflowRef": {"name": "x"}, "input": 1, "inputText": "1"},
    }
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "probe"}}
    dry_run = ("create", "--namespace=default", "--dry-run=server", "-f", "-")
    admin, operator = User(cluster, "system:admin"), User(cluster, OPERATOR)
    function = {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Function",
        "metadata": {"name": "probe"},
        "spec": {"runtime": "image", "image": "x", "securityContext": {"privileged": True}},
    }
    probes = [(admin, bad), (admin, function), (operator, secret)]
    deadline = time.monotonic() + 300
    while probes and time.monotonic() < deadline:
        user, item = probes[0]
        words = (*dry_run, "--as-group=system:masters") if user is admin else dry_run
        if "ValidatingAdmissionPolicy" in user.tries(*words, stdin=item):
            probes.pop(0)
        else:
            time.sleep(0.5)
    if probes:
        pytest.fail("the policies did not come into force in 300 s")
