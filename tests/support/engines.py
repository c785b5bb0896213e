"""Container engines for tests: a fake one that is always there, and podman where it is installed.

podman gets a store and settings of its own, so that it works without systemd, overlay mounts and
the right to raise limits. Its image holds nothing but Debian's busybox-static.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from asw.platforms.local.engines import SETTING

IMAGE = "localhost/asw-test-box:1"
_SETTINGS = """
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[containers]
netns = "host"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
"""
_STORE = """
[storage]
driver = "vfs"
runroot = "{folder}/run"
graphroot = "{folder}/graph"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAtHand:
    """An engine, and the environment in which asw finds it."""

    name: str
    environ: Mapping[str, str]
    folder: Path

    @property
    def is_fake(self) -> bool:
        """Whether its containers are mere processes."""
        return self.name == "fake"

    def containers(self) -> list[str]:
        """Names of those that are there."""
        if self.is_fake:
            return [path.name for path in self.folder.glob("asw-*")]
        done = self._podman("ps", "--all", "--format", "{{.Names}}")
        return done.stdout.split()

    def asked(self) -> list[list[str]]:
        """What a fake engine was asked, in order."""
        calls = self.folder / "calls"
        text = calls.read_text() if calls.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def _podman(self, *words: str, **more: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["podman", *words],
            env=dict(self.environ),
            capture_output=True,
            text=True,
            check=True,
            **more,  # type: ignore[call-overload]
        )


def fake_engine(folder: Path, name: str = "docker") -> EngineAtHand:
    """A program of that name in the folder, which has the test's image."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    source = (Path(__file__).parent / "fake_engine.py").read_text()
    program.write_text(f"#!{sys.executable}\n{source}")
    program.chmod(0o755)
    (folder / "images").write_text(IMAGE)
    path = os.pathsep.join((str(folder), os.environ["PATH"]))
    environ = {**os.environ, "PATH": path, SETTING: name}
    return EngineAtHand(name="fake", environ=environ, folder=folder)


@contextmanager
def podman(folder: Path) -> Iterator[EngineAtHand]:
    """Podman with the test's image; skips the test where podman or busybox-static is missing."""
    busybox = shutil.which("busybox")
    if shutil.which("podman") is None or busybox is None:
        pytest.skip("there is no podman with busybox-static: apt-get install podman busybox-static")
    settings, store = folder / "containers.conf", folder / "storage.conf"
    settings.write_text(_SETTINGS)
    store.write_text(_STORE.format(folder=folder))
    environ = {
        **os.environ,
        "CONTAINERS_CONF": str(settings),
        "CONTAINERS_STORAGE_CONF": str(store),
        SETTING: "podman",
    }
    made = EngineAtHand(name="podman", environ=environ, folder=folder)
    (folder / "box.tar").write_bytes(_box(Path(busybox)))
    made._podman("import", str(folder / "box.tar"), IMAGE)
    try:
        yield made
    finally:
        made._podman("rm", "--all", "--force")


def _box(busybox: Path) -> bytes:
    """A root file system: busybox under the names that tests use, and an open /tmp."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        tar.add(busybox, "bin/busybox")
        for name in ("sh", "cat", "echo", "sleep", "env", "id", "printf", "kill", "wc", "head"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        scratch = tarfile.TarInfo("tmp")
        scratch.type, scratch.mode = tarfile.DIRTYPE, 0o1777
        tar.addfile(scratch)
    return data.getvalue()
