"""The S3 objects of a case, in memory: what distributed Maps read and write there."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import md5

from asw.engine.items import Listed, NoSuchObject

WRITTEN_AT = 1_700_000_000
"""When all objects were written: listings show it."""


class Objects:
    """Buckets by name; those that the case names are there, others come with their first object."""

    def __init__(self, recorded: Iterable[Mapping[str, str]]) -> None:
        self._buckets: dict[str, dict[str, bytes]] = {}
        for it in recorded:
            self.put(it["bucket"], it["key"], it["body"].encode())

    @property
    def most_bytes(self) -> int:
        """See ObjectStore."""
        return 1024**3

    def get(self, bucket: str, key: str) -> bytes:
        """The object's body. Raises NoSuchObject."""
        if bucket not in self._buckets:
            raise NoSuchObject("The specified bucket does not exist")
        if key not in self._buckets[bucket]:
            raise NoSuchObject("The specified key does not exist.")
        return self._buckets[bucket][key]

    def list(self, bucket: str, prefix: str) -> Sequence[Listed]:
        """The objects whose keys begin so, in the order of their keys. Raises NoSuchObject."""
        if bucket not in self._buckets:
            raise NoSuchObject("The specified bucket does not exist")
        return [
            Listed(
                key=key,
                size=len(body),
                etag=f'"{md5(body, usedforsecurity=False).hexdigest()}"',
                last_modified=1_767_225_600,
            )
            for key, body in sorted(self._buckets[bucket].items())
            if key.startswith(prefix)
        ]

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Keep an object, in place of any other of this name."""
        self._buckets.setdefault(bucket, {})[key] = body
