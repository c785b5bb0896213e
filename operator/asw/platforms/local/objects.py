"""Objects as files: a folder is a bucket, a path below it a key (port: ``ObjectStore``)."""

from collections.abc import Sequence
from contextlib import suppress
from hashlib import md5
from pathlib import Path
from secrets import token_hex
from typing import Final

from asw.engine.items import Listed, NoSuchObject

LARGEST_OBJECT: Final = 10 * 1024**3
"""AWS: the most bytes of an object that a Map reads."""
_UNFINISHED: Final = ".unfinished"


class FileStore:
    """Objects below a root folder. Nothing outside it can be named, read or listed."""

    most_bytes = LARGEST_OBJECT

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def get(self, bucket: str, key: str) -> bytes:
        """The content of the object. Raises NoSuchObject."""
        path = self._path(bucket, key)
        try:
            return path.read_bytes()
        except OSError:
            raise NoSuchObject(
                f"There is no object '{key}' in the bucket '{bucket}': no file {path}"
            ) from None

    def list(self, bucket: str, prefix: str) -> Sequence[Listed]:
        """The objects whose keys begin with the prefix, sorted by key."""
        folder = self._bucket(bucket)
        files = (path for path in folder.rglob("*") if _is_object(path, folder))
        keys = sorted(path.relative_to(folder).as_posix() for path in files)
        return [self._listed(folder, key) for key in keys if key.startswith(prefix)]

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Write the object; folders are created, and a half-written file is never visible.

        Raises NoSuchObject too if no file of that name can be written.
        """
        path = self._path(bucket, key)
        unfinished = path.with_name(f".{token_hex(8)}{_UNFINISHED}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(body)
            unfinished.replace(path)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            raise NoSuchObject(
                f"The object '{key}' cannot be written to the bucket '{bucket}': {error.strerror}"
            ) from error

    def _listed(self, folder: Path, key: str) -> Listed:
        path = folder / key
        body = path.read_bytes()
        return Listed(
            key=key,
            size=len(body),
            etag=f'"{md5(body, usedforsecurity=False).hexdigest()}"',
            last_modified=int(path.stat().st_mtime),
        )

    def _bucket(self, bucket: str) -> Path:
        folder = _below(self._root, bucket)
        if folder is None or folder.parent != self._root or not folder.is_dir():
            raise NoSuchObject(f"There is no bucket '{bucket}': no folder {self._root / bucket}")
        return folder

    def _path(self, bucket: str, key: str) -> Path:
        folder = self._bucket(bucket)
        path = _below(folder, key)
        if path is None:
            raise NoSuchObject(f"The key '{key}' names no file in the bucket '{bucket}'")
        return path


def _below(folder: Path, name: str) -> Path | None:
    """The path with links followed; None if it leads out, or no file can have that name."""
    try:
        path = (folder / name).resolve()
        path.exists()
    except (OSError, ValueError):
        return None
    return path if folder in path.parents else None


def _is_object(path: Path, folder: Path) -> bool:
    is_finished = not path.name.endswith(_UNFINISHED)
    return is_finished and path.is_file() and folder in path.resolve().parents
