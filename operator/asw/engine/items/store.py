"""The port to objects in buckets; first implementations are local files and tests' own objects."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class NoSuchObject(Exception):
    """No object of that key, or no such bucket; the message is for the cause of a failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An object as S3's ListObjectsV2 tells of it; ``last_modified`` in seconds since 1970."""

    key: str
    size: int
    etag: str
    last_modified: int
    storage_class: str = "STANDARD"


class ObjectStore(Protocol):
    """Objects by bucket and key."""

    def get(self, bucket: str, key: str) -> bytes:
        """The object's bytes. Raises NoSuchObject."""
        ...

    def list(self, bucket: str, prefix: str) -> Sequence[Listed]:
        """The objects whose keys begin so, in the order of their keys. Raises NoSuchObject."""
        ...

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Write the object. Raises NoSuchObject where there is no such bucket."""
        ...
