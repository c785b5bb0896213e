"""Publish the images: `make publish REGISTRY=registry.example/asw KEY=cosign.key`.

Each image is built for every platform, described by an SBOM, pushed as one index, and signed. The
tag is never the one that nodes should trust: the digest is, and that is what is signed.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from asw.failures import Failure
from asw.images.building import Image, index_of
from asw.images.content import Descriptor
from asw.images.layout import Layout
from asw.images.names import ImageName, image_name
from asw.images.platforms import PLATFORMS, Platform
from asw.images.pushing import push
from asw.images.registry import open_registry
from dev import images
from dev.cluster import binaries, buildah, packages
from dev.cluster.commands import progress, run, say
from dev.cluster.errors import StepError
from dev.cluster.images import storage
from dev.cluster.settings import Settings
from dev.images import IMAGES, version


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is published where.

    ``bases`` has the image for each ``pin`` of ours: images that a registry has for every platform,
    by digest in a release. Without them bases are made here.
    """

    registry: str
    tag: str
    key: Path
    chosen: Sequence[images.Image]
    platforms: Sequence[Platform]
    bases: Mapping[str, str]

    def name(self, image: images.Image) -> ImageName:
        """The image's name in the registry."""
        return image_name(f"{self.registry}/{_short(image)}:{self.tag}")


def _short(image: images.Image) -> str:
    return image.name.rpartition("/")[2]


def publish(order: Order, settings: Settings) -> None:
    """Build, describe, push and sign all images. Raises StepError, Failure."""
    check(order)
    packages.install(packages.IMAGE_PACKAGES)
    for module in (binaries.COSIGN, binaries.SYFT):
        binaries.build(module, settings)
    for image in order.chosen:
        with tempfile.TemporaryDirectory(dir=settings.cache) as folder:
            layout = Layout(Path(folder) / "layout")
            with storage(settings):
                manifests = [_build(image, it, order, layout, settings) for it in order.platforms]
            _publish_one(order, image, layout, manifests, settings)


def check(order: Order) -> None:
    """Refuse before the work what cannot end well. Raises StepError."""
    if not order.key.is_file():
        raise StepError(
            f"there is no key {order.key}",
            remedy="cosign generate-key-pair makes one; name it KEY=",
        )
    pins = {image.pin(argument) for image in IMAGES for argument in image.bases()}
    if order.bases and order.bases.keys() != pins:
        raise StepError(
            f"BASES names {', '.join(sorted(order.bases))}",
            remedy=f"name all of {', '.join(sorted(pins))}, or none",
        )


def _build(
    image: images.Image, platform: Platform, order: Order, layout: Layout, settings: Settings
) -> Descriptor:
    """Build the image for one platform into the layout."""
    architecture = platform.architecture

    def pinned(argument: str, architecture: str) -> str:
        pin = image.pin(argument)
        name = f"localhost/asw-bases/{pin.lower()}-{architecture}:pinned"
        with progress(f"fetching {order.bases[pin]} for {architecture}"):
            buildah.fetch(order.bases[pin], architecture, name, settings)
        return name

    name = images.build_for(image, architecture, settings, pinned if order.bases else None)
    buildah.push_layout(name, layout.folder, architecture, settings)
    return layout.names()[architecture]


def _publish_one(
    order: Order,
    image: images.Image,
    layout: Layout,
    manifests: Sequence[Descriptor],
    settings: Settings,
) -> None:
    name = order.name(image)
    own = {blob.digest: blob for each in manifests for blob in layout.parts(each)}
    top = index_of(dict(zip(order.platforms, manifests, strict=True)), layout)
    built = Image(top=top, manifests=manifests, own=list(own.values()), bases=())
    with progress(f"pushing {name}"):
        asyncio.run(_push(built, name, layout))
    for platform, manifest in zip(order.platforms, manifests, strict=True):
        one = f"{name.place}@{manifest.digest}"
        with progress(f"describing {one} ({platform.name})"):
            _attest(one, platform, layout, order, settings)
    whole = f"{name.place}@{top.digest}"
    with progress(f"signing {whole}"):
        _cosign("sign", ["--recursive", whole], order, settings)
    say(f"published {name} as {whole}")


async def _push(built: Image, name: ImageName, layout: Layout) -> None:
    async with open_registry(name.registry) as registry:
        await push(built, name, registry, layout)


def _attest(one: str, platform: Platform, layout: Layout, order: Order, settings: Settings) -> None:
    """Say by a signed CycloneDX document what is in the image of one platform."""
    syft = binaries.program(binaries.SYFT, "syft", settings)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        alone = Layout(folder / "layout")
        alone.enter({platform.architecture: layout.names()[platform.architecture]})
        (alone.folder / "blobs").symlink_to(layout.folder / "blobs")
        sbom = folder / "sbom.cdx.json"
        found = run(
            [syft, "scan", f"oci-dir:{alone.folder}", "--quiet", "--output", "cyclonedx-json"],
            env={"SYFT_CHECK_FOR_APP_UPDATE": "false", "TMPDIR": str(folder)},
        )
        sbom.write_text(found)
        words = ["--type", "cyclonedx", "--predicate", str(sbom), one]
        _cosign("attest", words, order, settings)


def _cosign(verb: str, words: Sequence[str], order: Order, settings: Settings) -> None:
    """Sign with the key, and write to no public log: whether that may know is not ours to say."""
    program = binaries.program(binaries.COSIGN, "cosign", settings)
    private = ["--tlog-upload=false", "--use-signing-config=false", "--yes"]
    password = os.environ.get("COSIGN_PASSWORD", "")
    run([program, verb, "--key", order.key, *private, *words], env={"COSIGN_PASSWORD": password})


def _order(arguments: Sequence[str], environment: Mapping[str, str]) -> Order:
    parser = argparse.ArgumentParser(prog="make publish", description=__doc__)
    parser.add_argument("registry", metavar="REGISTRY")
    parser.add_argument("--tag", default=version())
    parser.add_argument("--key", type=Path, default=Path(environment.get("KEY", "cosign.key")))
    parser.add_argument("--platforms", default=",".join(PLATFORMS))
    names = [_short(image) for image in IMAGES]
    parser.add_argument("--image", action="append", choices=names, metavar="NAME")
    parser.add_argument("--base", action="append", default=[], metavar="ARG=IMAGE@DIGEST")
    read = parser.parse_args(arguments)
    chosen = read.platforms.split(",")
    if unknown := [name for name in chosen if name not in PLATFORMS]:
        parser.error(f"unknown platforms: {', '.join(unknown)}")
    return Order(
        registry=read.registry,
        tag=read.tag,
        key=read.key,
        chosen=[image for image in IMAGES if _short(image) in (read.image or names)],
        platforms=[Platform(name) for name in chosen],
        bases=dict(each.split("=", 1) for each in read.base),
    )


def main(arguments: Sequence[str] = sys.argv[1:]) -> int:
    """Publish; 1 with the reason where that fails."""
    try:
        publish(_order(arguments, os.environ), Settings.from_environment())
    except (StepError, Failure) as error:
        print(error, file=sys.stderr)
        if remedy := getattr(error, "remedy", ""):
            print(f"  {remedy}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
