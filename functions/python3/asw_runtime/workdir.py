"""A folder for one run of a script, wherever something can be written.

With a read-only root file system that is ``/dev/shm``, which every container has.
"""

from __future__ import annotations

import os

from .failures import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self


class WorkDir:
    """The current folder of the script: its files, its output, its heartbeats; gone afterwards."""

    def __init__(self, files: Mapping[str, str], event: str) -> None:
        self._files = files
        self._event = event

    def __enter__(self) -> Self:
        self.path = _create()
        for name, text in self._files.items():
            self._write(name, text)
        os.mkfifo(self._heartbeats)
        # opened for both directions, so that neither side ever waits for the other
        self.heartbeats = os.open(self._heartbeats, os.O_RDWR | os.O_NONBLOCK)
        self.stdin = self._open_event()
        os.chdir(self.path)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.stdin)
        os.close(self.heartbeats)
        os.chdir("/")
        _remove(self.path)

    def variables(self) -> dict[str, str]:
        """What tells the script of the folder."""
        return {"ASW_OUTPUT_FILE": self._output, "ASW_HEARTBEAT_FILE": self._heartbeats}

    def read_output(self) -> bytes:
        """What the script left in its output file, nothing if it has left none."""
        try:
            with open(self._output, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""

    @property
    def _output(self) -> str:
        return f"{self.path}/.output"

    @property
    def _heartbeats(self) -> str:
        return f"{self.path}/.heartbeat"

    def _open_event(self) -> int:
        path = f"{self.path}/.event"
        with open(path, "w", encoding="utf-8") as file:
            file.write(self._event)
        descriptor = os.open(path, os.O_RDONLY)
        os.unlink(path)
        return descriptor

    def _write(self, name: str, text: str) -> None:
        path = os.path.normpath(f"{self.path}/{name}")
        if not path.startswith(f"{self.path}/"):
            raise Fault("Runtime.ImportModuleError", f"file name {name!r} leads out of the code")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o700)


def remove_left_by(pid: int, environ: Mapping[str, str]) -> None:
    """Remove the folders of a runtime's process that was killed before it could do so itself."""
    for root in _roots(environ):
        for name in _names(root):
            if name.startswith(f"asw-{pid}-"):
                _remove(f"{root}/{name}")


def _create() -> str:
    for root in _roots(os.environ):
        path = f"{root}/asw-{os.getpid()}-{os.urandom(6).hex()}"
        try:
            os.mkdir(path, 0o700)
        except OSError:
            continue
        return path
    raise Fault("Runtime.NoWritableFolder", "no writable folder: tried $TMPDIR, /tmp, /dev/shm")


def _roots(environ: Mapping[str, str]) -> list[str]:
    return [root for root in (environ.get("TMPDIR", ""), "/tmp", "/dev/shm") if root]


def _remove(path: str) -> None:
    """Remove a folder with what it holds, however deep; links are not followed."""
    folders = [path]
    for folder in folders:
        for name in _names(folder):
            place = f"{folder}/{name}"
            try:
                os.unlink(place)
            except OSError:
                folders.append(place)
    for folder in reversed(folders):
        try:
            os.rmdir(folder)
        except OSError:
            continue


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
