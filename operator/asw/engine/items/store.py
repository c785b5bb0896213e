"""The port to objects in buckets; implemented by local files, by S3 and by the tests."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


class NoSuchObject(Exception):
    """No object has that key, or there is no such bucket; the message becomes a failure's cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An object as S3's ListObjectsV2 lists it; ``last_modified`` in seconds since 1970."""

    key: str
    size: int
    etag: str
    last_modified: int
    storage_class: str = "STANDARD"


class ObjectStore(Protocol):
    """Objects by bucket and key."""

    @property
    def most_bytes(self) -> int:
        """Bytes of an object that can be read, as text: compressed ones may hold no more."""
        ...

    def get(self, bucket: str, key: str) -> bytes:
        """The object's bytes. Raises NoSuchObject, also if they are too many."""
        ...

    def list(self, bucket: str, prefix: str) -> Iterable[Listed]:
        """The objects whose keys begin with the prefix, in key order. Raises NoSuchObject."""
        ...

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Write the object. Raises NoSuchObject if there is no such bucket."""
        ...
