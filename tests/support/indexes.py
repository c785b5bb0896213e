"""A package index of a few wheels (PEP 503), served over HTTP as files, and locks of them."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.support.layouts import write_wheel


@dataclass(frozen=True, slots=True)
class RunningIndex:
    """Where it answers, and the paths that were asked for."""

    url: str
    folder: Path
    asked: list[str] = field(default_factory=list)

    def add(self, name: str, version: str) -> str:
        """Add a wheel with one module, and return the line of a lock for it."""
        wheel = write_wheel(self.folder / "wheels", name, version)
        page = self.folder / "simple" / name
        page.mkdir(parents=True, exist_ok=True)
        found = sorted(wheel.parent.glob(f"{name}-*.whl"))
        links = "".join(f'<a href="/wheels/{it.name}">{it.name}</a>\n' for it in found)
        (page / "index.html").write_text(f"<!DOCTYPE html><html><body>{links}</body></html>")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        return f"{name}=={version} --hash=sha256:{digest}\n"

    @property
    def downloads(self) -> list[str]:
        """The wheels that were fetched, in order."""
        return [path for path in self.asked if path.endswith(".whl")]


class _Files(SimpleHTTPRequestHandler):
    """Files of a folder; what is asked for is noted, and nothing is printed."""

    def __init__(self, *arguments: Any, asked: list[str], **options: Any) -> None:
        self._asked = asked
        super().__init__(*arguments, **options)

    def do_GET(self) -> None:
        self._asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its name there
        """Say nothing."""


@contextmanager
def running_index(folder: Path, host: str = "127.0.0.1", port: int = 0) -> Iterator[RunningIndex]:
    """An index with its files in the folder, until the block ends."""
    asked: list[str] = []
    (folder / "simple").mkdir(parents=True)
    handler = partial(_Files, directory=str(folder), asked=asked)
    with ThreadingHTTPServer((host, port), handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield RunningIndex(f"http://{host}:{server.server_port}/simple", folder, asked)
        finally:
            server.shutdown()
            thread.join()
