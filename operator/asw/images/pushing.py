"""Brings an image that was built to where nodes pull it from; a layer that is there is not sent."""

from asw.images.bases import Base, InRegistry
from asw.images.building import Image
from asw.images.content import Descriptor
from asw.images.layout import Layout
from asw.images.names import ImageName
from asw.images.registry import Registry


async def push(image: Image, name: ImageName, registry: Registry, layout: Layout) -> None:
    """Push it under the name's tag; what refers to others goes last. Raises Failure."""
    for base in image.bases:
        for blob in base.layers:
            await _bring(base, blob, name, registry, layout)
    for blob in image.own:
        if not await registry.has_blob(name.repository, blob.digest):
            await registry.upload(name.repository, blob, layout.path(blob.digest))
    for manifest in image.manifests:
        if manifest.digest != image.digest:
            by_digest = ImageName(
                registry=name.registry, repository=name.repository, digest=manifest.digest
            )
            body = layout.read(manifest.digest)
            await registry.put_manifest(by_digest, manifest.media_type, body)
    await registry.put_manifest(name, image.top.media_type, layout.read(image.digest))


async def _bring(
    base: Base, blob: Descriptor, name: ImageName, registry: Registry, layout: Layout
) -> None:
    """Have a layer of the base in the repository: mounted within a registry, else copied."""
    if await registry.has_blob(name.repository, blob.digest):
        return
    source = base.source
    if isinstance(source, InRegistry) and await _is_mounted(source.image, blob, name, registry):
        return
    await source.fetch(blob, layout)
    await registry.upload(name.repository, blob, layout.path(blob.digest))


async def _is_mounted(
    source: ImageName, blob: Descriptor, name: ImageName, registry: Registry
) -> bool:
    if source.registry != name.registry:
        return False
    return await registry.mount(name.repository, blob.digest, source.repository)


async def keep(image: Image, name: str, layout: Layout) -> None:
    """Complete the layout with the base's layers, and enter the image under a name."""
    for base in image.bases:
        for blob in base.layers:
            await base.source.fetch(blob, layout)
    layout.enter({name: image.top})
