"""Building images for the cluster and putting them into it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from dev.cluster import (
    bases,
    buildah,
    containerd,
    dockerfile,
    kind,
    locks,
    mounts,
    packages,
    processes,
)
from dev.cluster.commands import progress, say
from dev.cluster.errors import StepError
from dev.cluster.settings import Settings

REGISTRY = "docker.io"


def full_name(name: str) -> str:
    """Complete a name as Docker does, with registry, folder and tag: the kubelet looks for that."""
    first, slash, rest = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = REGISTRY, name
    if first == REGISTRY and "/" not in rest:
        rest = f"library/{rest}"
    if ":" not in rest and "@" not in rest:
        rest = f"{rest}:latest"
    return f"{first}/{rest}"


def build(name: str, recipe: buildah.Recipe, settings: Settings) -> None:
    """Build an image from a Dockerfile and put it into the cluster, if one is up."""
    if not recipe.file.is_file():
        raise StepError(f"there is no file {recipe.file}", remedy="name a Dockerfile with --file")
    if kind.is_usable():
        options = [f"--build-arg={key}={value}" for key, value in recipe.arguments.items()]
        kind.build(name, [*options, "--file", str(recipe.file), str(recipe.context)])
        kind.load(name)
        return
    packages.install(packages.IMAGE_PACKAGES)
    image = full_name(name)
    named = dockerfile.base_images(recipe.file.read_text(), recipe.arguments)
    with storage(settings):
        for base in map(full_name, named):
            if base in bases.MAKERS or not buildah.has(base, settings):
                bases.ensure(base, settings)
        # Busybox has no place to mount over: mounting would leave empty files behind in it.
        borrows = any(full_name(base) != bases.BUSYBOX for base in named)
        with progress(f"building {image}"):
            buildah.build(image, replace(recipe, borrows=borrows), settings)
        _load(image, settings)


def load(name: str, settings: Settings) -> None:
    """Put an image that was built before, or a base image, into the cluster."""
    if kind.is_usable():
        kind.load(name)
        return
    packages.install(packages.IMAGE_PACKAGES)
    image = full_name(name)
    with storage(settings):
        if image in bases.MAKERS or not buildah.has(image, settings):
            bases.ensure(image, settings)
        _load(image, settings)


@contextmanager
def storage(settings: Settings) -> Iterator[None]:
    """Use the builder's storage, one run at a time; it leaves a mount of itself behind."""
    with locks.held(settings.cache / "images.lock", "images"):
        try:
            yield
        finally:
            mounts.unmount_below(settings.cache / "storage")


def _load(image: str, settings: Settings) -> None:
    if not processes.alive("containerd", settings):
        say("there is no cluster to load it into")
        return
    if containerd.holds(image, buildah.identifier(image, settings), settings):
        say(f"{image} is in the cluster")
        return
    with progress(f"loading {image}"):
        if image in bases.MAKERS:
            containerd.import_archive(bases.archive(image, settings), settings)
            return
        with tempfile.TemporaryDirectory(dir=settings.cache) as folder:
            archive = Path(folder) / "image.tar"
            buildah.push(image, archive, settings)
            containerd.import_archive(archive, settings)
