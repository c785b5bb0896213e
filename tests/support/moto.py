"""Servers that answer as AWS's services do: moto's, in a process and an environment of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from asw.connector.places import Access, Credentials
from tests.support.registries import free_port

PYTHON = Path(sys.prefix) / "moto" / "bin" / "python"
_PATIENCE_SECONDS = 60
_OPEN_CALLS = "INITIAL_NO_AUTH_ACTION_COUNT"
"""moto: how many calls it takes before it looks at keys."""


@contextmanager
def running_moto(
    host: str = "127.0.0.1", *, knows_nobody: bool = False, log: Path = Path(os.devnull)
) -> Iterator[str]:
    """The address of all services at once, until the block ends.

    If it ``knows_nobody``, it refuses whatever key calls are signed with. The ``log`` gets a line
    for each call, which begins with the address of whoever made it.
    """
    assert PYTHON.exists(), f"moto is not in {PYTHON.parents[1]}: run make setup"
    port = free_port()
    command = [PYTHON, "-m", "moto.server", "-H", host, "-p", str(port)]
    environment = {**os.environ, **({_OPEN_CALLS: "0"} if knows_nobody else {})}
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
    try:
        endpoint = f"http://{host}:{port}"
        _until_answers(endpoint, process)
        yield endpoint
    finally:
        process.terminate()
        process.wait()


def access_to(endpoint: str, **fields: object) -> Access:
    """What a connector needs to call services at the endpoint."""
    key = Credentials(access_key_id="AKIDEXAMPLE", secret_access_key="of-tests")
    known = {"name": "lab", "region": "us-east-1", "path_style": True, "credentials": key}
    return Access(**{**known, "endpoint": endpoint, **fields})


def _until_answers(endpoint: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with urlopen(f"{endpoint}/moto-api/data.json"):
                return
        except URLError:
            assert process.poll() is None, "moto's server ended"
            assert time.monotonic() < deadline, "moto's server does not answer"
            time.sleep(0.05)
