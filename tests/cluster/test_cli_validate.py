"""``asw validate --cluster``: what is named is there, and the API server would take the files."""

import json

import pytest
from click.testing import CliRunner

from asw.cli.main import main
from tests.support.space import Space

pytestmark = pytest.mark.cluster

MANIFESTS = """
apiVersion: asw.dev/v1alpha1
kind: Workflow
metadata: {name: pay}
spec:
  definition:
    StartAt: Pay
    States:
      Pay: {Type: Task, Resource: "asw:function:paay", Next: Post}
      Post: {Type: Task, Resource: "asw:function:Post_It", End: true}
---
apiVersion: asw.dev/v1alpha1
kind: Function
metadata: {name: pay}
spec:
  runtime: shell
  code: {inline: {index.sh: ":"}}
  serviceAccountName: nobody
  env:
    - {name: A, valueFrom: {secretKeyRef: {name: s, key: b}}}
    - {name: B, valueFrom: {configMapKeyRef: {name: kube-root-ca.crt, key: ca.crt}}}
---
apiVersion: asw.dev/v1alpha1
kind: Execution
metadata: {generateName: run-}
spec: {workflowRef: {name: elsewhere}}
"""
POST = """
apiVersion: asw.dev/v1alpha1
kind: Function
metadata: {name: post}
spec: {name: Post_It, runtime: shell, code: {inline: {index.sh: ":"}}}
"""


@pytest.fixture
def space(installed, namespace) -> Space:
    """A namespace of the test's own."""
    return Space(installed, namespace)


@pytest.fixture
def validate(space, monkeypatch, tmp_path):
    """The command on a file of this text, in the test's namespace; exit code and findings."""
    monkeypatch.setenv("KUBECONFIG", str(space.cluster.kubeconfig))
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)

    def run(text, *options):
        (tmp_path / "x.yaml").write_text(text)
        arguments = ["validate", str(tmp_path / "x.yaml"), "-n", space.namespace, "-o", "json"]
        done = CliRunner().invoke(main, [*arguments, *options])
        findings = json.loads(done.stdout)["findings"] if done.stdout else []
        return done, {(each["code"], each["line"]) for each in findings}

    return run


def test_what_is_named_is_looked_up(space, validate):
    """Functions by the names that definitions know, accounts, keys, Workflows; with their lines."""
    space.kubectl("apply", "--filename=-", stdin=POST)
    space.kubectl("create", "secret", "generic", "s", "--from-literal=a=hidden-value")
    done, found = validate(MANIFESTS)
    assert done.exit_code == 2
    assert found == {
        ("MissingFunction", 9),
        ("MissingObject", 18),
        ("MissingObject", 20),
        ("MissingWorkflow", 26),
    }
    assert "hidden-value" not in done.output


def test_what_the_api_server_would_refuse_is_told_and_nothing_is_stored(space, validate):
    """A Function may not change its name: only the cluster knows that it had another."""
    done, found = validate(POST)
    assert (done.exit_code, found) == (0, set())
    assert space.all("functions") == []
    space.kubectl("apply", "--filename=-", stdin=POST)
    done, found = validate(POST.replace("Post_It", "Post_Them"))
    assert (done.exit_code, found) == (2, {("RefusedByCluster", 5)})
    assert space.get("function", "post")["spec"]["name"] == "Post_It"


def test_no_cluster_is_another_exit_code(validate, tmp_path):
    """A pipeline tells mistakes of files from a cluster that cannot be asked."""
    done, _ = validate(POST, "-n", "gone-for-good")
    assert done.exit_code == 3
    (tmp_path / "none").write_text("")
    done, _ = validate(POST, "--kubeconfig", str(tmp_path / "none"))
    assert done.exit_code == 3
