"""Objects as files: a folder is a bucket, a path below it a key (port: ``ObjectStore``)."""

from collections.abc import Sequence
from hashlib import md5
from pathlib import Path

from asw.engine.items import Listed, NoSuchObject


class FileStore:
    """Objects below a root folder. Nothing outside of it can be named."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def get(self, bucket: str, key: str) -> bytes:
        """See ObjectStore."""
        path = self._path(bucket, key)
        try:
            return path.read_bytes()
        except OSError:
            raise NoSuchObject(
                f"There is no object '{key}' in the bucket '{bucket}': no file {path}"
            ) from None

    def list(self, bucket: str, prefix: str) -> Sequence[Listed]:
        """See ObjectStore."""
        folder = self._bucket(bucket)
        keys = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        return [self._listed(folder, key) for key in sorted(keys) if key.startswith(prefix)]

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """See ObjectStore. Folders are made; a half-written file is never seen."""
        path = self._path(bucket, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.unfinished")
        unfinished.write_bytes(body)
        unfinished.replace(path)

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
        folder = (self._root / bucket).resolve()
        if folder.parent != self._root or not folder.is_dir():
            raise NoSuchObject(f"There is no bucket '{bucket}': no folder {self._root / bucket}")
        return folder

    def _path(self, bucket: str, key: str) -> Path:
        folder = self._bucket(bucket)
        path = (folder / key).resolve()
        if folder not in path.parents:
            raise NoSuchObject(f"The key '{key}' leads out of the bucket '{bucket}'")
        return path
