"""The sample in Go by itself; what it promises as a parent is in test_warm_contract.py."""

import shutil
import subprocess
from pathlib import Path

from tests.functions.conftest import GO_SAMPLE
from tests.functions.fake_operator import FakeOperator
from tests.functions.pods import Pods


def test_the_sample_is_a_function_by_itself(
    operator: FakeOperator, tmp_path: Path, go_parent: Path
) -> None:
    """Started without a command it runs its own handler."""
    pods = Pods(tmp_path, [str(go_parent)], has_own_child=True)
    try:
        pods.start(operator, "")
        operator.give("uid-1", [1.0, "<没>"])
        assert operator.outcome("uid-1") == {"output": {"heard": [1.0, "<没>"]}}
        operator.give("uid-2", None)
        assert operator.outcome("uid-2") == {"output": {"heard": None}}
    finally:
        pods.close()


def test_the_sample_is_formatted(go_parent: Path) -> None:
    """As gofmt has it, and vet finds nothing."""
    del go_parent  # skips where there is no Go
    go = shutil.which("go")
    assert go is not None
    gofmt = Path(go).resolve().with_name("gofmt")
    listed = subprocess.run([gofmt, "-l", GO_SAMPLE], capture_output=True, check=True)
    assert listed.stdout == b""
    subprocess.run([go, "vet", "."], cwd=GO_SAMPLE, check=True)
