"""What an image is built on: the runtime's image, in a registry or in an OCI layout."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from asw.asl.values import JsonObject
from asw.exits import NOT_FOUND
from asw.failures import Failure
from asw.images.content import INDEXES, Descriptor
from asw.images.layout import Layout
from asw.images.names import ImageName, image_name
from asw.images.platforms import Platform
from asw.images.registry import open_registry
from asw.messages import t

_IN_LAYOUT: Final = "oci:"
PYTHON_LABEL: Final = "dev.asw.python"


class Source(Protocol):
    """Where the blobs of a base are."""

    @property
    def name(self) -> str:
        """What it is called in messages and annotations."""
        ...

    async def manifest(self, digest: str = "") -> tuple[Descriptor, bytes]:
        """The manifest or index of the image itself, or one of its manifests."""
        ...

    async def fetch(self, blob: Descriptor, layout: Layout) -> None:
        """Have a blob in the layout."""
        ...


@dataclass(frozen=True, slots=True)
class InRegistry:
    """An image of a registry."""

    image: ImageName
    is_plain: bool = False

    @property
    def name(self) -> str:
        """As it was given."""
        return str(self.image)

    async def manifest(self, digest: str = "") -> tuple[Descriptor, bytes]:
        """Asked for by tag only once: what follows goes by digest."""
        image = self.image
        if digest:
            image = ImageName(registry=image.registry, repository=image.repository, digest=digest)
        async with open_registry(image.registry, is_plain=self.is_plain) as registry:
            return await registry.manifest(image)

    async def fetch(self, blob: Descriptor, layout: Layout) -> None:
        """Download it, unless it is there."""
        if not layout.path(blob.digest).exists():
            async with open_registry(self.image.registry, is_plain=self.is_plain) as registry:
                target = layout.target(blob.digest)
                await registry.download(self.image.repository, blob, target)


@dataclass(frozen=True, slots=True)
class InLayout:
    """An image of an OCI layout: the one of this name, or the only one."""

    layout: Layout
    wanted: str = ""

    @property
    def name(self) -> str:
        """The folder, and the name in it."""
        return f"{_IN_LAYOUT}{self.layout.folder}" + (f":{self.wanted}" if self.wanted else "")

    async def manifest(self, digest: str = "") -> tuple[Descriptor, bytes]:
        """From the folder."""
        names = self.layout.names()
        found = names.get(self.wanted)
        if found is None and not self.wanted and len(names) == 1:
            found = next(iter(names.values()))
        if found is None and not digest:
            raise Failure(
                t("{folder} has no image {name!r}", folder=self.layout.folder, name=self.wanted),
                remedy=t("it has {names}", names=", ".join(map(repr, names))),
                code=NOT_FOUND,
            )
        content = self.layout.read(digest or (found.digest if found else ""))
        kind = str(json.loads(content).get("mediaType") or (found.media_type if found else ""))
        return Descriptor(
            media_type=kind, digest=digest or (found.digest if found else ""), size=len(content)
        ), content

    async def fetch(self, blob: Descriptor, layout: Layout) -> None:
        """Copy it."""
        if not layout.path(blob.digest).exists():
            layout.target(blob.digest).write_bytes(self.layout.read(blob.digest))


def source_of(text: str, *, is_plain: bool = False) -> Source:
    """The image that a name means: ``oci:FOLDER[:NAME]``, or one of a registry. Raises Failure."""
    if not text.startswith(_IN_LAYOUT):
        return InRegistry(image_name(text), is_plain)
    folder, _, wanted = text.removeprefix(_IN_LAYOUT).partition(":")
    return InLayout(Layout(Path(folder)), wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A base for one platform, with its configuration read."""

    source: Source
    digest: str
    """Of the image as it was named: the index, where there is one."""

    config: JsonObject
    layers: Sequence[Descriptor]

    @property
    def python(self) -> str:
        """Major and minor version of the Python in it. Raises Failure where it tells none.

        Our images have a label for it, Docker's own a variable.
        """
        described = self.config.get("config")
        described = described if isinstance(described, dict) else {}
        labels = described.get("Labels")
        told = labels.get(PYTHON_LABEL) if isinstance(labels, dict) else None
        listed = described.get("Env")
        for variable in listed if isinstance(listed, list) else []:
            name, _, value = str(variable).partition("=")
            if name == "PYTHON_VERSION" and not told:
                told = value
        if not told:
            raise Failure(
                t("{image} does not say which Python it has", image=self.source.name),
                remedy=t(
                    "name the image of a runtime of this version of asw, or give yours the label "
                    "{label}",
                    label=f"{PYTHON_LABEL}=3.11",
                ),
            )
        return ".".join(str(told).split(".")[:2])


async def find_base(source: Source, platform: Platform, layout: Layout) -> Base:
    """The base for a platform. Raises Failure where it has none."""
    top, body = await source.manifest()
    digest = top.digest
    try:
        manifest: Any = json.loads(body)
        if top.media_type in INDEXES or "manifests" in manifest:
            chosen = _of_platform(manifest["manifests"], platform)
            if chosen is None:
                raise _none_for(source, platform)
            _, body = await source.manifest(chosen)
            manifest = json.loads(body)
        config = Descriptor.read(manifest["config"])
        layers = [Descriptor.read(each) for each in manifest["layers"]]
        await source.fetch(config, layout)
        content: Any = json.loads(layout.read(config.digest))
        if content["architecture"] != platform.architecture:
            raise _none_for(source, platform)
        if len(content["rootfs"]["diff_ids"]) != len(layers):
            raise ValueError("rootfs.diff_ids")  # noqa: TRY301 -- translated with the others
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(
            t("{image} is not an image: {reason}", image=source.name, reason=error),
            remedy=t("name the image of a runtime"),
        ) from error
    return Base(source=source, digest=digest, config=content, layers=layers)


def _of_platform(manifests: Any, platform: Platform) -> str | None:
    for each in manifests:
        here = each.get("platform") or {}
        if f"{here.get('os')}/{here.get('architecture')}" == platform.name:
            return str(each["digest"])
    return None


def _none_for(source: Source, platform: Platform) -> Failure:
    return Failure(
        t("{image} is not for {platform}", image=source.name, platform=platform.name),
        remedy=t("name another base with --base, or another --platform"),
        code=NOT_FOUND,
    )
