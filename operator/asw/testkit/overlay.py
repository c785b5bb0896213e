"""Objects of a case: those in its folder can be read, what is written stays in memory."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import md5
from pathlib import Path
from typing import Final

from asw.engine.items import Listed, NoSuchObject
from asw.platforms.local.objects import FileStore

MODIFIED_AT: Final = 1_767_225_600
"""When all objects were last modified, in seconds since 1970: 2026-01-01, whenever files were."""


class Overlay:
    """See the module; an ``ObjectStore`` (``asw.engine.items``)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = FileStore(folder)
        self._written: dict[tuple[str, str], bytes] = {}

    def get(self, bucket: str, key: str) -> bytes:
        """What was written, else the file. Raises NoSuchObject."""
        written = self._written.get((bucket, key))
        return self._files.get(bucket, key) if written is None else written

    def list(self, bucket: str, prefix: str) -> Sequence[Listed]:
        """Both together. Raises NoSuchObject."""
        written = {
            key: _listed(key, body)
            for (of, key), body in self._written.items()
            if of == bucket and key.startswith(prefix)
        }
        files = {
            it.key: replace(it, last_modified=MODIFIED_AT) for it in self._of_files(bucket, prefix)
        }
        return [it for _, it in sorted({**files, **written}.items())]

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Keep the object; buckets that have no folder come with their first object."""
        self._written[bucket, key] = body

    def _of_files(self, bucket: str, prefix: str) -> Sequence[Listed]:
        try:
            return self._files.list(bucket, prefix)
        except NoSuchObject:
            if any(of == bucket for of, _ in self._written):
                return ()
            raise


def _listed(key: str, body: bytes) -> Listed:
    digest = md5(body, usedforsecurity=False).hexdigest()
    return Listed(key=key, size=len(body), etag=f'"{digest}"', last_modified=MODIFIED_AT)
