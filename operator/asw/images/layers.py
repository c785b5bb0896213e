"""Layers: files as a tar of which equal content has equal bytes, on any machine and at any time.

Sorted names, no times, no owners, modes of two kinds; no bytecode, which differs by interpreter.
"""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

from asw.failures import Failure
from asw.images.content import LAYER, Descriptor
from asw.images.layout import Layout
from asw.messages import t

TASK: Final = "var/task"
"""Where runtimes look for code and packages."""
_LEVEL: Final = 6
_FILE, _PROGRAM = 0o644, 0o755
_ANY_EXECUTE: Final = 0o111


class SupportsWrite(Protocol):
    """A file or a compressor."""

    def write(self, data: bytes, /) -> int:
        """Take all of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer in a layout; ``diff_id`` is the digest of what is compressed in it."""

    blob: Descriptor
    diff_id: str


def layer_of(files: Mapping[str, Path], layout: Layout, *, below: str = TASK) -> Layer:
    """Write files into a layout as a layer; names are relative to ``below``. Raises Failure."""
    unfinished = layout.folder / ".layer.part"
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    with unfinished.open("wb") as raw:
        packed = _Hashing(raw)
        with gzip.GzipFile("", "wb", _LEVEL, cast("BinaryIO", packed), mtime=0) as zipped:
            plain = _Hashing(zipped)
            with tarfile.open(
                fileobj=cast("BinaryIO", plain), mode="w|", format=tarfile.PAX_FORMAT
            ) as archive:
                for name in _folders(files):
                    archive.addfile(_entry(f"{below}/{name}".rstrip("/"), tarfile.DIRTYPE))
                for name in sorted(files):
                    _add(archive, f"{below}/{name}", files[name])
    blob = Descriptor(media_type=LAYER, digest=packed.digest, size=packed.size)
    layout.adopt(unfinished, blob.digest)
    return Layer(blob=blob, diff_id=plain.digest)


def _folders(names: Iterable[str]) -> list[str]:
    """The folders of the files, outer ones first, and ``below`` itself as the empty name."""
    found = {""}
    for name in names:
        parts = name.split("/")[:-1]
        found |= {"/".join(parts[: count + 1]) for count in range(len(parts))}
    return sorted(found)


def _entry(name: str, kind: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type = kind
    entry.mode = _PROGRAM if kind == tarfile.DIRTYPE else _FILE
    return entry  # TarInfo begins with no time and no owner


def _add(archive: tarfile.TarFile, name: str, path: Path) -> None:
    if path.is_symlink():
        entry = _entry(name, tarfile.SYMTYPE)
        entry.mode, entry.linkname = 0o777, path.readlink().as_posix()
        archive.addfile(entry)
        return
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Failure(
            t("cannot read {path}: {reason}", path=path, reason=error.strerror),
            remedy=t("check its mode: ls -l"),
        ) from error
    entry = _entry(name, tarfile.REGTYPE)
    entry.size = len(content)
    entry.mode = _PROGRAM if path.stat().st_mode & _ANY_EXECUTE else _FILE
    archive.addfile(entry, io.BytesIO(content))


class _Hashing:
    """Writes on, and keeps digest and size of what passed."""

    def __init__(self, target: SupportsWrite) -> None:
        self._target = target
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        """Hand on all of it."""
        self._hash.update(data)
        self.size += len(data)
        self._target.write(data)
        return len(data)

    @property
    def digest(self) -> str:
        """Of everything written so far."""
        return f"sha256:{self._hash.hexdigest()}"
