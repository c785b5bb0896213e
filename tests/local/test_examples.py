"""The examples in the help of every verb, typed as they stand there."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.examples import examples
from tests.support.playground import make_playground
from tests.support.typed import shell_environment, typed


@pytest.fixture(scope="session")
def playground(tmp_path_factory) -> Path:
    """The folder that the examples speak of, made once."""
    folder: Path = tmp_path_factory.mktemp("playground") / "hello"
    make_playground(folder)
    return folder


@pytest.fixture(scope="module")
def token(playground):
    """A token of an execution that has ended."""
    command = [sys.executable, "-m", "asw", "get", "hello-2", "--local", "-o", "json"]
    done = subprocess.run(command, cwd=playground, capture_output=True, text=True, check=True)
    return f"callback.{json.loads(done.stdout)['metadata']['uid']}-1"


@pytest.mark.parametrize("example", examples("local"), ids=lambda example: example.command)
def test_an_example_does_what_its_help_says(example, playground, token, tmp_path):
    """Whoever copies an example of ``--help`` sees it work, and no traceback."""
    folder = tmp_path / "hello"
    before = list(playground.rglob("*"))
    shutil.copytree(playground, folder)
    more = {"KUBECONFIG": str(tmp_path / "none"), "TOKEN": token}
    environment = shell_environment(tmp_path / "bin", more)
    done = typed(example.command, folder, environment)
    assert done.returncode == example.exit_code, f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    made = set(folder.rglob("*")) - {folder / file.relative_to(playground) for file in before}
    assert done.stdout or done.stderr or made
