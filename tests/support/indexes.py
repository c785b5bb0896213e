"""An index of a few packages, served over HTTP as files, and locks of them.

It holds wheels (PEP 503) and is a registry of npm besides.
"""

import base64
import hashlib
import io
import json
import tarfile
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
    def npm_url(self) -> str:
        """Where npm asks."""
        return self.url.replace("/simple", "/npm")

    def add_module(
        self, name: str, version: str, code: str = "", **described: Any
    ) -> dict[str, Any]:
        """Add a package of Node.js with one file, and return its entry of a package-lock.json."""
        about = {"name": name, "version": version, **described}
        archive = self.folder / "archives" / f"{name.replace('/', '-')}-{version}.tgz"
        archive.parent.mkdir(exist_ok=True)
        archive.write_bytes(_archive({"package.json": json.dumps(about), "index.js": code}))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        address = f"{self.url.removesuffix('/simple')}/archives/{archive.name}"
        dist = {"tarball": address, "integrity": f"sha512-{digest}"}
        page = self.folder / "npm" / name
        page.parent.mkdir(parents=True, exist_ok=True)
        known = json.loads(page.read_text())["versions"] if page.exists() else {}
        versions = {**known, version: {**about, "dist": dist}}
        page.write_text(
            json.dumps({"name": name, "dist-tags": {"latest": version}, "versions": versions})
        )
        elsewhere = f"https://registry.npmjs.org/{name}/-/{archive.name}"
        return {**about, "resolved": elsewhere, "integrity": dist["integrity"]}

    @property
    def downloads(self) -> list[str]:
        """The wheels and archives that were fetched, in order."""
        return [path for path in self.asked if path.endswith((".whl", ".tgz"))]


def package_lock(wanted: dict[str, str], **entries: dict[str, Any]) -> str:
    """A package-lock.json that wants these, each with its version; ``entries`` by name."""
    packages = {f"node_modules/{name}": entry for name, entry in entries.items()}
    content = {"lockfileVersion": 3, "packages": {"": {"dependencies": wanted}, **packages}}
    return json.dumps(content)


def _archive(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size, entry.mode = len(text.encode()), 0o644
            tar.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()


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
