"""``asw operator`` started by hand: it says where it would act, and asks."""

import socket

import pytest
import yaml
from click.testing import CliRunner

from asw.cli.main import main
from asw.exits import BAD_INPUT, NO_CLUSTER
from asw.failures import Failure
from asw.operator.ports import listening


@pytest.fixture
def asw(tmp_path, monkeypatch):
    """The command, with a kubeconfig of two contexts, of which nobody answers."""
    cluster = {"server": "http://127.0.0.1:9"}
    contexts = [
        {"name": name, "context": {"cluster": "c", "user": "u", "namespace": f"{name}-team"}}
        for name in ("prod", "dev")
    ]
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": cluster}],
        "contexts": contexts,
        "users": [{"name": "u", "user": {"token": "t"}}],
        "current-context": "prod",
    }
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(path))
    monkeypatch.setenv("ASW_LANG", "en")
    for name in ("KUBERNETES_SERVICE_HOST", "POD_NAMESPACE", "ASW_WATCH_NAMESPACES"):
        monkeypatch.delenv(name, raising=False)

    def run(*words, **environment):
        return CliRunner(env=environment).invoke(main, ("operator", *words), catch_exceptions=False)

    return run


@pytest.mark.parametrize(
    ("words", "environment", "where"),
    [
        ((), {}, "context prod (http://127.0.0.1:9), for all namespaces"),
        (("-n", "a", "-n", "b"), {}, "context prod (http://127.0.0.1:9), for namespaces a, b"),
        (("--context", "dev"), {"ASW_WATCH_NAMESPACES": "x"}, "context dev"),
        ((), {"ASW_WATCH_NAMESPACES": "x"}, "for namespaces x"),
    ],
)
def test_without_a_terminal_yes_must_be_said(asw, words, environment, where):
    """What is current decides nothing: context, server and namespaces are named."""
    result = asw(*words, **environment)
    assert result.exit_code == BAD_INPUT
    assert "asks before it acts" in result.stderr
    assert "add --yes" in result.stderr
    assert where in result.stderr


def test_a_context_that_is_not_there_is_told(asw):
    """With the ones that there are."""
    result = asw("--context", "prd", "--yes")
    assert (result.exit_code, "did you mean prod?" in result.stderr) == (NO_CLUSTER, True)


@pytest.mark.parametrize("value", ["many", "65536"])
def test_a_variable_without_sense_is_no_fault_of_asw(asw, value):
    """It is named, with the remedy."""
    result = asw("--yes", ASW_HEALTH_PORT=value)
    assert result.exit_code == BAD_INPUT
    assert f"ASW_HEALTH_PORT='{value}'" in result.stderr


def test_a_port_that_is_taken_is_no_fault_of_asw(asw):
    """Who has it, and which variable names another, is what its user needs."""
    with socket.socket(socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET) as other:
        other.bind(("", 0))
        other.listen()
        port = other.getsockname()[1]
        result = asw("--yes", ASW_HEALTH_PORT=str(port))
    assert result.exit_code == BAD_INPUT
    assert f"error: cannot listen on port {port}: Address already in use" in result.stderr
    assert "set ASW_HEALTH_PORT to another port" in result.stderr
    assert "acting on context prod (http://127.0.0.1:9): all namespaces" in result.stderr


def test_the_port_of_results_is_told_like_that_of_health():
    """With its own variable."""
    said = pytest.raises(Failure, match="cannot listen on port 8443: in use")
    with said as caught, listening(8443, "ASW_RESULT_SERVER_PORT"):
        raise OSError(98, "in use")
    assert "ASW_RESULT_SERVER_PORT" in caught.value.remedy
    assert caught.value.code == BAD_INPUT


def test_in_a_pod_nothing_is_asked(asw):
    """The chart's Deployment starts as ever: there the account of the pod says where it acts."""
    result = asw(KUBERNETES_SERVICE_HOST="10.0.0.1", KUBERNETES_SERVICE_PORT="443")
    assert result.exit_code == NO_CLUSTER
    assert "cannot find out how to reach the cluster of this pod: " in result.stderr
