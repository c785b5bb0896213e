"""Completion in a real bash, as kubectl asks for it, and where nothing answers."""

import subprocess
import sys

import pytest

from tests.support.playground import make_playground
from tests.support.typed import shell_environment, typed

ASK = """
source <(asw completion bash)
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMPREPLY=()
_asw_completion asw
echo "${{COMPREPLY[*]}}"
"""


@pytest.fixture(scope="module")
def playground(tmp_path_factory):
    """The folder of examples, its executions included, and an environment without a cluster."""
    folder = make_playground(tmp_path_factory.mktemp("playground"))
    nowhere = folder / "kubeconfig"
    nowhere.write_text(
        "current-context: far\n"
        "contexts: [{name: far, context: {cluster: far}}, {name: near, context: {cluster: far}}]\n"
        "clusters: [{name: far, cluster: {server: 'http://127.0.0.1:1'}}]\n"
    )
    environment = shell_environment(folder / "bin", {"KUBECONFIG": str(nowhere)})
    return folder, environment


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("asw lo", "logs"),
        ("asw list --phase Failed,a", "Failed,Aborted"),
        ("asw list -o j", "json"),
        ("asw list --context n", "near"),
        ("asw list --sort", "--sort-by"),
        ("asw logs --local hello-", "hello-2 hello-1"),
        ("asw get --data .asw wf/", "wf/hello"),
        ("asw get --local hello-1 h", "hello-2"),
        ("asw list --local -w ''", "hello"),
        ("asw list --local -n d", "default"),
        ("asw logs hello-", ""),
        ("asw logs --local --data nowhere hello-", ""),
    ],
)
def test_bash_offers_what_is_there(playground, words, expected):
    """Verbs, options and names; no error and nothing printed where a place cannot answer."""
    folder, environment = playground
    done = typed(ASK.format(words=words), folder, environment)
    assert (done.stdout.strip(), done.stderr) == (expected, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(playground, shell):
    """The script names the function that it defines and the variable by which asw is asked."""
    folder, environment = playground
    done = typed(f"asw completion {shell}", folder, environment)
    assert done.returncode == 0
    assert "_asw_completion" in done.stdout
    assert f"_ASW_COMPLETE={shell}_complete" in done.stdout


def called(function, folder, environment, *arguments):
    """The console script of this name, as pip would have made it."""
    code = f"import sys; from asw.cli.main import {function} as run; sys.exit(run())"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_kubectl_asks_for_words_and_a_directive(playground):
    """Cobra: a candidate a line, its meaning after a tab, and that files are none."""
    folder, environment = playground
    done = called("kubectl_completion", folder, environment, "get", "--local", "hello-")
    assert done.stdout.splitlines() == ["hello-2", "hello-1", ":4"]
    done = called("kubectl_completion", folder, environment, "lo")
    assert done.stdout.splitlines() == ["logs\tShow what the tasks of an execution printed.", ":4"]


def test_the_plugin_is_called_what_its_user_types(playground):
    """Usage lines and remedies of kubectl asw say so."""
    folder, environment = playground
    assert (
        "Usage: kubectl asw list "
        in called("kubectl_plugin", folder, environment, "list", "-h").stdout
    )
    wrong = called("kubectl_plugin", folder, environment, "list", "surplus")
    assert wrong.returncode == 2
    assert "kubectl asw list --help" in wrong.stderr
