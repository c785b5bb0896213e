"""The README's commands, run as its reader runs them."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.cluster import ROOT, Cluster
from tests.support.installation import install

pytestmark = pytest.mark.cluster

NOT_HERE = {"make test"}
"""What this very test is run by."""


def commands() -> list[str]:
    """Every line of every ``bash`` block, in order."""
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line not in NOT_HERE]


@pytest.fixture
def own_namespace(installed: Cluster, namespace: str) -> Iterator[str]:
    """The test's namespace as the one that kubectl uses by default."""
    installed.kubectl("config", "set-context", "--current", f"--namespace={namespace}")
    yield namespace
    installed.kubectl("config", "set-context", "--current", "--namespace=default")
    install()  # what `make deploy` installed has the chart's own spans


@pytest.mark.alone
def test_commands(installed: Cluster, own_namespace: str) -> None:
    """Every command shown succeeds, and the sum's output is where the README says it is."""
    printed = {}
    for command in commands():
        patient = command.replace("--timeout=60s", "--timeout=300s")
        done = subprocess.run(
            patient, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        printed[command] = done.stdout
    assert "15" in printed["make demo"]
    assert "Succeeded" in printed["kubectl get executions"]
    assert "output: 15" in printed["kubectl get execution sum-1 -o yaml"]
