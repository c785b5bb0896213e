"""Descriptors and media types: how an image names its parts. Source: OCI image-spec 1.1."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from asw.asl.values import JsonObject

INDEX: Final = "application/vnd.oci.image.index.v1+json"
MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
CONFIG: Final = "application/vnd.oci.image.config.v1+json"
LAYER: Final = "application/vnd.oci.image.layer.v1.tar+gzip"
_DOCKER: Final = "application/vnd.docker.distribution.manifest"
INDEXES: Final = frozenset({INDEX, f"{_DOCKER}.list.v2+json"})
MANIFEST_TYPES: Final = (MANIFEST, INDEX, f"{_DOCKER}.v2+json", f"{_DOCKER}.list.v2+json")
"""What is asked for: OCI's own, and Docker's from before, which are the same but for names."""
_OCI_LAYERS: Final = {
    "application/vnd.docker.image.rootfs.diff.tar.gzip": LAYER,
    "application/vnd.docker.image.rootfs.diff.tar": "application/vnd.oci.image.layer.v1.tar",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """What a blob is; ``size`` in bytes."""

    media_type: str
    digest: str
    size: int

    @classmethod
    def read(cls, plain: Any) -> "Descriptor":
        """From a manifest. Raises KeyError, TypeError or ValueError."""
        kind = str(plain["mediaType"])
        return cls(
            media_type=_OCI_LAYERS.get(kind, kind),
            digest=str(plain["digest"]),
            size=int(plain["size"]),
        )

    def to_plain(self) -> JsonObject:
        """As it is written in a manifest."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


def digest_of(content: bytes) -> str:
    """The digest by which a blob is called."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def canonical(value: JsonObject) -> bytes:
    """JSON of which equal values have equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
