"""A result server for the folder, and tasks that run against it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functions.result_server import ResultServer, serving
from tests.functions.tasks import Tasks


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
