"""Building images for the cluster and putting them into it."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from dev.cluster import bases, buildah, containerd, dockerfile, kind, locks, packages, processes
from dev.cluster.commands import progress, say
from dev.cluster.errors import StepFailed
from dev.cluster.settings import Settings

REGISTRY = "docker.io"


def full_name(name: str) -> str:
    """The name that the kubelet looks for: with registry, folder and tag, as Docker completes it."""
    first, slash, rest = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = REGISTRY, name
    if first == REGISTRY and "/" not in rest:
        rest = f"library/{rest}"
    if ":" not in rest and "@" not in rest:
        rest = f"{rest}:latest"
    return f"{first}/{rest}"


def build(
    name: str, file: Path, context: Path, arguments: Mapping[str, str], settings: Settings
) -> None:
    """Build an image from a Dockerfile and put it into the cluster, if one is up."""
    if not file.is_file():
        raise StepFailed(f"there is no file {file}", remedy="name a Dockerfile with --file")
    if kind.is_usable():
        options = [f"--build-arg={key}={value}" for key, value in arguments.items()]
        kind.build(name, [*options, "--file", str(file), str(context)])
        kind.load(name)
        return
    packages.install(packages.IMAGE_PACKAGES)
    image = full_name(name)
    with locks.held(settings.cache / "images.lock", "images"):
        for base in dockerfile.base_images(file.read_text(), arguments):
            if full_name(base) in bases.MAKERS or not buildah.has(full_name(base), settings):
                bases.ensure(full_name(base), settings)
        with progress(f"building {image}"):
            buildah.build(image, file, context, arguments, settings)
        _load(image, settings)


def load(name: str, settings: Settings) -> None:
    """Put an image that was built before, or a base image, into the cluster."""
    if kind.is_usable():
        kind.load(name)
        return
    packages.install(packages.IMAGE_PACKAGES)
    image = full_name(name)
    with locks.held(settings.cache / "images.lock", "images"):
        if image in bases.MAKERS or not buildah.has(image, settings):
            bases.ensure(image, settings)
        _load(image, settings)


def _load(image: str, settings: Settings) -> None:
    if not processes.alive("containerd", settings):
        say("there is no cluster to load it into")
        return
    if containerd.holds(image, buildah.identifier(image, settings), settings):
        say(f"{image} is in the cluster")
        return
    with (
        progress(f"loading {image}"),
        tempfile.TemporaryDirectory(dir=settings.cache) as folder,
    ):
        archive = Path(folder) / "image.tar"
        buildah.push(image, archive, settings)
        containerd.import_archive(archive, settings)
