"""Builds the image of a Function: its runtime's image, a layer of packages, a layer of code.

Equal code, lock and base give the same digest.
"""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from asw.asl.values import Json, JsonObject
from asw.images.bases import Base, Source, find_base
from asw.images.bytecode import bytecode_of
from asw.images.content import CONFIG, INDEX, MANIFEST, Descriptor, canonical
from asw.images.installing import INSTALLERS, Wanted, installed_files
from asw.images.layers import Layer, layer_of
from asw.images.layout import Layout
from asw.images.platforms import Platform

_EPOCH = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What an image is made of."""

    folder: Path
    files: Mapping[str, Path]
    lock: str | None
    """The file that names the packages; None without."""

    base: Source
    platforms: Sequence[Platform]
    has_bytecode: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that was built: ``top`` is an index where it is for several platforms."""

    top: Descriptor
    manifests: Sequence[Descriptor]
    own: Sequence[Descriptor]
    """Blobs that are in the layout: configurations and layers that were added."""

    bases: Sequence[Base]

    @property
    def digest(self) -> str:
        """By which a manifest names it."""
        return self.top.digest


async def build(recipe: Recipe, layout: Layout) -> Image:
    """Build it into the layout, without the base's layers. Raises Failure."""
    manifests: list[Descriptor] = []
    own: list[Descriptor] = []
    bases: list[Base] = []
    for platform in recipe.platforms:
        base = await find_base(recipe.base, platform, layout)
        layers = await asyncio.to_thread(_layers, recipe, base, platform, layout)
        manifest, config = _compose(base, layers, layout)
        manifests.append(manifest)
        own += [config, *(layer.blob for layer in layers)]
        bases.append(base)
    chosen = dict(zip(recipe.platforms, manifests, strict=True))
    top = index_of(chosen, layout) if len(manifests) > 1 else manifests[0]
    unique = list({blob.digest: blob for blob in own}.values())
    return Image(top=top, manifests=manifests, own=unique, bases=bases)


def index_of(manifests: Mapping[Platform, Descriptor], layout: Layout) -> Descriptor:
    """Write the index from which each node takes the manifest of its platform."""
    entries: list[Json] = [
        {
            **manifest.to_plain(),
            "platform": {"os": "linux", "architecture": platform.architecture},
        }
        for platform, manifest in manifests.items()
    ]
    index: JsonObject = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
    return layout.put(canonical(index), INDEX)


def _layers(recipe: Recipe, base: Base, platform: Platform, layout: Layout) -> list[Layer]:
    """The layers of packages, if there are some, and of code."""
    layers: list[Layer] = []
    with tempfile.TemporaryDirectory() as folder:
        if recipe.lock is not None:
            target = Path(folder) / "packages"
            wanted = Wanted(folder=recipe.folder, platform=platform, base=base)
            INSTALLERS[recipe.lock](wanted, target)
            found = installed_files(target)
            layers.append(layer_of(_with_bytecode(found, recipe, base, f"{folder}/of"), layout))
        code = _with_bytecode(recipe.files, recipe, base, f"{folder}/code")
        layers.append(layer_of(code, layout))
    return layers


def _with_bytecode(
    files: Mapping[str, Path], recipe: Recipe, base: Base, folder: str
) -> Mapping[str, Path]:
    if not recipe.has_bytecode:
        return files
    return {**files, **bytecode_of(files, Path(folder), base.python)}


def _compose(base: Base, layers: Sequence[Layer], layout: Layout) -> tuple[Descriptor, Descriptor]:
    """Manifest and configuration: the base's, and the layers on top of them."""
    described = dict(base.config)
    rootfs, history = described["rootfs"], described.get("history") or []
    assert isinstance(rootfs, dict)
    assert isinstance(history, list)
    diff_ids = rootfs["diff_ids"]
    assert isinstance(diff_ids, list)
    described["rootfs"] = {**rootfs, "diff_ids": [*diff_ids, *(it.diff_id for it in layers)]}
    added = {"created": _EPOCH, "created_by": "asw build"}
    described["history"] = [*history, *([added] * len(layers))]
    described["created"] = _EPOCH
    config = layout.put(canonical(described), CONFIG)
    manifest: JsonObject = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.to_plain(),
        "layers": [
            *(blob.to_plain() for blob in base.layers),
            *(layer.blob.to_plain() for layer in layers),
        ],
        "annotations": {"org.opencontainers.image.base.digest": base.digest},
    }
    return layout.put(canonical(manifest), MANIFEST), config
