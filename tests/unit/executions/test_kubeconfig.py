"""Which cluster is meant: contexts, namespaces, and what is said where there is none."""

import pytest

from asw.executions.cluster.connecting import find_place
from asw.executions.target import Target
from asw.exits import NO_CLUSTER
from asw.failures import Failure

FIRST = """
current-context: dev
contexts:
- {name: dev, context: {cluster: c, user: u, namespace: blue}}
- {name: prod, context: {cluster: c, user: u}}
"""
SECOND = """
current-context: prod
contexts:
- {name: dev, context: {cluster: c, user: u, namespace: other}}
- {name: stage, context: {cluster: c, user: u, namespace: green}}
"""


@pytest.fixture
def environ(tmp_path):
    """KUBECONFIG with two files, and one that does not exist."""
    (tmp_path / "first").write_text(FIRST)
    (tmp_path / "second").write_text(SECOND)
    return {"KUBECONFIG": f"{tmp_path}/first:{tmp_path}/none:{tmp_path}/second"}


@pytest.mark.parametrize(
    ("target", "context", "namespace"),
    [
        (Target(), "dev", "blue"),
        (Target(namespace="red"), "dev", "red"),
        (Target(context="prod"), "prod", "default"),
        (Target(context="stage"), "stage", "green"),
    ],
)
def test_files_are_merged_as_kubectl_merges_them(environ, target, context, namespace):
    """The first file that names something wins; a file that is not there does no harm."""
    place = find_place(target, environ)
    assert (place.context, place.namespace) == (context, namespace)


def failure(target, environ):
    with pytest.raises(Failure) as caught:
        find_place(target, environ)
    assert caught.value.code == NO_CLUSTER
    return caught.value


def test_an_unknown_context_names_the_nearest(environ):
    """A typing error in --context is mended by its message."""
    told = failure(Target(context="stge"), environ)
    assert "'stge'" in told.message
    assert "stage" in told.remedy
    assert "dev, prod, stage" in failure(Target(context="x"), environ).remedy


@pytest.mark.parametrize("name", ["a/b", "UP", "a" * 64, "..", "商店"])
def test_what_is_no_name_of_a_namespace_is_told(environ, name):
    """As a part of an address it would lead elsewhere, and the answer say that there is no asw."""
    with pytest.raises(Failure) as caught:
        find_place(Target(namespace=name), environ)
    assert caught.value.message == f"{name!r} is not a valid namespace name"
    assert caught.value.code == NO_CLUSTER


def test_no_kubeconfig_says_what_to_do(tmp_path):
    """Who has no cluster hears of --local."""
    told = failure(Target(), {"KUBECONFIG": str(tmp_path / "none")})
    assert "no kubeconfig" in told.message
    assert "--local" in told.remedy


@pytest.mark.parametrize("text", ["[1]", "a: [", "contexts: {a: b}", "contexts: [1]", "\x00"])
def test_a_file_that_is_no_kubeconfig_is_named(tmp_path, text):
    """The message has the path, whatever is in the file."""
    file = tmp_path / "broken"
    file.write_text(text)
    assert str(file) in failure(Target(kubeconfig=file), {}).message


def test_a_named_file_that_is_missing_is_told(tmp_path):
    """--kubeconfig is never passed over."""
    assert "none" in failure(Target(kubeconfig=tmp_path / "none"), {}).message


def test_no_current_context_is_told(tmp_path):
    """Unlike kubectl, which would fall back to localhost, which is never what was meant."""
    file = tmp_path / "config"
    file.write_text("contexts:\n- {name: a, context: {}}\n")
    assert "--context" in failure(Target(kubeconfig=file), {}).remedy


def test_in_a_pod_its_own_cluster_is_meant(tmp_path):
    """A pod with an account and no kubeconfig needs no options."""
    environ = {"KUBECONFIG": str(tmp_path / "none"), "KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    assert find_place(Target(namespace="red"), environ).context is None
