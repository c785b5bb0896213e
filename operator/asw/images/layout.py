"""A folder of images as OCI lays them out: blobs by digest, and an index of what is called how.

Source: OCI image-spec 1.1, image-layout.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asw.exits import NOT_FOUND
from asw.failures import Failure
from asw.images.content import INDEX, Descriptor, canonical, digest_of
from asw.messages import t

_NAME: Final = "org.opencontainers.image.ref.name"


@dataclass(frozen=True, slots=True)
class Layout:
    """The folder. Every method raises Failure or OSError where it cannot be used."""

    folder: Path

    def path(self, digest: str) -> Path:
        """The file of a blob, whether it is there or not."""
        kind, _, name = digest.partition(":")
        return self.folder / "blobs" / kind / name

    def put(self, content: bytes, media_type: str) -> Descriptor:
        """Store a blob."""
        blob = Descriptor(media_type=media_type, digest=digest_of(content), size=len(content))
        target = self.target(blob.digest)
        if not target.exists():
            target.write_bytes(content)
        return blob

    def adopt(self, file: Path, digest: str) -> None:
        """Store a file of the same disk as a blob."""
        file.replace(self.target(digest))

    def target(self, digest: str) -> Path:
        """The file of a blob that is to be written, in a folder that exists."""
        path = self.path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def read(self, digest: str) -> bytes:
        """A blob, checked against its digest."""
        try:
            content = self.path(digest).read_bytes()
        except OSError as error:
            raise Failure(
                t("{folder} lacks {digest}", folder=self.folder, digest=digest),
                remedy=t("name a complete OCI layout"),
                code=NOT_FOUND,
            ) from error
        if digest_of(content) != digest:
            raise Failure(
                t("{folder}: {digest} has other bytes", folder=self.folder, digest=digest),
                remedy=t("write the layout again: a file in it was damaged"),
            )
        return content

    def names(self) -> dict[str, Descriptor]:
        """The images by name; one without a name has the empty one."""
        try:
            index: Any = json.loads((self.folder / "index.json").read_bytes())
            return {
                (each.get("annotations") or {}).get(_NAME, ""): Descriptor.read(each)
                for each in index["manifests"]
            }
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Failure(
                t("{folder} is not an OCI layout: no index.json", folder=self.folder),
                remedy=t("name a folder as skopeo and buildah write it"),
                code=NOT_FOUND,
            ) from error

    def parts(self, manifest: Descriptor) -> list[Descriptor]:
        """What a manifest consists of: its configuration and its layers."""
        content: Any = json.loads(self.read(manifest.digest))
        return [Descriptor.read(each) for each in (content["config"], *content["layers"])]

    def enter(self, images: dict[str, Descriptor]) -> None:
        """Write the index: these images under these names, beside those there were."""
        known = self.names() if (self.folder / "index.json").exists() else {}
        manifests = [
            {**blob.to_plain(), "annotations": {_NAME: name}}
            for name, blob in sorted({**known, **images}.items())
        ]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "oci-layout").write_bytes(canonical({"imageLayoutVersion": "1.0.0"}))
        (self.folder / "index.json").write_bytes(canonical(index))
