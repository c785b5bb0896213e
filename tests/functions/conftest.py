"""A result server for the folder, and tasks that run against it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.functions.fake_operator import FakeOperator, operating
from tests.functions.pods import Pods
from tests.functions.result_server import ResultServer, make_certificates, serving
from tests.functions.tasks import Tasks, command

Parent: TypeAlias = tuple[Sequence[str], str]
"""The command of a warm pod's parent, and the language of its functions."""
GO_SAMPLE = Path(__file__).parents[2] / "functions" / "samples" / "go-warm"


@pytest.fixture(scope="session")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ResultServer]:
    """One server for all tests: its keys take longer than a task."""
    with serving(tmp_path_factory.mktemp("results")) as server:
        yield server


@pytest.fixture
def server(running_server: ResultServer) -> ResultServer:
    """The server, with nothing heard and nothing to answer but 200."""
    running_server.answers.clear()
    running_server.calls.clear()
    return running_server


@pytest.fixture
def language() -> str:
    """What the functions of a test are written in; modules that state the contract name all."""
    return "python"


@pytest.fixture
def tasks(tmp_path: Path, language: str) -> Tasks:
    """Tasks with a result file in the test's own folder."""
    return Tasks(tmp_path, language)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The operator's CA, and the file of its key and certificate."""
    return make_certificates(tmp_path_factory.mktemp("operator"))


@pytest.fixture
def operator(certificates: tuple[str, Path]) -> Iterator[FakeOperator]:
    """An operator that knows no pod yet."""
    ca, certificate = certificates
    with operating(certificate, ca) as running:
        yield running


@pytest.fixture
def pods(tmp_path: Path, parent: Parent) -> Iterator[Pods]:
    """Pods of the parent under test."""
    command, language = parent
    pods = Pods(tmp_path, command, has_own_child=language != "python", language=language)
    yield pods
    pods.close()


@pytest.fixture(scope="session")
def go_parent() -> Iterator[Path]:
    """The sample in Go, built where anybody may start it."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("needs Go: functions/samples/go-warm")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        binary = Path(folder) / "go-warm"
        env = {**os.environ, "CGO_ENABLED": "0", "GOPROXY": "off", "GOTOOLCHAIN": "local"}
        built = [go, "build", "-buildvcs=false", "-o", str(binary), "."]
        subprocess.run(built, cwd=GO_SAMPLE, env=env, check=True)
        yield binary


@pytest.fixture(params=["python3", "go"])
def parent(request: pytest.FixtureRequest) -> Parent:
    """The parents that keep the contract; tests of what children do name others."""
    if request.param == "go":
        return [str(request.getfixturevalue("go_parent"))], "python"
    if request.param in ("nodejs", "shell"):
        return command(request.param, "--warm"), request.param
    return command("python"), "python"
