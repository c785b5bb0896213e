"""The examples in the help of every verb, typed as they stand there."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asw.archive.rows import row_of
from asw.executions.bundles.contents import from_bytes
from tests.support.archives import an_archive
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


@pytest.fixture(scope="module")
def archive(playground, tmp_path_factory):
    """The same executions in an archive, and a context of a cluster that nobody can reach."""
    folder = tmp_path_factory.mktemp("archive")
    kept = []
    for name in ("hello-1", "hello-2"):
        file = folder / f"{name}.asw.gz"
        words = ["export", name, "--local", "--logs", "--output", str(file)]
        command = [sys.executable, "-m", "asw", *words]
        subprocess.run(command, cwd=playground, capture_output=True, check=True)
        run = from_bytes(file.read_bytes(), name).main.run
        kept.append((row_of(run, run.spec["input"]), file.read_bytes()))
    an_archive(folder, *kept).close()
    context = {"cluster": "c", "user": "u", "namespace": kept[0][0].namespace}
    config = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": context}],
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {}}],
    }
    (folder / "config").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize("example", examples("archive"), ids=lambda example: example.command)
def test_an_example_of_an_archive_shows_what_was_deleted(example, archive, tmp_path):
    """Whoever copies it sees the runs of the archive, whatever became of the cluster."""
    url = f"sqlite:///{archive}/archive.db"
    more = {"KUBECONFIG": str(archive / "config"), "ASW_ARCHIVE_URL": url}
    done = typed(example.command, tmp_path, shell_environment(tmp_path / "bin", more))
    assert done.returncode == example.exit_code, f"{done.stdout}\n{done.stderr}"
    assert "hello-" in done.stdout
