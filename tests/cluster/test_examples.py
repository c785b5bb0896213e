"""The examples in the help of every verb that speak of a cluster, typed as they stand there."""

from itertools import groupby
from pathlib import Path

import pytest

from asw.cli.command import Example
from tests.support.examples import examples
from tests.support.playground import make_playground
from tests.support.space import Space
from tests.support.typed import shell_environment, typed

pytestmark = pytest.mark.cluster

HELLO_2 = """
apiVersion: asw.dev/v1alpha1
kind: Execution
metadata: {name: hello-2}
spec: {workflowRef: {name: hello}, input: {}}
"""
HELLO_1 = HELLO_2.replace("hello-2", "hello-1").replace("input: {}", 'input: {"name": "World"}')


def of_verbs() -> list[list[Example]]:
    """Examples by verb: those of one verb are typed one after another."""
    grouped = groupby(examples("cluster"), key=verb_of)
    return [list(group) for _, group in grouped]


def verb_of(example: Example) -> str:
    """The verb, after whatever is piped into it."""
    return example.command.partition("asw ")[2].split()[0]


@pytest.fixture(scope="session")
def playground(tmp_path_factory) -> Path:
    """The folder that the examples speak of, made once."""
    folder: Path = tmp_path_factory.mktemp("playground") / "hello"
    make_playground(folder)
    return folder


@pytest.mark.parametrize("of_verb", of_verbs(), ids=lambda of_verb: verb_of(of_verb[0]))
def test_examples_do_what_their_help_says(
    of_verb: list[Example], playground: Path, space: Space, tmp_path: Path
) -> None:
    """Whoever copies an example of ``--help`` sees it work on a cluster, and no traceback."""
    files = [playground / "workflow.yaml", playground / "functions.yaml"]
    space.kubectl("apply", *(f"--filename={file}" for file in files))
    space.kubectl("apply", "--filename=-", stdin=f"{HELLO_1}---{HELLO_2}")
    for name in ("hello-1", "hello-2"):
        over = "--for=jsonpath={.status.completionTime}"
        space.kubectl("wait", f"execution/{name}", over, "--timeout=300s")
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(space.cluster.kubeconfig.read_text())
    set_namespace = f"config set-context --current --namespace={space.namespace}"
    environment = shell_environment(tmp_path / "bin", {"KUBECONFIG": str(kubeconfig)})
    done = typed(f"{space.cluster.kubectl_binary} {set_namespace}", playground, environment)
    assert done.returncode == 0, done.stderr
    for example in of_verb:
        done = typed(example.command, playground, environment)
        assert done.returncode == example.exit_code, f"{example}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
